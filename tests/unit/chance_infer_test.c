/* SPDX-License-Identifier: BSD-2-Clause */
/* What other protocols say, and zeroes in it, is not taken for frames of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/dns/dns.h"
#include "protocols/http2/http2.h"
#include "protocols/kafka/kafka.h"
#include "protocols/mongodb/mongodb.h"
#include "protocols/mysql/mysql.h"
#include "protocols/pgsql/pgsql.h"
#include "protocols/socks/socks.h"

#define BYTES(s) span_of(s, sizeof(s) - 1)
#define QUERY	 "Q\0\0\0\x0dselect 1\0"

static int score(const struct protocol *protocol, struct span sent, struct span received,
		 bool midstream)
{
	const struct sample sample = {
		.transport = TRANSPORT_TCP,
		.midstream = midstream,
		.began = !midstream,
		.bytes = {sent, received},
	};
	struct verdict verdict = {.role = ROLE_UNKNOWN};

	protocol->infer(&sample, &verdict);
	return verdict.score;
}

/* An empty DATA frame, on a stream as high as anything. */
#define ANY_FRAME "\0\0\0\0\0\x03\x01\x07\x09"
#define PING	  "\0\0\x08\x06\0\0\0\0\0abcdefgh"
#define WINDOW	  "\0\0\x04\x08\0\0\0\0\x01\0\0\x10\0"

static void frames_of_any_kind_in_a_row_are_chance(void **state)
{
	(void)state;
	assert_int_equal(score(&protocol_http2,
			       BYTES("x" ANY_FRAME ANY_FRAME ANY_FRAME ANY_FRAME ANY_FRAME),
			       BYTES(""), true),
			 0);
	assert_int_equal(
		score(&protocol_http2, BYTES(ANY_FRAME ANY_FRAME ANY_FRAME), BYTES(""), false), 0);
	assert_true(score(&protocol_http2, BYTES("x" PING WINDOW ANY_FRAME ANY_FRAME), BYTES(""),
			  true) >= INFER_PLAUSIBLE);
	assert_true(score(&protocol_http2, BYTES(WINDOW ANY_FRAME), BYTES(""), true) >=
		    INFER_PLAUSIBLE);
}

/* A length of 16 MiB in the other byte order, and zeroes: Raft says so. */
static void the_front_of_a_request_needs_a_name(void **state)
{
	(void)state;
	assert_int_equal(score(&protocol_kafka,
			       BYTES("\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x10\0\0\0"), BYTES(""),
			       false),
			 0);
	assert_true(score(&protocol_kafka, BYTES("\0\x01\0\0\0\0\0\x03\0\0\0\x01\0\x02me\xff\xff"),
			  BYTES(""), false) >= INFER_PLAUSIBLE);
}

/* The middle of other protocols' messages: a Produce request without a name but longer, zeroes. */
static void what_begins_in_the_middle_wants_more(void **state)
{
	static const char produce[] = "\0\x10\0\0\0\0\0\x01\0\0\0\x09\0\x02me\0\x01\0\0";
	static const char query[] = "\0\x1b\0\0\0\0\0\x01\0\0\0\0\0\0\x09something else.";
	static const char empty_settings[] = "\0\0\0\x04\0\0\0\0\0";

	(void)state;
	assert_true(score(&protocol_kafka, BYTES(produce), BYTES(""), false) >= INFER_PLAUSIBLE);
	assert_int_equal(score(&protocol_kafka, BYTES(produce), BYTES(""), true), 0);
	assert_true(score(&protocol_dns, BYTES(query), BYTES(""), false) >= INFER_PLAUSIBLE);
	assert_int_equal(score(&protocol_dns, BYTES(query), BYTES(""), true), 0);
	assert_true(score(&protocol_http2, BYTES(empty_settings), BYTES(""), false) >=
		    INFER_CERTAIN);
	assert_int_equal(score(&protocol_http2, BYTES(empty_settings), BYTES(""), true), 0);
}

/* The front of a header field's name would be a statement of 800 MB. */
static void letters_are_no_length(void **state)
{
	(void)state;
	assert_int_equal(score(&protocol_pgsql, BYTES("P/1.1\r\nHost: example.test\r\n\r\n"),
			       BYTES(""), true),
			 0);
	assert_int_equal(
		score(&protocol_pgsql, BYTES("Q\0\0\x10\0select more than"), BYTES(""), true), 0);
	/* Three in a row leave less to chance than two, or than one on each side does. */
	assert_true(score(&protocol_pgsql, BYTES(QUERY QUERY QUERY), BYTES(""), true) >
		    score(&protocol_pgsql, BYTES(QUERY QUERY), BYTES(""), true));
	assert_true(score(&protocol_pgsql, BYTES(QUERY QUERY), BYTES("1\0\0\0\4"), true) >
		    score(&protocol_pgsql, BYTES(QUERY QUERY), BYTES(""), true));
	assert_true(score(&protocol_pgsql, BYTES("Q\0\0\0\x0dselect 1\0"), BYTES(""), true) >=
		    INFER_PLAUSIBLE);
}

#define REPLY "\0\0\0\x05\0\0\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* Any length, opcode 1 and anything behind it; a reply has as many documents as it says. */
static void a_reply_has_its_documents(void **state)
{
	(void)state;
	assert_int_equal(score(&protocol_mongodb, BYTES(""), BYTES("\x24" REPLY "\0\0\0\0"), true),
			 0);
	assert_int_equal(
		score(&protocol_mongodb, BYTES(""), BYTES("\x28" REPLY "\x01\0\0\0junk"), true), 0);
	assert_int_equal(score(&protocol_mongodb, BYTES(""),
			       BYTES("\x2a" REPLY "\x01\0\0\0\x05\0\0\0\0!"), true),
			 0);
	assert_true(score(&protocol_mongodb, BYTES(""),
			  BYTES("\x29" REPLY "\x01\0\0\0\x05\0\0\0\0"), true) >= INFER_CERTAIN);
}

static void a_server_that_refuses_to_talk(void **state)
{
	static const char refusal[] = "\x17\0\0\0\xff\x10\4Too many connections";

	(void)state;
	assert_true(score(&protocol_mysql, BYTES(""), BYTES(refusal), false) >= INFER_CERTAIN);
	assert_int_equal(score(&protocol_mysql, BYTES("hello"), BYTES(refusal), false), 0);
	assert_int_equal(
		score(&protocol_mysql, BYTES(""), span_of(refusal, sizeof(refusal) - 2), false), 0);
	assert_int_equal(score(&protocol_mysql, BYTES(""), BYTES(refusal), true), 0);
}

/* DNP3 begins with 05 64 both ways: 0x64 methods, and the one that is chosen is nobody's. */
static void a_method_that_nobody_has_is_not_chosen(void **state)
{
	char hello[2 + 0x64] = "\x05\x64";

	(void)state;
	memset(hello + 2, 0x64, 0x64);
	assert_int_equal(
		score(&protocol_socks, span_of(hello, sizeof(hello)), BYTES("\x05\x64"), false), 0);
	hello[2] = 2;
	assert_true(score(&protocol_socks, span_of(hello, sizeof(hello)), BYTES("\x05\x02"),
			  false) >= INFER_PLAUSIBLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_any_kind_in_a_row_are_chance),
		cmocka_unit_test(the_front_of_a_request_needs_a_name),
		cmocka_unit_test(what_begins_in_the_middle_wants_more),
		cmocka_unit_test(letters_are_no_length),
		cmocka_unit_test(a_reply_has_its_documents),
		cmocka_unit_test(a_server_that_refuses_to_talk),
		cmocka_unit_test(a_method_that_nobody_has_is_not_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
