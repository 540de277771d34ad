/* SPDX-License-Identifier: BSD-2-Clause */
/* What frames hold in another form, as an export shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/pcapng/contents.h"
#include "protocols/cql/cql.h"
#include "protocols/mysql/mysql.h"

static void check(const struct protocol *p, bool from_client, bool first, struct span bytes,
		  struct span expected)
{
	struct contents c = {.bytes = bytes, .changed = true};
	struct buffer copy = {0};
	struct span shown = contents_mend(p, &c, from_client, first, &copy);

	assert_int_equal(shown.len, expected.len);
	assert_memory_equal(shown.data, expected.data, expected.len);
	buffer_free(&copy);
}

#define CHECK(p, from_client, first, bytes, expected)                                              \
	check(p, from_client, first, span_of(bytes, sizeof(bytes) - 1),                            \
	      span_of(expected, sizeof(expected) - 1))

/* Those of version 5, and what they are in version 4. */
static void cql_requests(void **state)
{
	(void)state;
	/* Flags have four bytes, and a keyspace and a time may follow. */
	CHECK(&protocol_cql, true, true,
	      "\5\0\0\1\7\0\0\0\x11"
	      "\0\0\0\3abc\0\1\0\0\1\x80\0\2ks\0\0\0\7",
	      "\4\0\0\1\7\0\0\0\x0a"
	      "\0\0\0\3abc\0\1\0");
	CHECK(&protocol_cql, true, false,
	      "\5\0\0\1\7\0\0\0\x0f"
	      "\0\0\0\3abc\0\1\0\0\0\4\0\0\0\x64",
	      "\4\0\0\1\7\0\0\0\x0e"
	      "\0\0\0\3abc\0\1\4\0\0\0\x64");
	/* What isn't whole, or has more behind it, stays, but for the version. */
	CHECK(&protocol_cql, true, false,
	      "\5\0\0\1\x09\0\0\0\x09"
	      "\0\0\0\3abc\0\0",
	      "\4\0\0\1\x09\0\0\0\x09"
	      "\0\0\0\3abc\0\0");
	CHECK(&protocol_cql, true, false,
	      "\5\0\0\1\x09\0\0\0\x0c"
	      "\0\0\0\3abc\0\0\0\0x",
	      "\4\0\0\1\x09\0\0\0\x0c"
	      "\0\0\0\3abc\0\0\0\0x");
	/* PREPARE has no flags at all. */
	CHECK(&protocol_cql, true, false,
	      "\5\0\0\1\x09\0\0\0\x0b"
	      "\0\0\0\3abc\0\0\0\0",
	      "\4\0\0\1\x09\0\0\0\7"
	      "\0\0\0\3abc");
}

static void cql_more_requests(void **state)
{
	(void)state;
	/* EXECUTE names the result's metadata. */
	CHECK(&protocol_cql, true, false,
	      "\5\0\0\1\x0a\0\0\0\x14"
	      "\0\2id\0\2md\0\1\0\0\0\1\0\1\0\0\0\0",
	      "\4\0\0\1\x0a\0\0\0\x0d"
	      "\0\2id\0\1\1\0\1\0\0\0\0");
	CHECK(&protocol_cql, true, false,
	      "\5\0\0\1\x0d\0\0\0\x13"
	      "\0\0\1\0\0\0\0\3abc\0\0\0\1\0\0\0\0",
	      "\4\0\0\1\x0d\0\0\0\x10"
	      "\0\0\1\0\0\0\0\3abc\0\0\0\1\0");
}

static void cql_responses(void **state)
{
	(void)state;
	/* READY is the same. */
	CHECK(&protocol_cql, false, false, "\x85\0\0\1\2\0\0\0\0", "\x84\0\0\1\2\0\0\0\0");
	/* PREPARED tells the id of the result's metadata. */
	CHECK(&protocol_cql, false, false,
	      "\x85\0\0\1\x08\0\0\0\x20"
	      "\0\0\0\4\0\2id\0\2md"
	      "\0\0\0\0\0\0\0\0\0\0\0\0"
	      "\0\0\0\4\0\0\0\0",
	      "\x84\0\0\1\x08\0\0\0\x1c"
	      "\0\0\0\4\0\2id"
	      "\0\0\0\0\0\0\0\0\0\0\0\0"
	      "\0\0\0\4\0\0\0\0");
	/* What isn't whole stays, but for the version. */
	CHECK(&protocol_cql, false, false, "\x85\0\0\1\x08\0\0\0\x05\0\0\0\4\0",
	      "\x84\0\0\1\x08\0\0\0\x05\0\0\0\4\0");
	/* Versions before it are what they are. */
	CHECK(&protocol_cql, false, false, "\x84\0\0\1\2\0\0\0\0", "\x84\0\0\1\2\0\0\0\0");
}

static void mysql(void **state)
{
	(void)state;
	/* The request for TLS goes; the login asks for neither, and is packet 1. */
	CHECK(&protocol_mysql, true, true,
	      "\x20\0\0\1\xff\xff\xff\xff\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	      "\0",
	      "");
	CHECK(&protocol_mysql, true, true,
	      "\x26\0\0\2\xff\xff\xff\xff\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	      "me\0\0db",
	      "\x26\0\0\1\xdf\xf7\xff\xfb\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	      "me\0\0db");
	CHECK(&protocol_mysql, true, false, "\1\0\0\0\xff", "\1\0\0\0\xff");
	CHECK(&protocol_mysql, false, true, "\1\0\0\0\xff", "\1\0\0\0\xff");
}

/* Numbers of packets begin at 0 with each question; a login answers a greeting. */
static void mysql_joined_midway(void **state)
{
	(void)state;
	CHECK(&protocol_mysql, true, true, "\x0b\0\0\0\3use `test`", "\x0b\0\0\0\3use `test`");
	CHECK(&protocol_mysql, true, true,
	      "\x2a\0\0\0\3SELECT '\xff\xff\xff\xff\xff' FROM a_longer_statement",
	      "\x2a\0\0\0\3SELECT '\xff\xff\xff\xff\xff' FROM a_longer_statement");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cql_requests),	       cmocka_unit_test(cql_more_requests),
		cmocka_unit_test(cql_responses),       cmocka_unit_test(mysql),
		cmocka_unit_test(mysql_joined_midway),
	};

	return cmocka_run_group_tests_name("pcapng_contents", tests, NULL, NULL);
}
