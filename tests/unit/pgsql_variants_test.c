/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/pgsql/pgsql.h"
#include "protocols/pgsql/state.h"
#include "tests/unit/http_case.h"
#include "tests/unit/pgsql_messages.h"

/* What clients and servers do that is met less often, byte by byte from its manual. */

#define CHECK(messages, ...) CLIENT_CHECK(&protocol_pgsql, messages, __VA_ARGS__)

/* A query behind the rest shows that its turn is come. */
#define ANOTHER_QUERY                                                                              \
	FEED_REQUEST("Q\0\0\0\x0bselect\0"), FEED_RESPONSE("C\0\0\0\x0dSELECT 0\0" READY)

/* The mechanism that the client chose, of those that the server offers; nothing that is secret. */
static void sasl(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(STARTUP),
		FEED_RESPONSE("R\x00\x00\x00*\x00\x00\x00\x0aSCRAM-SHA-256-PLUS\x00SCRAM-SHA-"
			      "256\x00\x00"),
		FEED_REQUEST("p\x00\x00\x00\x1aSCRAM-SHA-256\x00\x00\x00\x00\x04n,,r"),
		FEED_RESPONSE("R\x00\x00\x00\x0b\x00\x00\x00\x0br=s"),
		FEED_REQUEST("p\x00\x00\x00\x13"
			     "c=biws,p=secret"),
		FEED_RESPONSE("R\x00\x00\x00\x0b\x00\x00\x00\x0cv="
			      "xR\x00\x00\x00\x08\x00\x00\x00\x00K\x00\x00\x00\x0c\x00\x00\x00\x07"
			      "\x00\x00\x00\x01" READY),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','operation':'startup' | 'auth_method':'SCRAM-SHA-256'");
}

static void md5(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(STARTUP),
		FEED_RESPONSE("R\x00\x00\x00\x0c\x00\x00\x00\x05salt"),
		FEED_REQUEST("p\x00\x00\x00\x0emd5secret\x00"),
		FEED_RESPONSE(WELCOME),
	};

	(void)state;
	CHECK(messages, "'operation':'startup' | 'auth_method':'md5'");
}

/* As psql does without one: it asks its user, and connects anew. */
static void left_at_the_password(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(STARTUP),
		FEED_RESPONSE("R\x00\x00\x00\x0c\x00\x00\x00\x05salt"),
	};

	(void)state;
	CHECK(messages, "'outcome':'unanswered','operation':'startup' | 'auth_method':'md5' | "
			"asked for its password or another proof, the client said no more");
}

static void password_refused(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST(STARTUP),
		FEED_RESPONSE("R\x00\x00\x00\x08\x00\x00\x00\x03"),
		FEED_REQUEST("p\x00\x00\x00\x0bsecret\x00"),
		FEED_RESPONSE("E\x00\x00\x00!SFATAL\x00VFATAL\x00"
			      "C28P01\x00Mwrong\x00\x00"),
	};

	(void)state;
	CHECK(messages, "'outcome':'error','operation':'startup' | 'sqlstate':'28P01' | "
			"'auth_method':'password'");
}

/* Version 3.2 is refused politely; its keys are longer, and so are requests to cancel. */
static void newer_protocol(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x00\x00\x00&\x00\x03\x00\x02user\x00me\x00"
			     "database\x00"
			     "db\x00_pq_.x\x00"
			     "1\x00\x00"),
		FEED_RESPONSE("v\x00\x00\x00\x13\x00\x03\x00\x00\x00\x00\x00\x01_pq_."
			      "x\x00R\x00\x00\x00\x08\x00\x00\x00\x00K\x00\x00\x00("
			      "\x00\x00\x00\x07kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" READY),
		ANOTHER_QUERY,
	};

	(void)state;
	CHECK(messages,
	      "'operation':'startup' | 'auth_method':'none' | the server speaks protocol 3.0, and "
	      "| t know _pq_.x",
	      "'statement':'select'");
}

/* Constraints that were deferred fail at Sync, behind the last execution. */
static void a_commit_that_fails(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("P\x00\x00\x00\x0e\x00insert\x00\x00\x00" BIND_IT EXECUTE SYNC),
		FEED_RESPONSE(PARSED BOUND "C\x00\x00\x00\x0fINSERT 0 1\x00"
					   "E\x00\x00\x00)SERROR\x00VERROR\x00"
					   "C23503\x00Mno such order\x00\x00" READY),
		ANOTHER_QUERY,
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'outcome':'ok','operation':'execute','statement':'insert' | 'affected':1",
	      "'outcome':'error','operation':'sync' | 'sqlstate':'23503' | what was done since the "
	      "last one is undone",
	      "'outcome':'ok' | 'statement':'select'");
}

/* A server that copies in does not look at Sync. */
static void copy_in_an_extended_query(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("P\x00\x00\x00\x19\x00"
			     "copy t from stdin\x00\x00\x00" BIND_IT
			     "D\x00\x00\x00\x06P\x00" EXECUTE SYNC),
		FEED_RESPONSE(PARSED BOUND
			      "n\x00\x00\x00\x04G\x00\x00\x00\x09\x00\x00\x01\x00\x00"),
		FEED_REQUEST("d\x00\x00\x00\x06"
			     "1\x0a" SYNC "d\x00\x00\x00\x06"
			     "2\x0a"
			     "c\x00\x00\x00\x04" SYNC),
		FEED_RESPONSE("C\x00\x00\x00\x0b"
			      "COPY 2\x00" READY),
		ANOTHER_QUERY,
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'statement':'copy t from stdin' | 'command':'COPY 2' | 'copy_rows':2",
	      "'outcome':'ok' | 'statement':'select'");
}

static void copy_that_fails(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("P\x00\x00\x00\x19\x00"
			     "copy t from stdin\x00\x00\x00" BIND_IT EXECUTE SYNC),
		FEED_RESPONSE(PARSED BOUND "G\x00\x00\x00\x09\x00\x00\x01\x00\x00"),
		FEED_REQUEST("d\x00\x00\x00\x06x\x0a"),
		FEED_RESPONSE("E\x00\x00\x00\x1fSERROR\x00VERROR\x00"
			      "C22P04\x00Mbad\x00\x00"),
		FEED_REQUEST("d\x00\x00\x00\x06y\x0a"
			     "c\x00\x00\x00\x04" SYNC),
		FEED_RESPONSE(READY),
		FEED_REQUEST("Q\x00\x00\x00\x16"
			     "copy t from stdin\x00"),
		FEED_RESPONSE("G\x00\x00\x00\x09\x00\x00\x01\x00\x00"),
		FEED_REQUEST("f\x00\x00\x00\x14"
			     "changed my mind\x00"),
		FEED_RESPONSE("E\x00\x00\x00"
			      "CSERROR\x00VERROR\x00"
			      "C57014\x00MCOPY from stdin failed: changed my mind\x00\x00" READY),
		ANOTHER_QUERY,
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'outcome':'error' | 'statement':'copy t from stdin' | 'sqlstate':'22P04'",
	      "'outcome':'error' | 'statement':'copy t from stdin' | 'sqlstate':'57014'",
	      "'outcome':'ok' | 'statement':'select'");
}

/* Large objects are called by their numbers; others have no names. */
static void functions(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("F\x00\x00\x00 "
			     "\x00\x00\x03\xb8\x00\x01\x00\x01\x00\x02\x00\x00\x00\x04\x00\x00\x12g"
			     "\x00\x00\x00\x04\x00\x04\x00\x00\x00\x01"),
		FEED_RESPONSE(
			"V\x00\x00\x00\x0c\x00\x00\x00\x04\x00\x00\x00\x03Z\x00\x00\x00\x05T"),
		FEED_REQUEST("F\x00\x00\x00 "
			     "\x00\x00\x03\xba\x00\x01\x00\x01\x00\x02\x00\x00\x00\x04\x00\x00\x00"
			     "\x03\x00\x00\x00\x04\x00\x00\x00\x02\x00\x01"),
		FEED_RESPONSE("V\x00\x00\x00\x0a\x00\x00\x00\x02\x00\xffZ\x00\x00\x00\x05T"),
		FEED_REQUEST("F\x00\x00\x00\x13\x00\x01\x86\x9f\x00\x00\x00\x01\x00\x00\x00\x01"
			     "a\x00\x00"),
		FEED_RESPONSE("V\x00\x00\x00\x08\xff\xff\xff\xffZ\x00\x00\x00\x05T"),
		FEED_REQUEST("F\x00\x00\x00\x10\x00\x00\x03\xb8\x00\x01\x00\x01\x00\x00\x00\x01"),
		FEED_RESPONSE("E\x00\x00\x00\x1eSERROR\x00VERROR\x00"
			      "C42601\x00Mno\x00\x00Z\x00\x00\x00\x05"
			      "E"),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'operation':'function','statement':null,'params':[4711,262144] | 'rows':1 | "
	      "'row_data':[[3]] | 'function':'lo_open'",
	      "'params':[3,2] | 'row_data':[[{'bytes':'AP8='}]] | 'function':'loread'",
	      "'params':['a'] | 'row_data':[[null]] | 'function':'99999'",
	      "'outcome':'error' | 'sqlstate':'42601' | 'function':'lo_open'");
}

/* What GSS encrypts is not read; nor is it taken for anything. */
static void gss(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x00\x00\x00\x08\x04\xd2\x16"
			     "0"),
		FEED_RESPONSE("G"),
		FEED_REQUEST("\x00\x00\x00\x06"
			     "abcdef"),
		FEED_RESPONSE("\x00\x00\x00\x03xyz\x00\x00\x00\x01q"),
	};

	(void)state;
	CHECK(messages, "'outcome':'ok','operation':'gss' | GSS encrypts what follows");
}

static void gss_refused_then_tls_refused(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x00\x00\x00\x08\x04\xd2\x16"
			     "0"),
		FEED_RESPONSE("N"),
		FEED_REQUEST("\x00\x00\x00\x08\x04\xd2\x16/"),
		FEED_RESPONSE("N"),
		STARTED,
	};

	(void)state;
	CHECK(messages, "'operation':'startup' | 'user':'me'");
}

/* An error skips up to Sync; what comes behind it is run. */
static void pipelines(void **state)
{
	static const struct feed_message messages[] = {
		STARTED,
		FEED_REQUEST("P\x00\x00\x00\x09\x00"
			     "a\x00\x00\x00" BIND_IT EXECUTE SYNC "P\x00\x00\x00\x09\x00"
			     "b\x00\x00\x00" BIND_IT EXECUTE "P\x00\x00\x00\x09\x00"
			     "c\x00\x00\x00" BIND_IT EXECUTE SYNC "P\x00\x00\x00\x09\x00"
			     "d\x00\x00\x00" BIND_IT EXECUTE SYNC),
		FEED_RESPONSE(PARSED BOUND "C\x00\x00\x00\x0dSELECT 0\x00" READY PARSED BOUND
					   "E\x00\x00\x00\x1eSERROR\x00VERROR\x00"
					   "C42601\x00Mno\x00\x00" READY PARSED BOUND
					   "s\x00\x00\x00\x04" READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'", "'outcome':'ok' | 'statement':'a'",
	      "'outcome':'error' | 'statement':'b' | 'sqlstate':'42601'",
	      "'outcome':'error' | 'statement':'c' | 'sqlstate':null | not run",
	      "'outcome':'ok' | 'statement':'d' | suspended");
}

/* Both ways at once: the server's log, the standby's reports. */
static void replication(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\x00\x00\x00"
			     "2\x00\x03\x00\x00user\x00me\x00"
			     "database\x00"
			     "db\x00replication\x00"
			     "database\x00\x00"),
		FEED_RESPONSE(WELCOME),
		FEED_REQUEST("Q\x00\x00\x00*START_REPLICATION SLOT s LOGICAL 0/10\x00"),
		FEED_RESPONSE("W\x00\x00\x00\x07\x00\x00\x00"
			      "d\x00\x00\x00!"
			      "w\x00\x00\x00\x01\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00 "
			      "\x00\x00\x00\x00\x00\x00\x00\x00"
			      "data"),
		FEED_REQUEST("d\x00\x00\x00&"
			     "r\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00"
			     "\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		FEED_RESPONSE("d\x00\x00\x00\x16k\x00\x00\x00\x01\x00\x00\x00\x80\x00\x00\x00\x00"
			      "\x00\x00\x00\x00\x00"),
		FEED_REQUEST("c\x00\x00\x00\x04"),
		FEED_RESPONSE("c\x00\x00\x00\x04"
			      "C\x00\x00\x00\x0b"
			      "COPY 0\x00"
			      "C\x00\x00\x00\x16"
			      "START_REPLICATION\x00" READY),
	};

	(void)state;
	CHECK(messages, "'operation':'startup'",
	      "'statement':'START_REPLICATION SLOT s LOGICAL 0/10' | 'copy_rows':3 | "
	      "'lsn_first':'1/10','lsn_last':'1/80'");
}

/* What the server said to a request for TLS is lost: the client shows what it was. */
static void the_answer_is_lost(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("\0\0\0\x08\x04\xd2\x16\x2f"),
		FEED_RESPONSE("N"),
		FEED_REQUEST(STARTUP),
		FEED_RESPONSE("R\0\0\0\x08\0\0\0\0" READY),
		FEED_REQUEST("Q\0\0\0\x0dselect 1\0"),
		FEED_RESPONSE("C\0\0\0\x0dSELECT 1\0" READY),
	};

	(void)state;
	CLIENT_EXPECT_LOSS(
		NULL, messages, 2,
		"'outcome':'ok','operation':'startup' | 'user':'me' | 'auth_method':'none'",
		"'outcome':'ok' | 'statement':'select 1'");
}

static void check_value(uint32_t oid, struct span bytes, const char *json)
{
	struct buffer out = {0};

	pgsql_value(oid, 1, bytes, &out);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	buffer_free(&out);
}

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void rare_values(void **state)
{
	(void)state;
	check_value(28, BYTES("\0\0\2\0"), "512");
	check_value(2205, BYTES("\0\0\2\0"), "512");
	check_value(5069, BYTES("\0\0\0\1\0\0\0\0"), "4294967296");
	check_value(3220, BYTES("\0\0\0\1\0\0\0\x10"), "\"1/10\"");
	check_value(27, BYTES("\0\0\0\1\0\2"), "\"(1,2)\"");
	check_value(829, BYTES("\x08\0\x2b\1\2\3"), "\"08:00:2b:01:02:03\"");
	check_value(774, BYTES("\x08\0\x2b\1\2\3\4\5"), "\"08:00:2b:01:02:03:04:05\"");
	check_value(600, BYTES("\x3f\xf8\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0"), "\"(1.5,-2)\"");
	check_value(600, BYTES("\x7f\xf8\0\0\0\0\0\0\x3f\xb9\x99\x99\x99\x99\x99\x9a"),
		    "\"(NaN,0.1)\"");
	check_value(600, BYTES("\x3f\xf8\0\0\0\0\0\0"), "{\"bytes\":\"P/gAAAAAAAA=\"}");
	check_value(701, BYTES("\x3f\xb9\x99\x99\x99\x99\x99\x9a"), "0.1");
	check_value(701, BYTES("\xff\xf0\0\0\0\0\0\0"), "\"-Infinity\"");
	check_value(2950, BYTES("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\xff"),
		    "\"00010203-0405-0607-0809-0a0b0c0d0eff\"");
	check_value(2950, BYTES("\0\1"), "{\"bytes\":\"AAE=\"}");
	check_value(700, BYTES("\x3d\xcc\xcc\xcd"), "0.1");
	check_value(1562, BYTES("\0\0\0\x0a\xaa\x40"), "\"1010101001\"");
	check_value(1562, BYTES("\0\0\0\x11\xaa\x40"), "{\"bytes\":\"AAAAEapA\"}");
	check_value(1266, BYTES("\0\0\0\x0a\x7a\x35\x82\0\xff\xff\xf1\xf0"), "\"12:30:00+01\"");
	check_value(1266, BYTES("\0\0\0\0\0\0\0\0\0\0\x4d\x58"), "\"00:00:00-05:30\"");
	check_value(3904, BYTES("\1"), "\"empty\"");
	check_value(3904, BYTES("\2\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\x0a"), "\"[1,10)\"");
	check_value(3912, BYTES("\x08\0\0\0\4\0\0\0\0"), "\"(,2000-01-01)\"");
	/* A bound that is longer than all. */
	check_value(3904, BYTES("\2\0\0\0\7\0"), "{\"bytes\":\"AgAAAAcA\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sasl),
		cmocka_unit_test(md5),
		cmocka_unit_test(left_at_the_password),
		cmocka_unit_test(password_refused),
		cmocka_unit_test(newer_protocol),
		cmocka_unit_test(a_commit_that_fails),
		cmocka_unit_test(copy_in_an_extended_query),
		cmocka_unit_test(copy_that_fails),
		cmocka_unit_test(functions),
		cmocka_unit_test(gss),
		cmocka_unit_test(gss_refused_then_tls_refused),
		cmocka_unit_test(pipelines),
		cmocka_unit_test(replication),
		cmocka_unit_test(the_answer_is_lost),
		cmocka_unit_test(rare_values),
	};

	return cmocka_run_group_tests_name("pgsql_variants", tests, NULL, NULL);
}
