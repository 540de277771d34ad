/* SPDX-License-Identifier: BSD-2-Clause */
/* What other protocols say, and zeroes in it, is not taken for frames of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/http2/http2.h"
#include "protocols/kafka/kafka.h"
#include "protocols/socks/socks.h"

#define BYTES(s) span_of(s, sizeof(s) - 1)

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
		cmocka_unit_test(a_method_that_nobody_has_is_not_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
