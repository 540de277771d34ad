/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations with Redis: which reply belongs to which request, and how both are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/redis_case.h"

#define CHECK(messages, expected) REDIS_CHECK(messages, ROLE_UNKNOWN, expected)

static void replies_become_json(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*3\r\n$3\r\nset\r\n$2\r\nk\xff\r\n$0\r\n\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
		FEED_RESPONSE("$-1\r\n"),
		FEED_REQUEST("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"),
		FEED_RESPONSE(":-42\r\n"),
		FEED_REQUEST("*3\r\n$5\r\nLPUSH\r\n$1\r\nk\r\n$3\r\na\"b\r\n"),
		FEED_RESPONSE("-WRONGTYPE Operation against a key\r\n"),
		FEED_REQUEST("*4\r\n$6\r\nlrange\r\n$1\r\nl\r\n$1\r\n0\r\n$2\r\n-1\r\n"),
		FEED_RESPONSE("*4\r\n$3\r\nf\r\n\r\n$-1\r\n*2\r\n:1\r\n+a\r\n*0\r\n"),
		FEED_REQUEST("*3\r\n$5\r\nblpop\r\n$1\r\nl\r\n$1\r\n1\r\n"),
		FEED_RESPONSE("*-1\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"SET\",\"args\":[\"k\\\\xff\",\"\"],"
			"\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"k\"],"
			"\"reply\":null,\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"INCR\",\"args\":[\"n\"],"
			"\"reply\":-42,\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"error\",\"command\":\"LPUSH\",\"args\":[\"k\",\"a\\\"b\"],"
			"\"reply\":{\"error\":\"WRONGTYPE Operation against a key\"},\"push\":null,"
			"\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"LRANGE\",\"args\":[\"l\",\"0\",\"-1\"],"
			"\"reply\":[\"f\\r\\n\",null,[1,\"a\"],[]],\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"BLPOP\",\"args\":[\"l\",\"1\"],"
			"\"reply\":null,\"push\":null,\"note\":\"\"}\n");
}

static void resp3_types_become_json(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"),
		FEED_RESPONSE("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n+proto\r\n:3\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nA\r\n"),
		FEED_RESPONSE("*8\r\n_\r\n#t\r\n#f\r\n,1.5e3\r\n,-inf\r\n,nan\r\n"
			      "(-12345678901234567890\r\n=9\r\ntxt:a\r\nb!\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nB\r\n"),
		FEED_RESPONSE("~2\r\n+x\r\n%0\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nC\r\n"),
		FEED_RESPONSE("!10\r\nERR a\r\nbcd\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nD\r\n"),
		FEED_RESPONSE("*2\r\n-ERR inside\r\n:1\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"HELLO\",\"args\":[\"3\"],"
	      "\"reply\":{\"server\":\"redis\",\"proto\":3},\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"A\",\"args\":[],"
	      "\"reply\":[null,true,false,1.5e3,\"-inf\",\"nan\",\"-12345678901234567890\","
	      "\"a\\r\\nb!\"],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"B\",\"args\":[],"
	      "\"reply\":[\"x\",{}],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"error\",\"command\":\"C\",\"args\":[],"
	      "\"reply\":{\"error\":\"ERR a\\r\\nbcd\"},\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"D\",\"args\":[],"
	      "\"reply\":[{\"error\":\"ERR inside\"},1],\"push\":null,\"note\":\"\"}\n");
}

static void maps_with_other_keys_become_pairs(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$1\r\nA\r\n"),
		FEED_RESPONSE("%1\r\n:1\r\n+one\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nB\r\n"),
		FEED_RESPONSE("%3\r\n+a,\"b:\\\r\n%1\r\n+k\r\n*2\r\n:1\r\n:2\r\n"
			      "*2\r\n+x\r\n+y\r\n+z\r\n+last\r\n#t\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nC\r\n"),
		FEED_RESPONSE("%?\r\n+a\r\n:1\r\n_\r\n%?\r\n.\r\n.\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"A\",\"args\":[],"
	      "\"reply\":[[1,\"one\"]],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"B\",\"args\":[],"
	      "\"reply\":[[\"a,\\\"b:\\\\\",{\"k\":[1,2]}],[[\"x\",\"y\"],\"z\"],[\"last\",true]],"
	      "\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"C\",\"args\":[],"
	      "\"reply\":[[\"a\",1],[null,{}]],\"push\":null,\"note\":\"\"}\n");
}

/* The two bytes of one character come in two chunks. */
static void streamed_types_end_by_themselves(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$1\r\nA\r\n"),
		FEED_RESPONSE("$?\r\n;3\r\nab\xc3\r\n;1\r\n\xa9\r\n;0\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nB\r\n"),
		FEED_RESPONSE(
			"*?\r\n~?\r\n:1\r\n.\r\n%1\r\n$?\r\n;1\r\nk\r\n;0\r\n$?\r\n;0\r\n.\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"A\",\"args\":[],"
			"\"reply\":\"ab\xc3\xa9\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"B\",\"args\":[],"
			"\"reply\":[[1],{\"k\":\"\"}],\"push\":null,\"note\":\"\"}\n");
}

static void attributes_are_noted(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$1\r\nA\r\n"),
		FEED_RESPONSE("|1\r\n+pop\r\n%1\r\n+a\r\n,0.5\r\n*2\r\n:1\r\n|1\r\n+ttl\r\n:36\r\n:"
			      "2\r\n"),
		FEED_REQUEST("*1\r\n$1\r\nB\r\n"),
		FEED_RESPONSE("|0\r\n+x\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"A\",\"args\":[],\"reply\":[1,2],"
			"\"push\":null,"
			"\"note\":\"attributes {\\\"pop\\\":{\\\"a\\\":0.5}} {\\\"ttl\\\":36}\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"B\",\"args\":[],\"reply\":\"x\","
			"\"push\":null,\"note\":\"attributes {}\"}\n");
}

static void containers_take_their_subcommand(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*4\r\n$5\r\nxinfo\r\n$6\r\nstream\r\n$1\r\ns\r\n$4\r\nFULL\r\n"
			     "*2\r\n$6\r\nCONFIG\r\n$2\r\nA1\r\n*1\r\n$6\r\nclient\r\n"
			     "*2\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n"),
		FEED_RESPONSE("*0\r\n-ERR x\r\n-ERR y\r\n*0\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"XINFO STREAM\",\"args\":[\"s\",\"FULL\"],"
	      "\"reply\":[],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"error\",\"command\":\"CONFIG\",\"args\":[\"A1\"],"
	      "\"reply\":{\"error\":\"ERR x\"},\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"error\",\"command\":\"CLIENT\",\"args\":[],"
	      "\"reply\":{\"error\":\"ERR y\"},\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"SENTINEL GET-MASTER-ADDR-BY-NAME\",\"args\":[],"
	      "\"reply\":[],\"push\":null,\"note\":\"\"}\n");
}

static void lines_are_commands_too(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("PING\r\n\r\n*0\r\n  set k \"a \\x41\\n\\\"\"  'it\\'s \\n' \n"),
		FEED_RESPONSE("+PONG\r\n+OK\r\n"),
		FEED_REQUEST("config get x\r\n*1\r\n$4\r\nPING\r\nECHO a\"b c\"\r\n"),
		FEED_RESPONSE("*0\r\n+PONG\r\n$4\r\nab c\r\n"),
		FEED_REQUEST("SET bad \"open quote \r\n"),
		FEED_RESPONSE("-ERR Protocol error: unbalanced quotes in request\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"PING\",\"args\":[],"
	      "\"reply\":\"PONG\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"SET\",\"args\":[\"k\",\"a A\\n\\\"\","
	      "\"it's \\\\n\"],\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"CONFIG GET\",\"args\":[\"x\"],"
	      "\"reply\":[],\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PING\",\"args\":[],"
	      "\"reply\":\"PONG\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"ECHO\",\"args\":[\"ab c\"],"
	      "\"reply\":\"ab c\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"error\",\"command\":\"SET\",\"args\":[\"bad\",\"\\\"open quote\"],"
	      "\"reply\":{\"error\":\"ERR Protocol error: unbalanced quotes in request\"},"
	      "\"push\":null,\"note\":\"unbalanced quotes in an inline command\"}\n");
}

static void transactions_are_answered_at_exec(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n"
			     "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n"),
		FEED_RESPONSE("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n$1\r\n1\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"MULTI\",\"args\":[],"
			"\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"INCR\",\"args\":[\"a\"],"
			"\"reply\":\"QUEUED\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"a\"],"
			"\"reply\":\"QUEUED\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"EXEC\",\"args\":[],"
			"\"reply\":[1,\"1\"],\"push\":null,\"note\":\"\"}\n");
}

static void client_reply_modes_are_followed(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*3\r\n$6\r\nclient\r\n$5\r\nreply\r\n$4\r\nskip\r\n"
			     "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\n1\r\n"),
		FEED_RESPONSE("$1\r\n1\r\n"),
		FEED_REQUEST("CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY SKIP\r\n"
			     "CLIENT REPLY ON\r\nPING\r\n"),
		FEED_RESPONSE("+OK\r\n+PONG\r\n"),
	};

	(void)state;
	CHECK(messages,
	      "{\"outcome\":\"ok\",\"command\":\"CLIENT REPLY\",\"args\":[\"skip\"],"
	      "\"reply\":null,\"push\":null,\"note\":\"CLIENT REPLY SKIP is not answered\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PING\",\"args\":[],\"reply\":null,"
	      "\"push\":null,\"note\":\"no reply was wanted (CLIENT REPLY SKIP)\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"ECHO\",\"args\":[\"1\"],\"reply\":\"1\","
	      "\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"CLIENT REPLY\",\"args\":[\"OFF\"],"
	      "\"reply\":null,\"push\":null,\"note\":\"CLIENT REPLY OFF is not answered\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PING\",\"args\":[],\"reply\":null,"
	      "\"push\":null,\"note\":\"replies are off (CLIENT REPLY OFF)\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"CLIENT REPLY\",\"args\":[\"SKIP\"],"
	      "\"reply\":null,\"push\":null,\"note\":\"CLIENT REPLY SKIP is not answered\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"CLIENT REPLY\",\"args\":[\"ON\"],"
	      "\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
	      "{\"outcome\":\"ok\",\"command\":\"PING\",\"args\":[],\"reply\":\"PONG\","
	      "\"push\":null,\"note\":\"\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_become_json),
		cmocka_unit_test(resp3_types_become_json),
		cmocka_unit_test(maps_with_other_keys_become_pairs),
		cmocka_unit_test(streamed_types_end_by_themselves),
		cmocka_unit_test(attributes_are_noted),
		cmocka_unit_test(containers_take_their_subcommand),
		cmocka_unit_test(lines_are_commands_too),
		cmocka_unit_test(transactions_are_answered_at_exec),
		cmocka_unit_test(client_reply_modes_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
