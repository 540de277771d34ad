/* SPDX-License-Identifier: BSD-2-Clause */

/* sharing CASE FAMILY: descriptors that are copied, inherited, passed on and used again. */

#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/live/sockets.h"

static void say(struct end *end, const char *text)
{
	size_t n = (size_t)must("write", write(end->fd, text, strlen(text)));

	ledger_sent(end, "write", .data = (const uint8_t *)text, .len = n);
}

static void hear(struct end *end)
{
	uint8_t back[100];
	size_t n = (size_t)must("read", read(end->fd, back, sizeof(back)));

	ledger_received(end, "read", .data = back, .len = n);
}

static void case_dup(const struct family *family, struct end ends[2])
{
	int original = ends[0].fd;

	(void)family;
	say(&ends[0], "by the first descriptor");
	hear(&ends[1]);
	ends[0].fd = (int)must("dup", dup(original));
	say(&ends[0], "by its copy");
	hear(&ends[1]);
	close(original);
	say(&ends[0], "by the copy alone");
	hear(&ends[1]);
}

/* A child that ends with its parent, however that ends. */
static pid_t child_start(void)
{
	pid_t parent = getpid(), pid = (pid_t)must("fork", fork());

	if (pid == 0) {
		must("prctl", prctl(PR_SET_PDEATHSIG, SIGKILL));
		if (getppid() != parent)
			exit(1);
	}
	return pid;
}

static void child_wait(pid_t pid)
{
	int status;

	must("waitpid", waitpid(pid, &status, 0));
	if (status != 0)
		fail("the child failed");
}

static void case_fork(const struct family *family, struct end ends[2])
{
	static const char text[] = "by the child";
	pid_t pid;

	(void)family;
	say(&ends[0], "by the parent");
	pid = child_start();
	if (pid == 0) {
		say(&ends[0], text);
		exit(0);
	}
	child_wait(pid);
	ends[0].sent += strlen(text);
	say(&ends[0], "by the parent again");
	hear(&ends[1]);
}

/* The child gets the descriptor alone: it was opened after the fork. */
static void case_passed(const struct family *family, struct end ends[2])
{
	static const char text[] = "by the one it was passed to";
	struct end over[2] = {{.name = "passing"}, {.name = "passed"}};
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct end late[2];
	struct iovec iov = {"+", 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int fds[2];
	pid_t pid;

	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	over[0].fd = fds[0];
	over[1].fd = fds[1];
	pid = child_start();
	if (pid == 0) {
		char plus;

		iov.iov_base = &plus;
		must("recvmsg", recvmsg(fds[1], &message, 0));
		ledger_received(&over[1], "recvmsg", .data = (const uint8_t *)"+", .len = 1);
		late[0] = (struct end){.name = "late client"};
		memcpy(&late[0].fd, CMSG_DATA(rights), sizeof(int));
		say(&late[0], text);
		exit(0);
	}
	say(&ends[0], "before");
	hear(&ends[1]);
	stream_pair(family, late);
	late[0].name = "late client";
	late[1].name = "late server";
	*rights = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(rights), &late[0].fd, sizeof(int));
	must("sendmsg", sendmsg(fds[0], &message, 0));
	ledger_sent(&over[0], "sendmsg", .data = (const uint8_t *)"+", .len = 1);
	child_wait(pid);
	hear(&late[1]);
	late[0].sent += strlen(text);
	say(&late[0], "by the one that had it first");
	hear(&late[1]);
}

/* The number of a closed descriptor is given to another connection. */
static void case_reused(const struct family *family, struct end ends[2])
{
	static const char *const names[][2] = {
		{"client 1", "server 1"}, {"client 2", "server 2"}, {"client 3", "server 3"}};
	int fd = ends[0].fd;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		say(&ends[0], names[i][0]);
		hear(&ends[1]);
		say(&ends[1], names[i][1]);
		hear(&ends[0]);
		close(ends[0].fd);
		close(ends[1].fd);
		stream_pair(family, ends);
		ends[0].name = names[i][0];
		ends[1].name = names[i][1];
		must("dup2", dup2(ends[0].fd, fd));
		if (ends[0].fd != fd)
			close(ends[0].fd);
		ends[0].fd = fd;
	}
}

/* One TCP socket that is connected twice is two connections. */
static void case_reconnected(const struct family *family, struct end ends[2])
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	struct sockaddr_storage address;
	struct end again[2] = {{.name = "client again"}, {.name = "server again"}};
	socklen_t len;
	int listener = socket_bound(family, SOCK_STREAM, &address, &len);

	must("listen", listen(listener, 8));
	say(&ends[0], "first");
	hear(&ends[1]);
	must("connect", connect(ends[0].fd, &nobody, sizeof(nobody)));
	must("connect", connect(ends[0].fd, (struct sockaddr *)&address, len));
	again[0].fd = ends[0].fd;
	again[1].fd = (int)must("accept", accept(listener, NULL, NULL));
	say(&again[0], "second");
	hear(&again[1]);
	say(&again[1], "answer");
	hear(&again[0]);
	close(listener);
	close(again[1].fd);
}

static const struct live_case cases[] = {
	{"dup", case_dup, true},
	{"fork", case_fork, true},
	{"passed", case_passed, true},
	{"reused", case_reused, true},
	{"reconnected", case_reconnected, false},
	{0},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, stream_pair);
}
