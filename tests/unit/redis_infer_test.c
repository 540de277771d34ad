/* SPDX-License-Identifier: BSD-2-Clause */
/* What is Redis, what only looks like it, and who is the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/redis/redis.h"

struct talk {
	const char *sent;
	const char *received;
	uint16_t local_port;
	uint16_t remote_port;
	bool midstream;
	enum role role; /* that must come out */
};

static struct verdict infer(const struct talk *talk)
{
	struct sample sample = {
		.transport = TRANSPORT_TCP,
		.local_port = talk->local_port,
		.remote_port = talk->remote_port,
		.midstream = talk->midstream,
		.ended = true,
		.bytes = {span_text(talk->sent), span_text(talk->received)},
	};
	struct verdict verdict = {0};

	protocol_redis.infer(&sample, &verdict);
	assert_true(verdict.score == 0 || verdict.reason[0]);
	return verdict;
}

#define TALK(client, server, ...)                                                                  \
	{                                                                                          \
		.sent = client, .received = server, __VA_ARGS__                                    \
	}
#define CHECK(talks, low, high) check(talks, sizeof(talks) / sizeof((talks)[0]), low, high)

/* The score lies in this range; where it counts, the role is right too. */
static void check(const struct talk *talks, size_t count, int low, int high)
{
	for (size_t i = 0; i < count; i++) {
		struct verdict verdict = infer(&talks[i]);

		if (verdict.score < low || verdict.score > high)
			fail_msg("%d for %s and %s: %s", verdict.score, talks[i].sent,
				 talks[i].received, verdict.reason);
		if (low >= INFER_PLAUSIBLE)
			assert_int_equal(verdict.role, talks[i].role);
	}
}

static void certain_by_structure(void **state)
{
	static const struct talk talks[] = {
		TALK("*1\r\n$4\r\nPING\r\n", "", .role = ROLE_CLIENT),
		TALK("*3\r\n$3\r\nset\r\n$1\r\nk\r\n$100\r\nbegin", "", .role = ROLE_CLIENT),
		TALK("", "*2\r\n$4\r\nLLEN\r\n$1\r\nk\r\n", .role = ROLE_SERVER),
		TALK("+OK\r\n", "*2\r\n$4\r\nLLEN\r\n$1\r\nk\r\n", .role = ROLE_SERVER),
		TALK("*1\r\n$8\r\nFT._LIST\r\n", "*0\r\n", .role = ROLE_CLIENT),
		TALK("*1\r\n$6\r\nWEIRD!\r\n", "+OK\r\n", .role = ROLE_CLIENT),
		TALK("PING\r\n", "+PONG\r\n", .role = ROLE_CLIENT),
		TALK("get k\r\n", "$3\r\nabc\r\n", .role = ROLE_CLIENT),
		TALK("$3\r\nabc\r\n", "get k\r\n", .role = ROLE_SERVER),
		TALK("GET k\r\n", "-NOAUTH Authentication required.\r\n", .role = ROLE_CLIENT),
		/* Both sides are arrays of strings: the command decides. */
		TALK("*2\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n", "*1\r\n$1\r\na\r\n", .role = ROLE_CLIENT),
		TALK("*1\r\n$1\r\na\r\n", "*2\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n", .role = ROLE_SERVER),
		/* Replies alone. */
		TALK("", "*2\r\n:1\r\n$3\r\nabc\r\n", .role = ROLE_CLIENT),
		TALK("$3\r\nabc\r\n", "", .role = ROLE_SERVER),
		TALK("", "%1\r\n+a\r\n:1\r\n", .role = ROLE_CLIENT),
		/* The beginning of a snapshot, without a line end behind it. */
		TALK("*1\r\n$4\r\nSYNC\r\n", "$9\r\nREDIS0011*1\r\n$4\r\nPING\r\n",
		     .role = ROLE_CLIENT),
		/* Whole requests with something broken behind them, in the same bytes. */
		TALK("*1\r\n$4\r\nPING\r\n*1\r\n!oops\r\n*1\r\n$4\r\nPING\r\n", "+PONG\r\n",
		     .role = ROLE_CLIENT),
		TALK("+OK\r\n-ERR Protocol error: x\r\n",
		     "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n\xff\xff\r\n", .role = ROLE_SERVER),
		/* From the middle of a value. */
		TALK("", "lue\r\n$1\r\na\r\n+OK\r\n", .midstream = true, .role = ROLE_CLIENT),
		TALK("ue\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$1\r\na\r\n", .midstream = true,
		     .role = ROLE_CLIENT),
	};

	(void)state;
	CHECK(talks, INFER_CERTAIN, 100);
}

static void plausible_when_no_more_comes(void **state)
{
	static const struct talk talks[] = {
		TALK("*3\r\n$3\r\nSE", "", .role = ROLE_CLIENT),
		TALK("set k v\r\n", "+OK\r\n", .role = ROLE_CLIENT),
		TALK("set k v\r\n", "+OK\r\n", .remote_port = 6379, .role = ROLE_CLIENT),
		TALK("set k v\r\n", "+OK\r\n", .remote_port = 6379, .midstream = true,
		     .role = ROLE_CLIENT),
		/* An unknown command comes from who speaks first; in the middle it is a reply. */
		TALK("*2\r\n$1\r\na\r\n$1\r\nb\r\n", "", .role = ROLE_CLIENT),
		TALK("*2\r\n$1\r\na\r\n$1\r\nb\r\n", "", .midstream = true, .role = ROLE_SERVER),
	};

	(void)state;
	CHECK(talks, INFER_PLAUSIBLE, INFER_CERTAIN - 1);
}

/* Others have commands in lines, too, and answer them with +OK. */
static void what_is_not_redis(void **state)
{
	static const struct talk talks[] = {
		TALK("", "", .role = ROLE_UNKNOWN),
		TALK("PING\r\n", "", .role = ROLE_UNKNOWN),
		TALK("GET k\r\n", "", .remote_port = 6379),
		TALK("", "+OK\r\n", .remote_port = 6379),
		/* NATS */
		TALK("CONNECT {\"verbose\":true}\r\nPING\r\n",
		     "INFO {\"server_id\":\"x\"}\r\n+OK\r\nPONG\r\n", .role = ROLE_UNKNOWN),
		TALK("PING\r\n", "PONG\r\n", .role = ROLE_UNKNOWN),
		TALK("PUB a 5\r\nhello\r\n", "+OK\r\n", .midstream = true),
		TALK("SUB a 1\r\n", "+OK\r\n-ERR 'Unknown Protocol Operation'\r\n",
		     .role = ROLE_UNKNOWN),
		TALK("", "+OK\r\nMSG a 1 5\r\nhello\r\n", .midstream = true),
		/* memcached */
		TALK("get k\r\n", "VALUE k 0 1\r\na\r\nEND\r\n", .role = ROLE_UNKNOWN),
		TALK("set k 0 0 1\r\na\r\n", "STORED\r\n", .role = ROLE_UNKNOWN),
		TALK("incr n 1\r\n", "5\r\n", .role = ROLE_UNKNOWN),
		/* mail */
		TALK("USER bob\r\nPASS x\r\n", "+OK POP3 ready\r\n+OK\r\n+OK logged in\r\n",
		     .role = ROLE_UNKNOWN),
		TALK("AUTH PLAIN\r\n", "+OK ready\r\n+ \r\n1 120\r\n.\r\n", .role = ROLE_UNKNOWN),
		TALK("QUIT\r\n", "+OK maildrop has 1 message\r\n+OK\r\n", .midstream = true,
		     .role = ROLE_CLIENT),
		TALK("a1 LOGIN x y\r\n", "* OK IMAP4 ready\r\na1 OK done\r\n",
		     .role = ROLE_UNKNOWN),
		TALK("EHLO x\r\n", "220 x\r\n250 ok\r\n", .role = ROLE_UNKNOWN),
		TALK("USER x\r\nQUIT\r\n", "220 FTP\r\n331 ok\r\n221 bye\r\n",
		     .role = ROLE_UNKNOWN),
		/* IRC: its server's lines begin with a colon */
		TALK("NICK a\r\nPING :x\r\n", ":srv 001 a :hi\r\nPING :y\r\n",
		     .role = ROLE_UNKNOWN),
		TALK("INFO\r\n", ":srv 371 a :text\r\n", .role = ROLE_UNKNOWN),
		/* beanstalkd, HTTP, SIP, MQTT */
		TALK("use a\r\n", "USING a\r\n", .role = ROLE_UNKNOWN),
		TALK("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
		     .role = ROLE_UNKNOWN),
		TALK("GET / HTTP/1.0\r\n", "", .remote_port = 6379),
		TALK("INFO sip:a@b SIP/2.0\r\n", "", .role = ROLE_UNKNOWN),
		TALK("\x10\x0c", "\x20\x02", .role = ROLE_UNKNOWN),
		/* almost RESP */
		TALK("PING\r\n", "+OK\r\nnot RESP\r\n", .role = ROLE_UNKNOWN),
		TALK("*2\r\n$3\r\nGET\r\n$1\r\nkk\r\n", "", .role = ROLE_UNKNOWN),
		TALK("*2\n$3\nGET\n$1\nk\n", "", .role = ROLE_UNKNOWN),
		TALK("*1\r\n$5\r\nHELLY\r\n*1\r\n!oops\r\n", "+OK\r\n", .role = ROLE_UNKNOWN),
		TALK("PING\r\n*1\r\n!oops\r\n", "+OK\r\n", .role = ROLE_UNKNOWN),
		TALK("*-5\r\n$4\r\nPING\r\n", "", .role = ROLE_UNKNOWN),
		TALK("", "$3\r\nabcd\r\n", .role = ROLE_UNKNOWN),
		TALK("", "*1\r\nPING\r\n", .role = ROLE_UNKNOWN),
		TALK("*1\r\n$4\r\nPING\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
		     .role = ROLE_UNKNOWN),
	};

	(void)state;
	CHECK(talks, 0, INFER_PLAUSIBLE - 1);
}

/* Both sides may be either: who connected decides, else the port, else nobody knows. */
static void ambiguous_roles(void **state)
{
	static const char array[] = "*1\r\n$4\r\nPING\r\n";
	struct talk talk = {.sent = array, .received = array};
	struct sample sample = {
		.role = ROLE_SERVER,
		.bytes = {span_text(array), span_text(array)},
	};
	struct verdict verdict = {0};

	(void)state;
	assert_int_equal(infer(&talk).role, ROLE_UNKNOWN);
	talk.local_port = 6379;
	assert_int_equal(infer(&talk).role, ROLE_SERVER);
	talk.local_port = 0;
	talk.remote_port = 6379;
	assert_int_equal(infer(&talk).role, ROLE_CLIENT);
	protocol_redis.infer(&sample, &verdict);
	assert_int_equal(verdict.role, ROLE_SERVER);
}

/* The more is known, the surer: no prefix of a conversation is ever taken for another's role. */
static void prefixes_never_mislead(void **state)
{
	static const char requests[] = "*2\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n*1\r\n$4\r\nPING\r\n";
	static const char replies[] = "*2\r\n$3\r\nabc\r\n$2\r\nde\r\n+PONG\r\n";

	(void)state;
	for (size_t sent = 1; sent < sizeof(requests); sent++) {
		for (size_t received = 0; received < sizeof(replies); received++) {
			struct sample sample = {
				.bytes = {span_of(requests, sent), span_of(replies, received)}};
			struct verdict verdict = {0};

			protocol_redis.infer(&sample, &verdict);
			if (verdict.score >= INFER_CERTAIN)
				assert_int_equal(verdict.role, ROLE_CLIENT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certain_by_structure),
		cmocka_unit_test(plausible_when_no_more_comes),
		cmocka_unit_test(what_is_not_redis),
		cmocka_unit_test(ambiguous_roles),
		cmocka_unit_test(prefixes_never_mislead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
