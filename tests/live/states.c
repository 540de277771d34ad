/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * states CASE FAMILY|ADDRESS: opens and ends TCP connections in the ways there are, and prints for
 * each end, as a JSON object a line, what the recorder is to know of it: the names of `socktape
 * conns
 * --format json`. Case "all" takes a family and does what can be done on loopback; the others
 * connect to port 9 of an address where nobody answers.
 */

#include <netinet/tcp.h>
#include <poll.h>

#include "tests/live/sockets.h"

static const struct family *family;

/* The two addresses of a connection, as text for the ledger. */
struct pair {
	struct sockaddr_storage local;
	struct sockaddr_storage remote;
};

static struct pair pair_of(int fd)
{
	struct pair pair;
	socklen_t len = sizeof(pair.local);

	must("getsockname", getsockname(fd, (struct sockaddr *)&pair.local, &len));
	len = sizeof(pair.remote);
	if (getpeername(fd, (struct sockaddr *)&pair.remote, &len) != 0)
		pair.remote.ss_family = AF_UNSPEC;
	return pair;
}

static void expect(const struct pair *pair, bool other_end, const char *state, const char *by,
		   const char *error)
{
	printf("{\"role\":\"%s\",\"local\":", other_end ? "server" : "client");
	ledger_peer(other_end ? &pair->remote : &pair->local);
	printf(",\"remote\":");
	ledger_peer(other_end ? &pair->local : &pair->remote);
	printf(",\"state\":\"%s\",\"state_by\":\"%s\",\"error\":\"%s\",\"pid\":%d}\n", state, by,
	       error, getpid());
	fflush(stdout);
}

/* Waits until the other end's FIN or RST has come, so that the order of what follows is sure. */
static void await_end(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLRDHUP};

	if (must("poll", poll(&poller, 1, 10000)) == 0)
		fail("the connection doesn't end");
}

static void linger_none(int fd)
{
	struct linger none = {.l_onoff = 1};

	must("SO_LINGER", setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
}

static void case_silent(struct end ends[2], const struct pair *pair)
{
	must("close", close(ends[0].fd));
	await_end(ends[1].fd);
	must("close", close(ends[1].fd));
	expect(pair, false, "closed", "local", "");
	expect(pair, true, "closed", "remote", "");
}

static void case_server_ends(struct end ends[2], const struct pair *pair)
{
	must("send", send(ends[0].fd, "request", 7, 0));
	must("recv", recv(ends[1].fd, (char[7]){0}, 7, MSG_WAITALL));
	must("close", close(ends[1].fd));
	await_end(ends[0].fd);
	must("close", close(ends[0].fd));
	expect(pair, false, "closed", "remote", "");
	expect(pair, true, "closed", "local", "");
}

/* Bytes that nobody has read when the socket is closed make a reset of it. */
static void case_unread(struct end ends[2], const struct pair *pair)
{
	struct pollfd poller = {.fd = ends[1].fd, .events = POLLIN};

	must("send", send(ends[0].fd, "unread", 6, 0));
	must("poll", poll(&poller, 1, 10000));
	must("close", close(ends[1].fd));
	await_end(ends[0].fd);
	must("close", close(ends[0].fd));
	expect(pair, false, "reset", "remote", "ECONNRESET");
	expect(pair, true, "reset", "local", "ECONNRESET");
}

static void case_client_resets(struct end ends[2], const struct pair *pair)
{
	linger_none(ends[0].fd);
	must("close", close(ends[0].fd));
	await_end(ends[1].fd);
	must("close", close(ends[1].fd));
	expect(pair, false, "reset", "local", "ECONNRESET");
	expect(pair, true, "reset", "remote", "ECONNRESET");
}

static void case_half_closed_then_reset(struct end ends[2], const struct pair *pair)
{
	must("shutdown", shutdown(ends[0].fd, SHUT_WR));
	await_end(ends[1].fd);
	linger_none(ends[1].fd);
	must("close", close(ends[1].fd));
	must("recv", recv(ends[0].fd, (char[1]){0}, 1, 0) < 0 ? 0 : 0);
	must("close", close(ends[0].fd));
	expect(pair, false, "reset", "remote", "ECONNRESET");
	expect(pair, true, "reset", "local", "ECONNRESET");
}

/* ---- connections that somebody else opens, or nobody does ---- */

static int connecting(const struct sockaddr_storage *to, socklen_t len)
{
	int fd = (int)must("socket", socket(family->domain, SOCK_STREAM | SOCK_NONBLOCK, 0));

	if (connect(fd, (const struct sockaddr *)to, len) != 0 && errno != EINPROGRESS)
		fail("connect");
	return fd;
}

/* Waits for the end of a connect() and gives its error. */
static int connected(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};
	int error;
	socklen_t len = sizeof(error);

	if (must("poll", poll(&poller, 1, 60000)) == 0)
		fail("connect() doesn't end");
	must("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	return error;
}

/* The port of a socket that is bound no more, whose address is ADDRESS but for that. */
static void port_copy(struct sockaddr_storage *address, int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);

	must("getsockname", getsockname(fd, (struct sockaddr *)&own, &len));
	/* It stands at one place in both families. */
	((struct sockaddr_in *)address)->sin_port = ((struct sockaddr_in *)&own)->sin_port;
}

/* The socket connects a second time after that: the two have nothing in common. */
static void run_refused(void)
{
	struct sockaddr_storage address;
	socklen_t len;
	int listener = socket_bound(family, SOCK_STREAM, &address, &len);
	int fd = (int)must("socket", socket(family->domain, SOCK_STREAM, 0));
	struct pair pair;

	if (connect(fd, (struct sockaddr *)&address, len) == 0 || errno != ECONNREFUSED)
		fail("somebody listens");
	pair = (struct pair){address, address};
	port_copy(&pair.local, fd);
	expect(&pair, false, "failed", "remote", "ECONNREFUSED");
	must("listen", listen(listener, 1));
	must("connect", connect(fd, (struct sockaddr *)&address, len));
	pair = pair_of(fd);
	close(accept(listener, NULL, NULL));
	await_end(fd);
	must("close", close(fd));
	expect(&pair, false, "closed", "remote", "");
	expect(&pair, true, "closed", "local", "");
}

static void run_never_accepted(void)
{
	struct sockaddr_storage address;
	socklen_t len;
	int listener = socket_bound(family, SOCK_STREAM, &address, &len);
	int fd = (int)must("socket", socket(family->domain, SOCK_STREAM, 0));
	struct pair pair;

	must("listen", listen(listener, 1));
	must("connect", connect(fd, (struct sockaddr *)&address, len));
	pair = pair_of(fd);
	must("close", close(listener));
	await_end(fd);
	must("close", close(fd));
	expect(&pair, false, "reset", "remote", "ECONNRESET");
	expect(&pair, true, "reset", "local", "ECONNRESET");
}

static void address_parse(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;

	*address = (struct sockaddr_storage){.ss_family = AF_INET};
	in->sin_port = htons(9);
	if (inet_pton(AF_INET, text, &in->sin_addr) != 1)
		fail(text);
}

/* Where there is but one local port, and another connection has it. */
static void run_exhausted(const char *address)
{
	struct sockaddr_storage to;
	struct pair pair;
	int first, second;

	address_parse(address, &to);
	first = connecting(&to, sizeof(struct sockaddr_in));
	pair = pair_of(first);
	pair.remote = to;
	second = (int)must("socket", socket(AF_INET, SOCK_STREAM, 0));
	if (connect(second, (struct sockaddr *)&to, sizeof(struct sockaddr_in)) == 0 ||
	    errno != EADDRNOTAVAIL)
		fail("there is a port left");
	must("close", close(second));
	must("close", close(first));
	expect(&pair, false, "failed", "local", "ECANCELED");
	((struct sockaddr_in *)&pair.local)->sin_port = 0;
	expect(&pair, false, "failed", "local", "EADDRNOTAVAIL");
}

/* Nobody answers at ADDRESS; CLOSED: the application doesn't wait for that. */
static void run_unanswered(const char *address, const char *by, const char *error, bool closed)
{
	struct sockaddr_storage to;
	unsigned int patience = 500;
	struct pair pair;
	int fd;

	address_parse(address, &to);
	fd = connecting(&to, sizeof(struct sockaddr_in));
	must("TCP_USER_TIMEOUT",
	     setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));
	pair = pair_of(fd);
	pair.remote = to;
	if (!closed)
		connected(fd);
	must("close", close(fd));
	expect(&pair, false, "failed", by, error);
}

static const struct {
	const char *name;
	void (*run)(struct end ends[2], const struct pair *pair);
} cases[] = {
	{"silent", case_silent},
	{"server-ends", case_server_ends},
	{"unread", case_unread},
	{"client-resets", case_client_resets},
	{"half-closed-then-reset", case_half_closed_then_reset},
};

static int run_all(void)
{
	run_refused();
	run_never_accepted();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct end ends[2];
		struct pair pair;

		close(stream_open(family, ends));
		pair = pair_of(ends[0].fd);
		cases[i].run(ends, &pair);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr,
			"usage: %s all FAMILY | timeout|unreachable|abandoned|exhausted ADDRESS\n",
			argv[0]);
		return 1;
	}
	family = family_find(strcmp(argv[1], "all") == 0 ? argv[2] : "inet4");
	if (strcmp(argv[1], "all") == 0)
		return run_all();
	if (strcmp(argv[1], "timeout") == 0)
		run_unanswered(argv[2], "", "ETIMEDOUT", false);
	else if (strcmp(argv[1], "unreachable") == 0)
		run_unanswered(argv[2], "", "EHOSTUNREACH", false);
	else if (strcmp(argv[1], "exhausted") == 0)
		run_exhausted(argv[2]);
	else
		run_unanswered(argv[2], "local", "ECANCELED", true);
	return 0;
}
