/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Redis server sends without being asked: pub/sub, MONITOR, replication. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/redis_case.h"

#define CHECK(messages, expected) REDIS_CHECK(messages, ROLE_CLIENT, expected)

static void resp2_messages_are_told_from_replies(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("LRANGE l 0 -1\r\n"),
		FEED_RESPONSE("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n"),
		FEED_REQUEST("SUBSCRIBE a b\r\nPSUBSCRIBE c*\r\n"),
		FEED_RESPONSE("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
			      "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"
			      "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
			      "*3\r\n$10\r\npsubscribe\r\n$2\r\nc*\r\n:3\r\n"),
		FEED_REQUEST("PING\r\n"),
		FEED_RESPONSE("*4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$2\r\ncc\r\n$2\r\nho\r\n"
			      "*2\r\n$4\r\npong\r\n$0\r\n\r\n"),
		FEED_REQUEST("UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE\r\nGET k\r\n"),
		FEED_RESPONSE("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n"
			      "*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n"
			      "*3\r\n$12\r\npunsubscribe\r\n$2\r\nc*\r\n:0\r\n"
			      "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n"
			      "$1\r\nv\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"LRANGE\",\"args\":[\"l\",\"0\",\"-1\"],"
	      "\"reply\":[\"message\",\"a\",\"b\"],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"SUBSCRIBE\",\"args\":[\"a\",\"b\"],"
	      "\"reply\":[\"subscribe\",\"a\",1],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"subscribe\",\"b\",2],\"push\":\"subscribe\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"message\",\"a\",\"hi\"],\"push\":\"message\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PSUBSCRIBE\",\"args\":[\"c*\"],"
	      "\"reply\":[\"psubscribe\",\"c*\",3],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"pmessage\",\"c*\",\"cc\",\"ho\"],\"push\":\"pmessage\","
	      "\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PING\",\"args\":[],"
	      "\"reply\":[\"pong\",\"\"],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"UNSUBSCRIBE\",\"args\":[],"
	      "\"reply\":[\"unsubscribe\",\"a\",2],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"unsubscribe\",\"b\",1],\"push\":\"unsubscribe\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PUNSUBSCRIBE\",\"args\":[],"
	      "\"reply\":[\"punsubscribe\",\"c*\",0],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"UNSUBSCRIBE\",\"args\":[],"
	      "\"reply\":[\"unsubscribe\",null,0],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"k\"],"
	      "\"reply\":\"v\",\"push\":null,\"note\":\"\"}\n");
}

/* A push may come between a request and its reply. */
static void resp3_pushes_stand_alone(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("SSUBSCRIBE s\r\nGET k\r\n"),
		FEED_RESPONSE(">3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n"
			      ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
			      "$1\r\nv\r\n"
			      ">3\r\n+smessage\r\n+s\r\n+hi\r\n>1\r\n:1\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"SSUBSCRIBE\",\"args\":[\"s\"],"
	      "\"reply\":[\"ssubscribe\",\"s\",1],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"invalidate\",[\"k\"]],\"push\":\"invalidate\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"k\"],"
	      "\"reply\":\"v\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"smessage\",\"s\",\"hi\"],\"push\":\"smessage\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[1],\"push\":\"push\",\"note\":\"\"}\n");
}

static void monitor_streams_lines(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("MONITOR\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_RESPONSE("+1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\r\n"),
		FEED_REQUEST("RESET\r\n"),
		FEED_RESPONSE("+1339518087.877697 [0 unix:/tmp/s] \"dbsize\"\r\n+RESET\r\n"),
		FEED_REQUEST("GET version\r\n"),
		FEED_RESPONSE("+1.2 [beta]\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"MONITOR\",\"args\":[],"
	      "\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":\"1339518083.107412 [0 127.0.0.1:60866] \\\"keys\\\" \\\"*\\\"\","
	      "\"push\":\"monitor\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":\"1339518087.877697 [0 unix:/tmp/s] \\\"dbsize\\\"\","
	      "\"push\":\"monitor\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"RESET\",\"args\":[],"
	      "\"reply\":\"RESET\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"version\"],"
	      "\"reply\":\"1.2 [beta]\",\"push\":null,\"note\":\"\"}\n");
}

/* The snapshot has no CRLF behind it; then the master sends commands. */
static void psync_brings_snapshot_and_commands(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*3\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n"),
		FEED_RESPONSE("+FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0\r\n"),
		FEED_RESPONSE("\n\n$12\r\nREDIS0011*1\r"
			      "*1\r\n$4\r\nPING\r\n"),
		FEED_REQUEST("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n"),
		FEED_RESPONSE("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"REPLCONF\",\"args\":[\"capa\",\"eof\"],"
	      "\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PSYNC\",\"args\":[\"?\",\"-1\"],\"reply\":"
	      "\"FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0\",\"push\":null,"
	      "\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":{\"rdb_bytes\":12},\"push\":\"rdb\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"PING\"],\"push\":\"replication\",\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"REPLCONF\",\"args\":[\"ACK\",\"0\"],"
	      "\"reply\":null,\"push\":null,"
	      "\"note\":\"a replica's REPLCONF ACK is not answered\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"SET\",\"k\",\"v\"],\"push\":\"replication\",\"note\":\"\"}\n");
}

#define MARK "0123456789abcdef0123456789abcdef01234567"

static void snapshot_ends_with_its_mark(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$4\r\nSYNC\r\n"),
		FEED_RESPONSE("\n$EOF:" MARK "\r\n$REDIS0011 0123456789"),
		FEED_RESPONSE("abcd more" MARK "*1\r\n$4\r\nPING\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"SYNC\",\"args\":[],"
			"\"reply\":{\"rdb_bytes\":30},\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
			"\"reply\":[\"PING\"],\"push\":\"replication\",\"note\":\"\"}\n");
}

static void refused_psync_brings_nothing(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$4\r\nSYNC\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
		FEED_RESPONSE("-NOMASTERLINK Can't SYNC\r\n$1\r\nv\r\n"),
		FEED_REQUEST("*3\r\n$5\r\nPSYNC\r\n$1\r\na\r\n$1\r\n9\r\n"),
		FEED_RESPONSE("+CONTINUE\r\n*1\r\n$4\r\nPING\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"error\",\"command\":\"SYNC\",\"args\":[],"
	      "\"reply\":{\"error\":\"NOMASTERLINK Can't SYNC\"},\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"k\"],"
	      "\"reply\":\"v\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PSYNC\",\"args\":[\"a\",\"9\"],"
	      "\"reply\":\"CONTINUE\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
	      "\"reply\":[\"PING\"],\"push\":\"replication\",\"note\":\"\"}\n");
}

/* An error before anything was asked answers nothing. */
static void turned_away_at_the_door(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("-ERR max number of clients reached\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"error\",\"command\":null,\"args\":null,"
			"\"reply\":{\"error\":\"ERR max number of clients reached\"},"
			"\"push\":\"error\",\"note\":\"\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resp2_messages_are_told_from_replies),
		cmocka_unit_test(resp3_pushes_stand_alone),
		cmocka_unit_test(monitor_streams_lines),
		cmocka_unit_test(psync_brings_snapshot_and_commands),
		cmocka_unit_test(snapshot_ends_with_its_mark),
		cmocka_unit_test(turned_away_at_the_door),
		cmocka_unit_test(refused_psync_brings_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
