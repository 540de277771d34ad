/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/mysql/mysql.h"
#include "protocols/mysql/state.h"
#include "tests/unit/http_case.h"
#include "tests/unit/mysql_packets.h"

#define CHECK(messages, midstream, ...)                                                            \
	check(messages, sizeof(messages) / sizeof((messages)[0]), midstream,                       \
	      (const char *const[]){__VA_ARGS__, NULL})

static void check(const struct feed_message *messages, size_t count, bool midstream,
		  const char *const *records)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = &protocol_mysql,
		.role = ROLE_CLIENT,
		.midstream = midstream,
	};

	feed_check(&feed, NULL);
	http_expect(&feed, records);
}

#define GREETING                                                                                   \
	"\x49\0\0\0\x0a"                                                                           \
	"8.0.1\0\x07\0\0\0"                                                                        \
	"saltsalt\0\xff\xff\xff\2\0\xff\xdf\x15"                                                   \
	"\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0mysql_native_password\0"
/* Protocol 4.1, secure connection, with a database. */
#define LOGIN                                                                                      \
	"\x28\0\0\1\x08\x82\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0\0db" \
	"\0\0"

static void queries(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE(GREETING),
		FEED_REQUEST(LOGIN),
		FEED_RESPONSE(OK("\2", "\1")),
		FEED_REQUEST("\x09\0\0\0\3select 1"),
		FEED_RESPONSE("\1\0\0\1\1" COLUMN("\2") EOF_("\3") "\2\0\0\4\1"
								   "1" EOF_("\5")),
		FEED_REQUEST("\4\0\0\0\3bad"),
		FEED_RESPONSE("\x0b\0\0\1\xff\x28\4#42000no"),
		FEED_REQUEST("\6\0\0\0\2other"),
		FEED_RESPONSE(OK("\1", "\1")),
		FEED_REQUEST("\1\0\0\0\x0e"),
		FEED_RESPONSE(OK("\1", "\1")),
	};

	(void)state;
	CHECK(messages, false,
	      "'outcome':'ok','command':'login' | 'database':'db','user':'me','server_version':"
	      "'8.0.1','connection_id':7",
	      "'outcome':'ok','command':'query','statement':'select 1' | 'rows':1,'affected':null "
	      "| "
	      "'columns':['n'],'row_data':[[1]]",
	      "'outcome':'error' | 'statement':'bad' | "
	      "'error_code':1064,'sqlstate':'42000','error':'no'",
	      "'command':'init_db'", "'command':'ping' | 'database':'other'");
}

/* MySQL's types and MariaDB's: a query, two of its GTIDs, one that nobody has. */
static void a_dump(void **state)
{
#define BINLOG_EVENT(seq, type) "\x14\0\0" seq "\0\0\0\0\0" type "\1\0\0\0\x13\0\0\0\0\0\0\0\0\0"
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x0b\0\0\0\x12\4\0\0\0\0\0\1\0\0\0"),
		FEED_RESPONSE(BINLOG_EVENT("\1", "\2") BINLOG_EVENT("\2", "\xa2") BINLOG_EVENT(
			"\3", "\xa2") BINLOG_EVENT("\4", "\xff") EOF_("\5")),
	};

	(void)state;
	CHECK(messages, true,
	      "'command':'binlog_dump' | 'binlog_events':{'query':1,'mariadb_gtid':2,'others':1}");
}

/* A capture that lacks the connection's handshake of TCP, but not what was said. */
static void a_greeting_where_none_is_awaited(void **state)
{
	static const struct feed_message messages[] = {
		FEED_RESPONSE(GREETING),       FEED_REQUEST(LOGIN),
		FEED_RESPONSE(OK("\2", "\1")), FEED_REQUEST("\1\0\0\0\x0e"),
		FEED_RESPONSE(OK("\1", "\1")),
	};

	(void)state;
	CHECK(messages, true, "'command':'login' | 'user':'me','server_version':'8.0.1'",
	      "'command':'ping' | 'user':'me'");
}

/* Each result of several has a row; status 10: more come. */
static void several_results(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x0f\0\0\0\3do 1; select 2"),
		FEED_RESPONSE("\7\0\0\1\0\0\0\x0a\0\0\0"
			      "\1\0\0\2\1" COLUMN("\3") EOF_("\4") "\1\0\0\5\xfb" EOF_("\6")),
	};

	(void)state;
	CHECK(messages, true, "'statement':'do 1' | 'result':1,'rows':null",
	      "'statement':'select 2' | 'result':2,'rows':1 | 'row_data':[[null]]");
}

/* Whether EOF stands behind definitions is found out where the login wasn't seen. */
static void no_eof_any_more(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x09\0\0\0\3select 1"),
		FEED_RESPONSE("\1\0\0\1\1" COLUMN("\2") "\2\0\0\3\1"
							"1"
							"\7\0\0\4\xfe\0\0\2\0\0\0"),
		FEED_REQUEST("\x09\0\0\0\3select 2"),
		FEED_RESPONSE("\1\0\0\1\1" COLUMN("\2") "\2\0\0\3\1"
							"2"
							"\7\0\0\4\xfe\0\0\2\0\0\0"),
	};

	(void)state;
	CHECK(messages, true, "'statement':'select 1' | 'row_data':[[1]]",
	      "'statement':'select 2' | 'row_data':[[2]]");
}

static void prepared_statements(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x0d\0\0\0\x16"
			     "do ?, '?', ?"),
		/* id 5, no columns, two parameters */
		FEED_RESPONSE("\x0c\0\0\1\0\5\0\0\0\0\0\2\0\0\0\0" COLUMN("\2") COLUMN("\3")
				      EOF_("\4")),
		/* a LONGLONG and a string that came before */
		FEED_REQUEST("\x0b\0\0\0\x18\5\0\0\0\1\0it's"),
		FEED_REQUEST("\x18\0\0\0\x17\5\0\0\0\0\1\0\0\0\0\1\x08\0\xfd\0\xff\xff\xff\xff\xff"
			     "\xff\xff\xff"),
		FEED_RESPONSE(OK("\1", "\1")),
		/* types as before; NULL both */
		FEED_REQUEST("\x0c\0\0\0\x17\5\0\0\0\0\1\0\0\0\3\0"),
		FEED_RESPONSE(OK("\1", "\1")),
		FEED_REQUEST("\5\0\0\0\x19\5\0\0\0"),
		FEED_REQUEST("\x0c\0\0\0\x17\5\0\0\0\0\1\0\0\0\3\0"),
		FEED_RESPONSE(OK("\1", "\1")),
	};

	(void)state;
	CHECK(messages, true, "'command':'prepare','statement':'do ?, ",
	      "'command':'execute' | 'params':[-1, | 'statement_id':5", "'params':[null,null]",
	      "'statement':null | prepared before the recording began");
}

static void losses(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x09\0\0\0\3select 1"),
		FEED_RESPONSE("\1\0\0\1\1" COLUMN("\2") EOF_("\3") "\2\0\0\4\1"
								   "1" EOF_("\5")),
		FEED_REQUEST("\x09\0\0\0\3select 2"),
		FEED_RESPONSE("\1\0\0\1\1" COLUMN("\2") EOF_("\3") "\2\0\0\4\1"
								   "2" EOF_("\5")),
		FEED_REQUEST("\x09\0\0\0\3select 3"),
		FEED_RESPONSE("\1\0\0\1\1" COLUMN("\2") EOF_("\3") "\2\0\0\4\1"
								   "3" EOF_("\5")),
	};
	struct feed feed = {
		.messages = messages,
		.count = 6,
		.decode_as = &protocol_mysql,
		.role = ROLE_CLIENT,
		.midstream = true,
		.lose = 4,
	};
	static const char *const records[] = {
		"'outcome':'ok' | 'statement':'select 1'",
		"'outcome':'partial' | 'statement':'select 2'",
		"'outcome':'ok' | 'statement':'select 3' | 'row_data':[[3]]",
		NULL,
	};

	(void)state;
	http_expect(&feed, records);
}

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void check_value(unsigned type, bool is_unsigned, struct span bytes, const char *json,
			const char *sql)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct mysql_value value = {0};
	struct buffer out = {0};

	mysql_binary_value((struct mysql_type_of){(uint8_t)type, is_unsigned}, &c, &value);
	assert_false(c.failed);
	assert_int_equal(cursor_left(&c), 0);
	mysql_value_json(&value, &out);
	assert_true(span_is(buffer_span(&out), json));
	buffer_clear(&out);
	mysql_value_sql(&value, &out);
	assert_true(span_is(buffer_span(&out), sql));
	buffer_free(&out);
}

static void values(void **state)
{
	(void)state;
	check_value(1, false, BYTES("\xff"), "-1", "-1");
	check_value(1, true, BYTES("\xff"), "255", "255");
	check_value(2, false, BYTES("\0\x80"), "-32768", "-32768");
	check_value(3, true, BYTES("\xff\xff\xff\xff"), "4294967295", "4294967295");
	check_value(8, true, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615",
		    "18446744073709551615");
	check_value(5, false, BYTES("\0\0\0\0\0\0\xf8\x3f"), "1.5", "1.5");
	check_value(5, false, BYTES("\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "0.1", "0.1");
	check_value(4, false, BYTES("\xcd\xcc\xcc\x3d"), "0.1", "0.1");
	check_value(0x0a, false, BYTES("\4\xea\7\5\6"), "\"2026-05-06\"", "'2026-05-06'");
	check_value(0x0c, false, BYTES("\x0b\xea\7\5\6\7\x08\x09\x78\xe0\1\0"),
		    "\"2026-05-06 07:08:09.123000\"", "'2026-05-06 07:08:09.123000'");
	check_value(0x0c, false, BYTES("\0"), "\"0000-00-00 00:00:00\"", "'0000-00-00 00:00:00'");
	check_value(0x0b, false, BYTES("\x08\1\1\0\0\0\2\3\4"), "\"-26:03:04\"", "'-26:03:04'");
	check_value(0xf6, false,
		    BYTES("\4"
			  "1.50"),
		    "1.50", "1.50");
	check_value(0xfd, false, BYTES("\4it's"), "\"it's\"", "'it''s'");
	check_value(0xfc, false, BYTES("\2\0\xff"), "\"\\u0000\\\\xff\"", "x'00FF'");
}

static void statements_are_cut(void **state)
{
	static const char text[] =
		"select 'a;\\';', \"b;\", `c;` ; # d;\n -- e;\n/* f; */ ; do 1;;";
	size_t at = 0;

	(void)state;
	assert_true(span_is(mysql_next_statement(span_text(text), &at),
			    "select 'a;\\';', \"b;\", `c;`"));
	assert_true(mysql_next_statement(span_text(text), &at).len >= 4);
	assert_int_equal(mysql_next_statement(span_text(text), &at).len, 0);
	assert_int_equal(mysql_next_mark(span_text("'?' /* ? */ `?` ?"), 0), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries),
		cmocka_unit_test(a_greeting_where_none_is_awaited),
		cmocka_unit_test(a_dump),
		cmocka_unit_test(several_results),
		cmocka_unit_test(no_eof_any_more),
		cmocka_unit_test(prepared_statements),
		cmocka_unit_test(losses),
		cmocka_unit_test(values),
		cmocka_unit_test(statements_are_cut),
	};

	return cmocka_run_group_tests_name("mysql", tests, NULL, NULL);
}
