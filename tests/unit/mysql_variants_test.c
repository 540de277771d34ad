/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/mysql/mysql.h"
#include "tests/unit/http_case.h"
#include "tests/unit/mysql_packets.h"

/* What clients and servers of MySQL and MariaDB do that is met less often, byte by byte from their
 * manuals. */

#define CHECK(messages, ...) CLIENT_CHECK(&protocol_mysql, messages, __VA_ARGS__)

#define GREETING                                                                                   \
	"I\x00\x00\x00\x0a"                                                                        \
	"8.0."                                                                                     \
	"1\x00\x07\x00\x00\x00saltsalt\x00\xdf\xf7\xff\x02\x00\xff\xdb\x15\x00\x00\x00\x00\x00"    \
	"\x00\x00\x00\x00\x00saltsaltsalt\x00"                                                     \
	"caching_sha2_password\x00"
#define LOGIN                                                                                      \
	"B\x00\x00\x01\x08\x82\x08\x00\x00\x00\x00\x01!"                                           \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" \
	"\x00me\x00\x05proofdb\x00"                                                                \
	"caching_sha2_password\x00"

/* How conversations begin. */
#define LOGGED_IN FEED_RESPONSE(GREETING), FEED_REQUEST(LOGIN), FEED_RESPONSE(OK("\2", "\0"))

/* What is asked for as another user has nothing of the first one, nor its statements. */
static void another_user(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x05\x00\x00\x00\x16"
			     "do 1"),
		FEED_RESPONSE("\x0c\x00\x00\x01\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		FEED_REQUEST(
			")\x00\x00\x00\x11you\x00\x05proofother\x00!\x00mysql_native_password\x00"),
		FEED_RESPONSE("\x16\x00\x00\x01\xfesha256_password\x00salt\x00"),
		FEED_REQUEST("\x06\x00\x00\x02secret"),
		FEED_RESPONSE(OK("\3", "\0")),
		FEED_REQUEST("\x0a\x00\x00\x00\x17\x05\x00\x00\x00\x00\x01\x00\x00\x00"),
		FEED_RESPONSE("\x0b\x00\x00\x01\xff\xdb\x04#HY000no"),
		FEED_REQUEST("\x0b\x00\x00\x00\x11they\x00\x01x\x00!\x00"),
		FEED_RESPONSE("\x0b\x00\x00\x01\xff\x15\x04#28000no"),
	};

	(void)state;
	CHECK(messages,
	      "'command':'login' | 'database':'db','user':'me' | "
	      "'auth_plugin':'caching_sha2_password'",
	      "'command':'prepare'",
	      "'outcome':'ok','command':'change_user' | 'database':'other','user':'you' | "
	      "'auth_plugin':'sha256_password'",
	      "'outcome':'error','command':'execute','statement':null | 'user':'you' | prepared "
	      "before",
	      "'outcome':'error','command':'change_user' | 'error_code':1045 | "
	      "'database':null,'user':'they'");
}

static void reset_forgets_statements(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x05\x00\x00\x00\x16"
			     "do 1"),
		FEED_RESPONSE("\x0c\x00\x00\x01\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		FEED_REQUEST("\x01\x00\x00\x00\x1f"),
		FEED_RESPONSE(OK("\1", "\0")),
		FEED_REQUEST("\x0a\x00\x00\x00\x17\x05\x00\x00\x00\x00\x01\x00\x00\x00"),
		FEED_RESPONSE("\x0b\x00\x00\x01\xff\xdb\x04#HY000no"),
	};

	(void)state;
	CHECK(messages, "'command':'login'", "'command':'prepare','statement':'do 1'",
	      "'outcome':'ok','command':'reset_connection'",
	      "'outcome':'error','command':'execute','statement':null");
}

/* Of several proofs the last one is told; so is the oldest, which has no name. */
static void three_proofs(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE(GREETING),
		FEED_REQUEST(LOGIN),
		FEED_RESPONSE("\x0d\x00\x00\x02\x02"
			      "auth_socket\x00"),
		FEED_REQUEST("\x01\x00\x00\x03x"),
		FEED_RESPONSE(OK("\4", "\0")),
		FEED_REQUEST("\x09\x00\x00\x00\x11you\x00\x00\x00!\x00"),
		FEED_RESPONSE("\x01\x00\x00\x01\xfe"),
		FEED_REQUEST("\x09\x00\x00\x02oldproof\x00"),
		FEED_RESPONSE(OK("\3", "\0")),
	};

	(void)state;
	CHECK(messages, "'command':'login' | 'auth_plugin':'auth_socket'",
	      "'command':'change_user' | 'auth_plugin':'mysql_old_password'");
}

/* MariaDB tells how far a statement has come in packets that look like errors. */
static void progress(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x0e\x00\x00\x00\x03"
			     "alter table t"),
		FEED_RESPONSE("\x0e\x00\x00\x01\xff\xff\xff\x01\x01\x02\x10'\x00\x04"
			      "copy\x0e\x00\x00\x02\xff\xff\xff\x01\x02\x02\x00\x00\x00\x04"
			      "copy" OK("\3", "\3")),
		FEED_REQUEST("\x09\x00\x00\x00\x03select 1"),
		FEED_RESPONSE("\x01\x00\x00\x01\x01" COLUMN("\2")
				      EOF_("\3") "\x0a\x00\x00\x04\xff\xff\xff\x01\x01\x01\x00\x00"
						 "\x00\x00\x02\x00\x00\x05\x01"
						 "1" EOF_("\6")),
	};

	(void)state;
	CHECK(messages, "'command':'login'",
	      "'outcome':'ok' | 'statement':'alter table t' | 'affected':3",
	      "'outcome':'ok' | 'statement':'select 1' | 'rows':1 | 'row_data':[[1]]");
}

/* MariaDB binds many rows at once. */
static void bulk(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x16\x00\x00\x00\x16insert t values (\x3f,\x3f)"),
		FEED_RESPONSE(
			"\x0c\x00\x00\x01\x00\x05\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00" COLUMN(
				"\2") COLUMN("\3") EOF_("\4")),
		FEED_REQUEST("\x1b\x00\x00\x00\xfa\x05\x00\x00\x00\x80\x00\x03\x00\xfd\x00\x00\x01"
			     "\x00\x00\x00\x00\x01"
			     "a\x00\x02\x00\x00\x00\x01\x02\x03"),
		FEED_RESPONSE(OK("\1", "\3")),
		FEED_REQUEST("\x0b\x00\x00\x00\xfa\x05\x00\x00\x00\x00\x00\x01\x00\x01"
			     "b"),
		FEED_RESPONSE(OK("\1", "\1")),
		FEED_REQUEST("\x09\x00\x00\x00\xfa\x05\x00\x00\x00\x00\x00\x00\x01"),
		FEED_RESPONSE("\x0b\x00\x00\x01\xff(\x04#42000no"),
	};

	(void)state;
	CHECK(messages, "'command':'login'", "'command':'prepare'",
	      "'outcome':'ok','command':'bulk_execute','statement':'insert t values (?,?)' | "
	      "'params':[[1,'a'],[2,null],[{'indicator':'default'},{'indicator':'ignore'}]] | "
	      "'affected':3",
	      "'params':[[null,'b']] | 'affected':1",
	      "'outcome':'error','command':'bulk_execute' | 'params':null | be read");
}

/* MariaDB executes what it has just asked to be prepared, whatever its id will be. */
static void prepared_just_before(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x05\x00\x00\x00\x16"
			     "do "
			     "\x3f\x12\x00\x00\x00\x17\xff\xff\xff\xff\x00\x01\x00\x00\x00\x00\x01"
			     "\x03\x00\x09\x00\x00\x00"),
		FEED_RESPONSE(
			"\x0c\x00\x00\x01\x00\x05\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00" COLUMN(
				"\2") EOF_("\3") OK("\1", "\0")),
		FEED_REQUEST("\x04\x00\x00\x00\x16"
			     "bad\x0a\x00\x00\x00\x17\xff\xff\xff\xff\x00\x01\x00\x00\x00"),
		FEED_RESPONSE(
			"\x0b\x00\x00\x01\xff(\x04#42000no\x0b\x00\x00\x01\xff\xdb\x04#HY000no"),
	};

	(void)state;
	CHECK(messages, "'command':'login'", "'command':'prepare','statement':'do ?'",
	      "'outcome':'ok','command':'execute','statement':'do ?','bound_statement':'do "
	      "9','params':[9] | 'statement_id':5",
	      "'outcome':'error','command':'prepare'",
	      "'outcome':'error','command':'execute','statement':null");
}

/* The server says which database the session has. */
static void a_session_that_tracks(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x0c\x00\x00\x00\x03"
			     "call move()"),
		FEED_RESPONSE("$\x00\x00\x01\x00\x00\x00\x02@\x00\x00\x05moved\x16\x00\x0e\x0a"
			      "autocommit\x02ON\x01\x04\x03new"),
		FEED_REQUEST("\x01\x00\x00\x00\x0e"),
		FEED_RESPONSE(OK("\1", "\0")),
	};

	(void)state;
	CHECK(messages, "'command':'login'",
	      "'statement':'call move()' | 'info':'moved' | 'database':'db'",
	      "'command':'ping' | 'database':'new'");
}

/* A source that waits for its replicas marks its events. */
static void a_source_that_waits(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x10\x00\x00\x00\x12\x04\x00\x00\x00\x00\x00\x09\x00\x00\x00log.1"),
		FEED_RESPONSE("\x1a\x00\x00\x01\x00\xef\x00\xef\x01\x00\x00\x04\x01\x00\x00\x00\x17"
			      "\x00\x00\x00"
			      "d\x00\x00\x00\x00\x00"
			      "data\x1a\x00\x00\x02\x00\xef\x01\xef\x01\x00\x00\x02\x01\x00\x00\x00"
			      "\x17\x00\x00\x00"
			      "d\x00\x00\x00\x00\x00"
			      "data\x18\x00\x00\x03\x00\xef\x01\x00\x00\x10\x01\x00\x00\x00\x17\x00"
			      "\x00\x00"
			      "d\x00\x00\x00\x00\x00"
			      "data"),
		FEED_REQUEST("\x0e\x00\x00\x00\xef"
			     "d\x00\x00\x00\x00\x00\x00\x00log.1"),
		FEED_RESPONSE("\x1a\x00\x00\x04\x00\xef\x00\xef\x01\x00\x00!"
			      "\x01\x00\x00\x00\x17\x00\x00\x00"
			      "d\x00\x00\x00\x00\x00"
			      "data" EOF_("\5")),
	};

	(void)state;
	CHECK(messages, "'command':'login'",
	      "'outcome':'ok','command':'binlog_dump' | "
	      "'binlog_events':{'query':1,'rotate':1,'xid':1,'gtid':1}");
}

static void before_protocol_4_1(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE("'\x00\x00\x00\x0a"
			      "4.0.30\x00\x07\x00\x00\x00saltsalt\x00- "
			      "\x08\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		FEED_REQUEST("\x11\x00\x00\x01\x09 \x00\x00\x01me\x00proof\x00"
			     "db\x00"),
		FEED_RESPONSE("\x05\x00\x00\x02\x00\x00\x00\x02\x00"),
		FEED_REQUEST("\x10\x00\x00\x00\x03select n from t"),
		FEED_RESPONSE("\x01\x00\x00\x01\x01\x0e\x00\x00\x02\x01t\x01n\x03\x0b\x00\x00\x01"
			      "\x03\x03\x01\x00\x00\x01\x00\x00\x03\xfe\x02\x00\x00\x04\x01"
			      "1\x01\x00\x00\x05\xfe"),
		FEED_REQUEST("\x09\x00\x00\x00\x03update t"),
		FEED_RESPONSE("\x14\x00\x00\x01\x00\x01\x00\x02\x00Rows matched: 1"),
		FEED_REQUEST("\x04\x00\x00\x00\x03"
			     "bad"),
		FEED_RESPONSE("\x05\x00\x00\x01\xff(\x04no"),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','command':'login' | "
	      "'database':'db','user':'me','server_version':'4.0.30'",
	      "'outcome':'ok' | 'statement':'select n from t' | 'rows':1 | "
	      "'columns':['n'],'row_data':[[1]]",
	      "'statement':'update t' | 'affected':1 | 'info':'Rows matched: 1'",
	      "'outcome':'error' | 'error_code':1064,'sqlstate':null,'error':'no'");
}

/* What MariaDB tells of a type, and what FIELD_LIST tells of a column, are two things. */
static void definitions_with_more(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x09\x00\x00\x00\x03select j"),
		FEED_RESPONSE("\x01\x00\x00\x01\x01\x1e\x00\x00\x02\x03"
			      "def\x00\x00\x00\x01j\x00\x06\x01\x04json\x0c\x3f\x00\x0b\x00\x00\x00"
			      "\x03\x00\x00\x00\x00\x00" EOF_("\3") EOF_("\4")),
		FEED_REQUEST("\x03\x00\x00\x00\x04t\x00"),
		FEED_RESPONSE("\x18\x00\x00\x01\x03"
			      "def\x00\x00\x00\x01"
			      "a\x00\x0c\x3f\x00\x0b\x00\x00\x00\x03\x00\x00\x00\x00\x00\xfb\x19"
			      "\x00\x00\x02\x03"
			      "def\x00\x00\x00\x01"
			      "b\x00\x0c\x3f\x00\x0b\x00\x00\x00\x03\x00\x00\x00\x00\x00\x01"
			      "0$\x00\x00\x03\x03"
			      "def\x00\x00\x00\x01"
			      "c\x00\x0c\x3f\x00\x0b\x00\x00\x00\x03\x00\x00\x00\x00\x00\x0c"
			      "123456789012" EOF_("\4")),
	};

	(void)state;
	CHECK(messages, "'command':'login'", "'statement':'select j' | 'columns':['j']",
	      "'command':'field_list','statement':'t' | 'columns':['a','b','c']");
}

static void a_client_that_sleeps(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_RESPONSE("\x13\x00\x00\x00\xff\xbf\x0f#HY000inactivity"),
	};

	(void)state;
	CHECK(messages, "'command':'login'",
	      "'outcome':'error','command':'unknown' | "
	      "'error_code':4031,'sqlstate':'HY000','error':'inactivity'");
}

static void newer_commands(void **state)
{
	static const struct feed_message messages[] = {
		LOGGED_IN,
		FEED_REQUEST("\x01\x00\x00\x00 "),
		FEED_RESPONSE("\x18\x00\x00\x01\xff\x17\x04#08S01Unknown command"),
	};

	(void)state;
	CHECK(messages, "'command':'login'",
	      "'outcome':'error','command':'clone' | 'error_code':1047");
}

static void a_cursor_without_eof(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE(GREETING),
		FEED_REQUEST("B\x00\x00\x01\x08\x82\x08\x01\x00\x00\x00\x01!"
			     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			     "\x00\x00\x00\x00\x00\x00me\x00\x05proofdb\x00"
			     "caching_sha2_password\x00"),
		FEED_RESPONSE(OK("\2", "\0")),
		FEED_REQUEST("\x09\x00\x00\x00\x16select n"),
		FEED_RESPONSE(
			"\x0c\x00\x00\x01\x00\x05\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" COLUMN(
				"\2")),
		FEED_REQUEST("\x0a\x00\x00\x00\x17\x05\x00\x00\x00\x01\x01\x00\x00\x00"),
		FEED_RESPONSE("\x01\x00\x00\x01\x01" COLUMN("\2") "\x07\x00\x00\x03\xfe\x00\x00"
								  "B\x00\x00\x00"),
		FEED_REQUEST("\x09\x00\x00\x00\x1c\x05\x00\x00\x00\x02\x00\x00\x00"),
		FEED_RESPONSE("\x06\x00\x00\x01\x00\x00\x07\x00\x00\x00\x07\x00\x00\x02\xfe\x00\x00"
			      "\xc2\x00\x00\x00"),
	};

	(void)state;
	CHECK(messages, "'command':'login'", "'command':'prepare'",
	      "'command':'execute','statement':'select n' | a cursor: rows come with fetch",
	      "'command':'fetch','statement':'select n' | 'rows':1 | 'row_data':[[7]]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_user),
		cmocka_unit_test(reset_forgets_statements),
		cmocka_unit_test(three_proofs),
		cmocka_unit_test(progress),
		cmocka_unit_test(bulk),
		cmocka_unit_test(prepared_just_before),
		cmocka_unit_test(a_session_that_tracks),
		cmocka_unit_test(a_source_that_waits),
		cmocka_unit_test(before_protocol_4_1),
		cmocka_unit_test(definitions_with_more),
		cmocka_unit_test(a_client_that_sleeps),
		cmocka_unit_test(newer_commands),
		cmocka_unit_test(a_cursor_without_eof),
	};

	return cmocka_run_group_tests_name("mysql_variants", tests, NULL, NULL);
}
