/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/pgsql/pgsql.h"
#include "protocols/pgsql/state.h"
#include "tests/unit/http_case.h"
#include "tests/unit/pgsql_messages.h"

#define CHECK(messages, ...) CLIENT_CHECK(&protocol_pgsql, messages, __VA_ARGS__)

static void simple_query(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		/* "select 1 as n" */
		FEED_REQUEST("Q\0\0\0\x12select 1 as n\0"),
		FEED_RESPONSE("T\0\0\0\x1a\0\1n\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"
			      "D\0\0\0\x0b\0\1\0\0\0\1"
			      "1"
			      "C\0\0\0\x0dSELECT 1\0" READY),
	};

	(void)state;
	CHECK(messages,
	      "'outcome':'ok','operation':'startup' | 'database':'db','user':'me' | "
	      "'backend_pid':7",
	      "'outcome':'ok','operation':'query','statement':'select 1 as n' | 'command':'SELECT "
	      "1',"
	      "'rows':1,'affected':null,'columns':['n'],'row_data':[[1]] | 'transaction':'idle'");
}

/* A capture that begins behind the handshake of TCP has all that PostgreSQL said. */
static void started_before_the_recording(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
	};
	const struct feed feed = {.messages = messages, .count = 2, .midstream = true};
	struct buffer out = {0};

	(void)state;
	feed_run(&feed, &out);
	assert_non_null(strstr(out.data, "\"operation\":\"startup\""));
	assert_non_null(strstr(out.data, "\"user\":\"me\""));
	assert_non_null(strstr(out.data, "\"outcome\":\"ok\""));
	buffer_clear(&out);
	feed_check(&feed, NULL);
	buffer_free(&out);
}

/* Several statements in a message: a row each; an error ends the turn. */
static void several_statements(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("Q\0\0\0\x26"
			     "begin; select ';' ; bad; select 2\0"),
		FEED_RESPONSE("C\0\0\0\nBEGIN\0C\0\0\0\x0dSELECT 0\0"
			      "E\0\0\0\x1eSERROR\0VERROR\0C42601\0Mno\0\0Z\0\0\0\5E"),
		FEED_REQUEST("Q\0\0\0\5\0"),
		FEED_RESPONSE("I\0\0\0\4" READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'", "'statement':'begin' | 'command':'BEGIN'",
	      "'statement':'select | 'command':'SELECT 0'",
	      "'outcome':'error' | 'statement':'bad' | 'severity':'ERROR','sqlstate':'42601',"
	      "'error':'no'",
	      "'outcome':'ok' | 'statement':'' | 'transaction':'failed'");
}

#define PARSE	"P\0\0\0\x17s1\0select $1\0\0\1\0\0\0\x17"
#define BIND(n) "B\0\0\0\x18\0s1\0\0\1\0\1\0\1\0\0\0\4\0\0\0" n "\0\0"
#define DONE                                                                                       \
	"2\0\0\0\4D\0\0\0\x0b\0\1\0\0\0\1"                                                         \
	"x"                                                                                        \
	"C\0\0\0\x0dSELECT 1\0"

#define ONE_INT4 "T\0\0\0\x1a\0\1n\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"

static void extended_queries_in_a_pipeline(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST(PARSE BIND("\1") EXECUTE BIND("\2") EXECUTE SYNC BIND("\3")
				     EXECUTE SYNC),
		FEED_RESPONSE("1\0\0\0\4" DONE DONE READY DONE READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'outcome':'ok','operation':'execute','statement':'select $1','params':[1],"
	      "'prepared':'s1','portal':'','command':'SELECT 1','rows':1 | 'row_data':[['x']]",
	      "'params':[2]", "'params':[3]");
}

/* What the server refuses is the execution, though it was its Parse; the rest is not run. */
static void errors_in_a_pipeline(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST(PARSE BIND("\1") EXECUTE BIND("\2") EXECUTE SYNC),
		FEED_RESPONSE("E\0\0\0\x17SERROR\0C42601\0Mno\0\0" READY),
		FEED_REQUEST(PARSE SYNC),
		FEED_RESPONSE("1\0\0\0\4" READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'outcome':'error','operation':'execute','statement':'select $1','params':[1] | "
	      "'sqlstate':'42601'",
	      "'outcome':'error' | 'params':[2] | 'sqlstate':null | not run: an error before it",
	      "'outcome':'ok','operation':'prepare','statement':'select $1','params':null,"
	      "'prepared':'s1'");
}

/* A portal that is never run is told of when that fails, with what it was made of. */
static void a_portal_that_fails(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST(PARSE BIND("\1") SYNC),
		FEED_RESPONSE("1\0\0\0\4"
			      "E\0\0\0\x17SERROR\0C42601\0Mno\0\0" READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'outcome':'error','operation':'bind','statement':'select $1','params':[1] | "
	      "'sqlstate':'42601'");
}

/* What LEN and PORTAL say, of statement s1 with one parameter. */
#define BIND_AS(len, portal, n) "B\0\0\0" len portal "\0s1\0\0\1\0\1\0\1\0\0\0\4\0\0\0" n "\0\0"
#define EXECUTE_P		"E\0\0\0\x0ap\0\0\0\0\0"
#define ROW_OF_7                                                                                   \
	"D\0\0\0\x0b\0\1\0\0\0\1"                                                                  \
	"7"                                                                                        \
	"C\0\0\0\x0dSELECT 1\0"

/* A statement and a portal may have one name: what is said of one isn't said of the other. */
static void portals_and_statements(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		/* Statement p is closed; portal p, of s1, runs. */
		FEED_REQUEST(PARSE "P\0\0\0\x11p\0select 2\0\0\0" BIND_AS(
			"\x19", "p", "\1") "C\0\0\0\x07Sp\0" EXECUTE_P SYNC),
		FEED_RESPONSE("1\0\0\0\4"
			      "1\0\0\0\4"
			      "2\0\0\0\4"
			      "3\0\0\0\4" ROW_OF_7 READY),
		/* Portal s1 is described and closed; statement s1 is run without a description. */
		FEED_REQUEST(BIND_AS("\x1a", "s1", "\2") "D\0\0\0\x08Ps1\0"
							 "C\0\0\0\x08Ps1\0" BIND("\3")
								 EXECUTE SYNC),
		FEED_RESPONSE("2\0\0\0\4" ONE_INT4 "3\0\0\0\4"
			      "2\0\0\0\4" ROW_OF_7 READY),
		/* What was bound to that portal is over. */
		FEED_REQUEST("E\0\0\0\x0bs1\0\0\0\0\0" SYNC),
		FEED_RESPONSE("E\0\0\0\x17SERROR\0C34000\0Mno\0\0" READY),
		/* A portal that is described has its columns. */
		FEED_REQUEST(BIND_AS("\x19", "p", "\4") "D\0\0\0\x07Pp\0" EXECUTE_P SYNC),
		FEED_RESPONSE("2\0\0\0\4" ONE_INT4 ROW_OF_7 READY),
		/* So has a statement, in every portal. */
		FEED_REQUEST("D\0\0\0\x08Ss1\0" BIND_AS("\x19", "p", "\5") EXECUTE_P SYNC),
		FEED_RESPONSE("t\0\0\0\x0a\0\1\0\0\0\x17" ONE_INT4 "2\0\0\0\4" ROW_OF_7 READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'statement':'select $1','params':[1] | 'portal':'p' | 'row_data':[['7']]",
	      "'statement':'select $1','params':[3] | 'portal':'' | 'row_data':[['7']]",
	      "'outcome':'error' | 'params':null | 'portal':'s1' | its Bind was not seen",
	      "'params':[4] | 'columns':['n'] | 'row_data':[[7]]",
	      "'params':[5] | 'columns':['n'] | 'row_data':[[7]]");
}

/* What is closed behind an execution and prepared anew, in one pipeline with it, was what it ran.
 */
static void closed_in_a_pipeline(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST(PARSE BIND("\1") EXECUTE
			     "C\0\0\0\x08Ss1\0"
			     "P\0\0\0\x17s1\0update $1\0\0\1\0\0\0\x17" BIND("\2") EXECUTE SYNC),
		FEED_RESPONSE("1\0\0\0\4" DONE "3\0\0\0\4"
			      "1\0\0\0\4" DONE READY),
		FEED_REQUEST(BIND("\3") EXECUTE SYNC),
		FEED_RESPONSE(DONE READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'statement':'select $1','params':[1] | 'prepared':'s1'",
	      "'statement':'update $1','params':[2] | 'prepared':'s1'",
	      "'statement':'update $1','params':[3] | 'prepared':'s1'");
}

static void copies(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("Q\0\0\0\x16"
			     "copy t from stdin\0"),
		FEED_RESPONSE("G\0\0\0\x09\0\0\1\0\0"),
		FEED_REQUEST("d\0\0\0\6"
			     "1\nd\0\0\0\6"
			     "2\n"
			     "c\0\0\0\4"),
		FEED_RESPONSE("N\0\0\0\x14SNOTICE\0C00000\0\0"
			      "C\0\0\0\x0b"
			      "COPY 2\0" READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'statement':'copy t from stdin' | 'command':'COPY 2' | 'affected':2 | "
	      "'notices':[{'severity':'NOTICE','sqlstate':'00000','message':''}],'copy_rows':2,"
	      "'copy_bytes':4,'copy_data':'1\\n2\\n'");
}

/* What SSLRequest is answered with decides what comes. */
static void tls_is_refused_or_not(void **state)
{
	static const struct feed_message refused[] = {
		FEED_REQUEST("\0\0\0\x08\x04\xd2\x16\x2f"),
		FEED_RESPONSE("N"),
		STARTED,
	};
	static const struct feed_message cancel[] = {
		FEED_REQUEST("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x07\0\0\0\1"),
	};

	(void)state;
	CHECK(refused, "'operation':'startup' | 'user':'me'");
	CHECK(cancel, "'outcome':'ok','operation':'cancel' | 'backend_pid':7");
}

static void losses(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("Q\0\0\0\x0dselect 1\0"),
		FEED_RESPONSE("C\0\0\0\x0bMOVE 1\0" READY),
		FEED_REQUEST("Q\0\0\0\x0dselect 2\0"),
		FEED_RESPONSE("C\0\0\0\x0bMOVE 2\0" READY),
		FEED_REQUEST("Q\0\0\0\x0dselect 3\0"),
		FEED_RESPONSE("C\0\0\0\x0bMOVE 3\0" READY),
	};

	(void)state;
	/* An answer, then a question. */
	CLIENT_EXPECT_LOSS(
		&protocol_pgsql, messages, 6, "'operation':'startup'",
		"'outcome':'ok' | 'statement':'select 1'",
		"'outcome':'partial' | 'statement':'select 2' | 'command':null",
		"'outcome':'ok' | 'statement':'select 3','params':null | 'command':'MOVE 3'");
	CLIENT_EXPECT_LOSS(
		&protocol_pgsql, messages, 5, "'operation':'startup'",
		"'outcome':'ok' | 'statement':'select 1'",
		"'outcome':'partial' | 'statement':null | 'command':'MOVE 2'",
		"'outcome':'ok' | 'statement':'select 3','params':null | 'command':'MOVE 3'");
}

static void statements_are_cut(void **state)
{
	static const char text[] =
		"select 'a;''b' ; -- c;\n /* d; /* e; */ */ ; select $x$ ; $x$, $1, \"f;\";"
		"select E'\\';' ;; do $$ begin; end $$"
		/* No quotes: dollars in names, and before a digit; nor an escape behind a word. */
		"; select a$b$; select c$b$; select $1$; select $1$; select xe'\\';";
	static const char *const parts[] = {
		"select 'a;''b'", "select $x$ ; $x$, $1, \"f;\"",
		"select E'\\';'", "do $$ begin; end $$",
		"select a$b$",	  "select c$b$",
		"select $1$",	  "select $1$",
		"select xe'\\'",
	};
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_true(span_is(pgsql_next_statement(span_text(text), &at), parts[i]));
	assert_int_equal(pgsql_next_statement(span_text(text), &at).len, 0);
}

static void check_value(uint32_t oid, unsigned format, struct span bytes, const char *json)
{
	struct buffer out = {0};

	pgsql_value(oid, format, bytes, &out);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	buffer_free(&out);
}

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void values(void **state)
{
	(void)state;
	check_value(23, 0, BYTES("12"), "12");
	check_value(23, 0, BYTES("012"), "\"012\"");
	check_value(1700, 0, BYTES("-1.50"), "-1.50");
	check_value(1700, 0, BYTES("NaN"), "\"NaN\"");
	check_value(16, 0, BYTES("t"), "true");
	check_value(25, 0, BYTES("12"), "\"12\"");
	check_value(16, 1, BYTES("\0"), "false");
	check_value(21, 1, BYTES("\xff\xfe"), "-2");
	check_value(23, 1, BYTES("\x80\0\0\0"), "-2147483648");
	check_value(20, 1, BYTES("\0\0\0\1\0\0\0\0"), "4294967296");
	check_value(20, 1, BYTES("\0\0\0\1"), "{\"bytes\":\"AAAAAQ==\"}");
	check_value(701, 1, BYTES("\x3f\xf8\0\0\0\0\0\0"), "1.5");
	check_value(17, 1, BYTES("\0\xff"), "{\"bytes\":\"AP8=\"}");
	check_value(1082, 1, BYTES("\0\0\0\0"), "\"2000-01-01\"");
	check_value(1082, 1, BYTES("\xff\xff\xff\xff"), "\"1999-12-31\"");
	check_value(1184, 1, BYTES("\x00\x02\xea\x47\x0a\xe8\x60\x00"),
		    "\"2026-01-01 00:00:00+00\"");
	check_value(1114, 1, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
		    "\"1999-12-31 23:59:59.999999\"");
	check_value(2950, 1, BYTES("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf"),
		    "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"");
	/* 12345.678: three groups, the first of weight 1 */
	check_value(1700, 1, BYTES("\0\3\0\1\0\0\0\3\0\1\x09\x29\x1a\x7c"), "12345.678");
	check_value(1700, 1, BYTES("\0\1\xff\xff\x40\0\0\2\x09\xc4"), "-0.25");
	check_value(1700, 1, BYTES("\0\1\0\1\0\0\0\0\0\1"), "10000");
	check_value(3802, 1, BYTES("\1{}"), "\"{}\"");
	check_value(869, 1, BYTES("\2\x20\0\4\x7f\0\0\1"), "\"127.0.0.1\"");
	check_value(1009, 1,
		    BYTES("\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\1"
			  "a\xff\xff\xff\xff"),
		    "[\"a\",null]");
	check_value(1009, 1,
		    BYTES("\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\0"
			  "\xff\xff\xff\xff"),
		    "[\"\",null]");
	check_value(1007, 1,
		    BYTES("\0\0\0\2\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\1"
			  "\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\2"),
		    "[[1,2]]");
	/* An array that claims more than there is. */
	check_value(1007, 1, BYTES("\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\0\0\0\0\0\0\1"),
		    "{\"bytes\":\"AAAAAQAAAAAAAAAXfwAAAAAAAAE=\"}");
	check_value(99999, 1, BYTES("ab"), "{\"bytes\":\"YWI=\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_query),
		cmocka_unit_test(started_before_the_recording),
		cmocka_unit_test(several_statements),
		cmocka_unit_test(extended_queries_in_a_pipeline),
		cmocka_unit_test(errors_in_a_pipeline),
		cmocka_unit_test(a_portal_that_fails),
		cmocka_unit_test(portals_and_statements),
		cmocka_unit_test(closed_in_a_pipeline),
		cmocka_unit_test(copies),
		cmocka_unit_test(tls_is_refused_or_not),
		cmocka_unit_test(losses),
		cmocka_unit_test(statements_are_cut),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests_name("pgsql", tests, NULL, NULL);
}
