/* SPDX-License-Identifier: BSD-2-Clause */
/* Passwords in requests to Redis, and in what it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/redis_case.h"

#define CHECK(messages, expected) REDIS_CHECK(messages, ROLE_UNKNOWN, expected)

static void passwords_of_logins_are_hidden(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*3\r\n$4\r\nauth\r\n$4\r\nanna\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*4\r\n$4\r\nAUTH\r\n$4\r\nanna\r\n$6\r\ns3cret\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("-ERR syntax error\r\n"),
		FEED_REQUEST("*1\r\n$4\r\nAUTH\r\n"),
		FEED_RESPONSE("-ERR\r\n"),
		FEED_REQUEST("AUTH s3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("AUTH \"s3cret\r\n"),
		FEED_RESPONSE("-ERR Protocol error: unbalanced quotes in request\r\n"),
		FEED_REQUEST(
			"*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$4\r\nanna\r\n$6\r\ns3cr"
			"et\r\n$7\r\nSETNAME\r\n$4\r\nauth\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$7\r\nSETNAME\r\n$4\r\nAUTH\r\n$4\r\na"
			"uth\r\n$4\r\nauth\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"),
		FEED_RESPONSE("+OK\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"AUTH\",\"args\":[\"***\"],\"reply\":"
			"\"OK\",\"push\":null,\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"AUTH\",\"args\":[\"anna\",\"***\"],"
			"\"reply\":\"OK\",\"push\":null,\"note\":\"credentials are not shown\"}"
			"\n"
			"{\"outcome\":\"error\",\"command\":\"AUTH\",\"args\":[\"anna\",\"***\""
			",\"***\"],\"reply\":{\"error\":\"ERR syntax error\"},\"push\":null,\"n"
			"ote\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"error\",\"command\":\"AUTH\",\"args\":[],\"reply\":{\"e"
			"rror\":\"ERR\"},\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"AUTH\",\"args\":[\"***\"],\"reply\":"
			"\"OK\",\"push\":null,\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"error\",\"command\":\"AUTH\",\"args\":[\"***\"],\"reply"
			"\":{\"error\":\"ERR Protocol error: unbalanced quotes in request\"},\""
			"push\":null,\"note\":\"unbalanced quotes in an inline command; credent"
			"ials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"HELLO\",\"args\":[\"3\",\"AUTH\",\"a"
			"nna\",\"***\",\"SETNAME\",\"auth\"],\"reply\":\"OK\",\"push\":null,\"n"
			"ote\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"HELLO\",\"args\":[\"3\",\"SETNAME\","
			"\"AUTH\",\"auth\",\"auth\",\"***\"],\"reply\":\"OK\",\"push\":null,\"n"
			"ote\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"HELLO\",\"args\":[\"3\"],\"reply\":"
			"\"OK\",\"push\":null,\"note\":\"\"}\n");
}

static void passwords_of_settings_are_hidden(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n$6\r\ns3cret"
			     "\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*8\r\n$6\r\nconfig\r\n$3\r\nset\r\n$3\r\ndir\r\n$5\r\n/auth\r\n$10\r\n"
			"MasterAuth\r\n$6\r\ns3cret\r\n$10\r\nmasteruser\r\n$4\r\nanna\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*6\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$17\r\ntls-key-file-pass\r\n$6\r\ns"
			"3cret\r\n$12\r\ntls-key-file\r\n$4\r\npass\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*7\r\n$8\r\nSENTINEL\r\n$3\r\nSET\r\n$6\r\nmypass\r\n$9\r\nauth-pass\r"
			"\n$6\r\ns3cret\r\n$6\r\nquorum\r\n$1\r\n2\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*5\r\n$8\r\nSENTINEL\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$13\r\nsentinel-p"
			"ass\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*10\r\n$3\r\nACL\r\n$7\r\nSETUSER\r\n$5\r\n#anna\r\n$2\r\non\r\n$7\r\n"
			">s3cret\r\n$7\r\n<s3cret\r\n$65\r\n#a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
			"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\r\n$65\r\n!a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
			"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\r\n$2\r\n~*\r\n$6\r\nnopass\r\n"),
		FEED_RESPONSE("+OK\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"CONFIG SET\",\"args\":[\"requirepass"
			"\",\"***\"],\"reply\":\"OK\",\"push\":null,\"note\":\"credentials are "
			"not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"CONFIG SET\",\"args\":[\"dir\",\"/au"
			"th\",\"MasterAuth\",\"***\",\"masteruser\",\"anna\"],\"reply\":\"OK\","
			"\"push\":null,\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"CONFIG SET\",\"args\":[\"tls-key-fil"
			"e-pass\",\"***\",\"tls-key-file\",\"pass\"],\"reply\":\"OK\",\"push\":"
			"null,\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"SENTINEL SET\",\"args\":[\"mypass\","
			"\"auth-pass\",\"***\",\"quorum\",\"2\"],\"reply\":\"OK\",\"push\":null"
			",\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"SENTINEL CONFIG\",\"args\":[\"SET\","
			"\"sentinel-pass\",\"***\"],\"reply\":\"OK\",\"push\":null,\"note\":\"c"
			"redentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"ACL SETUSER\",\"args\":[\"#anna\",\""
			"on\",\">***\",\"<***\",\"#***\",\"!***\",\"~*\",\"nopass\"],\"reply\":"
			"\"OK\",\"push\":null,\"note\":\"credentials are not shown\"}\n");
}

static void passwords_for_other_servers_are_hidden(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*9\r\n$7\r\nMIGRATE\r\n$1\r\nh\r\n$4\r\n6379\r\n$4\r\nauth\r\n$1\r\n0"
			     "\r\n$4\r\n5000\r\n$4\r\nCOPY\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST(
			"*12\r\n$7\r\nMIGRATE\r\n$1\r\nh\r\n$4\r\n6379\r\n$0\r\n\r\n$1\r\n0\r\n"
			"$4\r\n5000\r\n$5\r\nAUTH2\r\n$4\r\nanna\r\n$6\r\ns3cret\r\n$4\r\nKEYS"
			"\r\n$4\r\nAUTH\r\n$1\r\nk\r\n"),
		FEED_RESPONSE("+OK\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"MIGRATE\",\"args\":[\"h\",\"6379\","
			"\"auth\",\"0\",\"5000\",\"COPY\",\"AUTH\",\"***\"],\"reply\":\"OK\",\""
			"push\":null,\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"MIGRATE\",\"args\":[\"h\",\"6379\","
			"\"\",\"0\",\"5000\",\"AUTH2\",\"anna\",\"***\",\"KEYS\",\"AUTH\",\"k\""
			"],\"reply\":\"OK\",\"push\":null,\"note\":\"credentials are not shown"
			"\"}\n");
}

static void what_looks_like_one_elsewhere_is_shown(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*3\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n$6\r\ns3cret\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*4\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n$1\r\n0\r\n$1\r\n1\r\n"),
		FEED_RESPONSE(
			"*2\r\n$11\r\nrequirepass\r\n$64\r\na1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"
			"1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\r\n"),
		FEED_REQUEST("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$9\r\nmaxmemory\r\n"),
		FEED_RESPONSE("*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n"),
		FEED_REQUEST("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$11\r\nrequirepass\r\n"),
		FEED_RESPONSE("*2\r\n$11\r\nrequirepass\r\n$0\r\n\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"SET\",\"args\":[\"requirepass\",\"s3"
			"cret\"],\"reply\":\"OK\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"LRANGE\",\"args\":[\"l\",\"0\",\"1\""
			"],\"reply\":[\"requirepass\",\"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"
			"1a1a1a1a1a1a1a1a1a1a1a1a1\"],\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"CONFIG GET\",\"args\":[\"maxmemory\""
			"],\"reply\":[\"maxmemory\",\"0\"],\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"CONFIG GET\",\"args\":[\"requirepass"
			"\"],\"reply\":[\"requirepass\",\"\"],\"push\":null,\"note\":\"\"}\n");
}

static void replies_that_tell_passwords_hide_them(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n"),
		FEED_RESPONSE(
			"*8\r\n$3\r\ndir\r\n$8\r\n/a\\\"pass\r\n$10\r\nmasterauth\r\n$6\r\ns3cr"
			"et\r\n$11\r\nrequirepass\r\n$7\r\ns3\"cret\r\n$4\r\nport\r\n$4\r\n6379"
			"\r\n"),
		FEED_REQUEST("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n"),
		FEED_RESPONSE("%1\r\n$11\r\nrequirepass\r\n$6\r\ns3cret\r\n"),
		FEED_REQUEST("*2\r\n$3\r\nACL\r\n$4\r\nLIST\r\n"),
		FEED_RESPONSE(
			"*2\r\n$90\r\nuser default on #a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
			"a1a1a1a1a1a1a1a1a1a1a1a1 ~* +@all\r\n$10\r\nuser x off\r\n"),
		FEED_REQUEST("*3\r\n$3\r\nACL\r\n$7\r\nGETUSER\r\n$7\r\ndefault\r\n"),
		FEED_RESPONSE(
			"*2\r\n$9\r\npasswords\r\n*2\r\n$64\r\na1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
			"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\r\n$64\r\na1a1a1a1a1a1a1a1a1a1a1a1a1a"
			"1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\r\n"),
		FEED_REQUEST("*3\r\n$3\r\nACL\r\n$7\r\nGENPASS\r\n$2\r\n20\r\n"),
		FEED_RESPONSE("$5\r\nabcde\r\n"),
		FEED_REQUEST("*1\r\n$5\r\nMULTI\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$11\r\nrequirepass\r\n"),
		FEED_RESPONSE("+QUEUED\r\n"),
		FEED_REQUEST("*1\r\n$4\r\nEXEC\r\n"),
		FEED_RESPONSE("*1\r\n*2\r\n$11\r\nrequirepass\r\n$6\r\ns3cret\r\n"),
		FEED_REQUEST("*1\r\n$5\r\nMULTI\r\n"),
		FEED_RESPONSE("+OK\r\n"),
		FEED_REQUEST("*2\r\n$7\r\nHGETALL\r\n$1\r\nk\r\n"),
		FEED_RESPONSE("+QUEUED\r\n"),
		FEED_REQUEST("*1\r\n$4\r\nEXEC\r\n"),
		FEED_RESPONSE("*1\r\n*2\r\n$11\r\nrequirepass\r\n$6\r\ns3cret\r\n"),
	};

	(void)state;
	CHECK(messages, "{\"outcome\":\"ok\",\"command\":\"CONFIG GET\",\"args\":[\"*\"],\"repl"
			"y\":[\"dir\",\"/a\\\\\\\"pass\",\"***\",\"***\",\"requirepass\",\"***"
			"\",\"port\",\"6379\"],\"push\":null,\"note\":\"credentials are not sho"
			"wn\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"CONFIG GET\",\"args\":[\"*\"],\"repl"
			"y\":{\"requirepass\":\"***\"},\"push\":null,\"note\":\"credentials are"
			" not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"ACL LIST\",\"args\":[],\"reply\":[\""
			"user default on #*** ~* +@all\",\"user x off\"],\"push\":null,\"note\""
			":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"ACL GETUSER\",\"args\":[\"default\"]"
			",\"reply\":[\"passwords\",[\"***\",\"***\"]],\"push\":null,\"note\":\""
			"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"ACL GENPASS\",\"args\":[\"20\"],\"re"
			"ply\":\"***\",\"push\":null,\"note\":\"credentials are not shown\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"MULTI\",\"args\":[],\"reply\":\"OK\""
			",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"CONFIG GET\",\"args\":[\"requirepass"
			"\"],\"reply\":\"QUEUED\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"EXEC\",\"args\":[],\"reply\":[[\"req"
			"uirepass\",\"***\"]],\"push\":null,\"note\":\"credentials are not show"
			"n\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"MULTI\",\"args\":[],\"reply\":\"OK\""
			",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"HGETALL\",\"args\":[\"k\"],\"reply\""
			":\"QUEUED\",\"push\":null,\"note\":\"\"}\n"
			"{\"outcome\":\"ok\",\"command\":\"EXEC\",\"args\":[],\"reply\":[[\"req"
			"uirepass\",\"s3cret\"]],\"push\":null,\"note\":\"\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_of_logins_are_hidden),
		cmocka_unit_test(passwords_of_settings_are_hidden),
		cmocka_unit_test(passwords_for_other_servers_are_hidden),
		cmocka_unit_test(what_looks_like_one_elsewhere_is_shown),
		cmocka_unit_test(replies_that_tell_passwords_hide_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
