/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * partial CASE FAMILY: calls that do less than they were asked for, are repeated with the same
 * arguments, are interrupted, or wait in two threads at once on one socket; writes a ledger.
 */

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <fcntl.h>

#include "tests/live/sockets.h"

#define SIZE   200
#define VECTOR 4
#define LARGE  (1U << 20)

/* VECTOR messages of up to SIZE bytes; the same arguments for every call. */
struct vector {
	struct mmsghdr messages[VECTOR];
	struct iovec iov[VECTOR];
	uint8_t data[VECTOR][SIZE];
};

static void vector_init(struct vector *v)
{
	memset(v, 0, sizeof(*v));
	for (size_t i = 0; i < VECTOR; i++) {
		v->iov[i] = (struct iovec){v->data[i], SIZE};
		v->messages[i].msg_hdr = (struct msghdr){.msg_iov = &v->iov[i], .msg_iovlen = 1};
	}
}

static int vector_receive(struct end *end, struct vector *v, int flags, struct timespec *timeout)
{
	int n = (int)must("recvmmsg", recvmmsg(end->fd, v->messages, VECTOR, flags, timeout));

	for (int i = 0; i < n; i++)
		ledger_received(end, "recvmmsg", .data = v->data[i], .len = v->messages[i].msg_len);
	return n;
}

/* All of LEN bytes: where the machine is busy they come one after the other. */
static void vector_receive_all(struct end *end, struct vector *v, size_t len)
{
	struct pollfd come = {.fd = end->fd, .events = POLLIN};

	for (size_t done = 0; done < len;) {
		int n;

		must("poll", poll(&come, 1, -1));
		n = vector_receive(end, v, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			done += v->messages[i].msg_len;
	}
}

static void expect(int got, int wanted)
{
	if (got == wanted)
		return;
	fprintf(stderr, "%d messages, not %d\n", got, wanted);
	exit(1);
}

static void sent(struct end *end, const uint8_t *data, size_t len)
{
	size_t n = (size_t)must("send", send(end->fd, data, len, 0));

	ledger_sent(end, "sendto", .data = data, .len = n);
}

static void connected_datagrams(const struct family *family, struct end ends[2])
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	datagram_pair(family, ends);
	must("getsockname", getsockname(ends[1].fd, (struct sockaddr *)&address, &len));
	must("connect", connect(ends[0].fd, (struct sockaddr *)&address, len));
}

/* As many as there are, again and again into the same vector. */
static void case_fewer_datagrams(const struct family *family, struct end ends[2])
{
	static const int counts[] = {2, 3, 1, 4, 2};
	struct timespec none = {0};
	uint8_t data[SIZE];
	struct vector v;

	connected_datagrams(family, ends);
	vector_init(&v);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		size_t len = 0;

		for (int j = 0; j < counts[i]; j++) {
			fill(data, SIZE, (uint32_t)(10 * i) + (uint32_t)j);
			sent(&ends[0], data, SIZE - (size_t)j * 50);
			len += SIZE - (size_t)j * 50;
		}
		vector_receive_all(&ends[1], &v, len);
	}
	/* The time is over when the first has come: the others stay for the next call. */
	for (uint32_t j = 0; j < 3; j++) {
		fill(data, SIZE, 90 + j);
		sent(&ends[0], data, SIZE);
	}
	for (int j = 0; j < 3; j++) {
		none = (struct timespec){0};
		expect(vector_receive(&ends[1], &v, 0, &none), 1);
	}
}

/* On a stream a message of the vector ends where the bytes do. */
static void case_fewer_bytes(const struct family *family, struct end ends[2])
{
	static const size_t lens[] = {300, 450, 150, 800, 300};
	uint8_t data[VECTOR * SIZE];
	struct vector v;

	stream_pair(family, ends);
	vector_init(&v);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		fill(data, lens[i], 120 + (uint32_t)i);
		sent(&ends[0], data, lens[i]);
		vector_receive_all(&ends[1], &v, lens[i]);
	}
}

/* Reads LEN bytes, however many calls that takes. */
static void drain(struct end *end, size_t len)
{
	uint8_t *back = malloc(len);

	for (size_t n, done = 0; done < len; done += n) {
		n = (size_t)must("read", read(end->fd, back + done, len - done));
		ledger_received(end, "read", .data = back + done, .len = n);
	}
	free(back);
}

static void buffers_shrink(struct end ends[2])
{
	int room = 16 << 10;

	for (int i = 0; i < 2; i++) {
		must("SO_SNDBUF",
		     setsockopt(ends[i].fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)));
		must("SO_RCVBUF",
		     setsockopt(ends[i].fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)));
	}
}

/* A file in as many parts as the socket takes; then the same part twice. */
static void case_sendfile_again(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(LARGE, 130);
	int file = file_of(data, LARGE);
	size_t n;

	stream_pair(family, ends);
	buffers_shrink(ends);
	must("fcntl", fcntl(ends[0].fd, F_SETFL, O_NONBLOCK));
	for (off_t offset = 777, from = offset; offset < 400000; from = offset) {
		n = (size_t)must("sendfile",
				 sendfile(ends[0].fd, file, &offset, (size_t)(LARGE - from)));
		ledger_sent(&ends[0], "sendfile", .data = data + from, .len = n);
		drain(&ends[1], n);
	}
	for (int i = 0; i < 2; i++) {
		off_t offset = 5000;

		n = (size_t)must("sendfile", sendfile(ends[0].fd, file, &offset, 3000));
		ledger_sent(&ends[0], "sendfile", .data = data + 5000, .len = n);
		drain(&ends[1], n);
	}
	must("close", close(file));
	free(data);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Signals come until they are told to stop: the first may be too early. */
static void alarms(bool wanted)
{
	struct sigaction action = {.sa_handler = on_alarm};
	long interval = wanted ? 30000 : 0;
	struct itimerval timer = {{0, interval}, {0, interval}};

	must("sigaction", sigaction(SIGALRM, &action, NULL));
	must("setitimer", setitimer(ITIMER_REAL, &timer, NULL));
}

/* The socket takes a part, then a signal comes. */
static void case_interrupted_write(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(LARGE, 140);
	struct iovec iov[3] = {{data, 1000}, {data + 1000, 70000}, {data + 71000, LARGE - 71000}};
	size_t n;

	stream_pair(family, ends);
	buffers_shrink(ends);
	alarms(true);
	n = (size_t)must("writev", writev(ends[0].fd, iov, 3));
	alarms(false);
	if (n == LARGE)
		fail("the call was not interrupted");
	ledger_sent(&ends[0], "writev", .data = data, .len = n);
	drain(&ends[1], n);
	sent(&ends[0], (const uint8_t *)"and on", 6);
	drain(&ends[1], 6);
	free(data);
}

/* One message of the vector comes, then a signal. */
static void case_interrupted_vector(const struct family *family, struct end ends[2])
{
	socklen_t len = sizeof(int);
	uint8_t data[SIZE];
	struct vector v;
	int error;

	connected_datagrams(family, ends);
	vector_init(&v);
	for (uint32_t i = 1; i <= 3; i++) {
		for (uint32_t j = 0; j < i; j++) {
			fill(data, SIZE, 150 + 10 * i + j);
			sent(&ends[0], data, SIZE);
		}
		alarms(true);
		expect(vector_receive(&ends[1], &v, 0, NULL), (int)i);
		alarms(false);
		/* The interruption waits in the socket for the next call. */
		must("SO_ERROR", getsockopt(ends[1].fd, SOL_SOCKET, SO_ERROR, &error, &len));
	}
}

struct waiter {
	pthread_t thread;
	int fd;
	long tid;
	_Atomic size_t got;
	uint8_t data[SIZE];
};

static void *waiter_run(void *argument)
{
	struct waiter *w = argument;

	w->tid = syscall(SYS_gettid);
	w->got = (size_t)must("read", read(w->fd, w->data, SIZE));
	return NULL;
}

static void waiter_start(struct waiter *w, int fd)
{
	w->fd = fd;
	w->got = 0;
	if (pthread_create(&w->thread, NULL, waiter_run, w))
		fail("pthread_create");
}

static void waiter_end(struct waiter *w, struct end *end)
{
	pthread_join(w->thread, NULL);
	ledger_received(end, "read", .data = w->data, .len = w->got, .tid = w->tid);
}

/* A thread waits for bytes from a socket while another writes to it; then two wait. */
static void case_two_threads(const struct family *family, struct end ends[2])
{
	static struct waiter waiters[2];
	uint8_t data[SIZE];

	stream_pair(family, ends);
	for (uint32_t round = 0; round < 20; round++) {
		waiter_start(&waiters[0], ends[0].fd);
		fill(data, SIZE, 200 + round);
		sent(&ends[0], data, SIZE);
		drain(&ends[1], SIZE);
		fill(data, SIZE, 230 + round);
		sent(&ends[1], data, 50 + round);
		waiter_end(&waiters[0], &ends[0]);
	}
	for (uint32_t round = 0; round < 20; round++) {
		int first;

		for (int i = 0; i < 2; i++)
			waiter_start(&waiters[i], ends[1].fd);
		fill(data, SIZE, 260 + round);
		sent(&ends[0], data, SIZE);
		while (!waiters[0].got && !waiters[1].got)
			sched_yield();
		first = waiters[0].got ? 0 : 1;
		waiter_end(&waiters[first], &ends[1]);
		sent(&ends[0], data, 70);
		waiter_end(&waiters[1 - first], &ends[1]);
	}
}

/* A call of another thread that is seen to wait. */
struct timed {
	pthread_t thread;
	int fd;
	bool sends;
	bool wants_all; /* it receives, and waits for all of it */
	uint8_t *data;
	size_t len;
	ssize_t moved;
	uint64_t waited;
	uint64_t took;
	_Atomic long tid;
};

static void timed_call(struct timed *t)
{
	uint64_t before = now_ns();

	if (t->sends)
		t->moved = write(t->fd, t->data, t->len);
	else if (t->wants_all)
		t->moved = recv(t->fd, t->data, t->len, MSG_WAITALL);
	else
		t->moved = read(t->fd, t->data, t->len);
	t->took = now_ns() - before;
}

static void *timed_run(void *argument)
{
	struct timed *t = argument;

	t->tid = syscall(SYS_gettid);
	timed_call(t);
	return NULL;
}

/* Whether the thread is asleep in its call. */
static bool timed_waits(const struct timed *t)
{
	long call = t->sends ? SYS_write : t->wants_all ? SYS_recvfrom : SYS_read;
	char path[64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/syscall", t->tid);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		fail(path);
	fclose(file);
	return strtol(text, NULL, 10) == call && strncmp(text, "running", 7) != 0;
}

/* Gives back when it has waited for some milliseconds. */
static void timed_start(struct timed *t)
{
	const struct timespec some = {.tv_nsec = 4000000};
	uint64_t since;

	if (pthread_create(&t->thread, NULL, timed_run, t))
		fail("pthread_create");
	while (!t->tid || !timed_waits(t))
		sched_yield();
	since = now_ns();
	nanosleep(&some, NULL);
	t->waited = now_ns() - since;
}

static void timed_note(struct timed *t, struct end *end)
{
	if (t->sends)
		ledger_sent(end, "write", .data = t->data, .len = (size_t)t->moved, .tid = t->tid,
			    .waited = t->waited, .took = t->took);
	else
		ledger_received(end, t->wants_all ? "recvfrom" : "read", .data = t->data,
				.len = (size_t)t->moved, .tid = t->tid, .waited = t->waited,
				.took = t->took);
}

/* A call that doesn't wait comes after one that has: that one's begin isn't its own. */
static void read_at_once(struct end ends[2], struct timed *before)
{
	struct timed t = {.fd = ends[1].fd, .data = before->data, .len = SIZE};

	fill(t.data, SIZE, 310);
	sent(&ends[0], t.data, SIZE);
	timed_call(&t);
	timed_note(&t, &ends[1]);
}

/* Calls that wait: to receive, to receive in vain, to send. */
static void case_waits(const struct family *family, struct end ends[2])
{
	static const struct timeval soon = {.tv_usec = 5000}, never = {0};
	uint8_t back[SIZE], *large = filled(LARGE, 300);
	struct timed in = {.data = back, .len = SIZE};
	struct timed out = {.sends = true, .data = large, .len = LARGE};

	stream_pair(family, ends);
	in.fd = ends[1].fd;
	timed_start(&in);
	sent(&ends[0], large, 99);
	pthread_join(in.thread, NULL);
	timed_note(&in, &ends[1]);
	read_at_once(ends, &in);
	must("SO_RCVTIMEO", setsockopt(ends[1].fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	timed_call(&in);
	if (in.moved >= 0)
		fail("there was nothing to read");
	must("SO_RCVTIMEO", setsockopt(ends[1].fd, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never)));
	read_at_once(ends, &in);
	buffers_shrink(ends);
	out.fd = ends[0].fd;
	timed_start(&out);
	drain(&ends[1], LARGE);
	pthread_join(out.thread, NULL);
	timed_note(&out, &ends[0]);
	free(large);
}

/*
 * Calls that have moved some bytes, and wait for the rest for longer than it takes to conclude that
 * bytes which TCP has counted went through no call.
 */
static void case_waits_long(const struct family *family, struct end ends[2])
{
	static const struct timespec longer = {.tv_sec = 3};
	uint8_t back[SIZE * 2], *large = filled(LARGE, 320);
	struct timed in = {.wants_all = true, .data = back, .len = sizeof(back)};
	struct timed out = {.sends = true, .data = large, .len = LARGE};

	stream_pair(family, ends);
	buffers_shrink(ends);
	for (int i = 0; i < 2; i++) {
		sent(&ends[i], large, 99);
		drain(&ends[1 - i], 99);
	}
	in.fd = out.fd = ends[0].fd;
	timed_start(&in);
	sent(&ends[1], large, SIZE);
	timed_start(&out);
	nanosleep(&longer, NULL);
	drain(&ends[1], LARGE);
	pthread_join(out.thread, NULL);
	timed_note(&out, &ends[0]);
	sent(&ends[1], large, SIZE);
	pthread_join(in.thread, NULL);
	timed_note(&in, &ends[0]);
	free(large);
}

static const struct live_case cases[] = {
	{"fewer-datagrams", case_fewer_datagrams, true},
	{"fewer-bytes", case_fewer_bytes, true},
	{"sendfile-again", case_sendfile_again, true},
	{"interrupted-write", case_interrupted_write, true},
	{"interrupted-vector", case_interrupted_vector, true},
	{"two-threads", case_two_threads, true},
	{"waits", case_waits, true},
	{"waits-long", case_waits_long, true},
	{0},
};

/* Each case opens the sockets that it needs. */
static void open_none(const struct family *family, struct end ends[2])
{
	(void)family;
	(void)ends;
}

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, open_none);
}
