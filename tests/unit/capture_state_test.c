/* SPDX-License-Identifier: BSD-2-Clause */
/* What packets tell of how a connection stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture_build.h"

#define C 1000u
#define S 5000u

/* SEGMENTS open a connection that stands so at first, and then goes through STATES. */
static void expect(const struct build_segment *segments, size_t count, enum conn_state first,
		   const char *states)
{
	struct buffer file = {0};
	struct seen *seen;

	build_pcap(&file, LINK_RAW);
	for (size_t i = 0; i < count; i++)
		build_segment(&file, &segments[i]);
	seen = seen_read(&file);
	assert_int_equal(seen_conn(seen, 0)->state, first);
	assert_null(seen_conn(seen, 1));
	assert_string_equal(seen->states, states);
	seen_free(seen);
}

#define EXPECT(first, states, ...)                                                                 \
	do {                                                                                       \
		const struct build_segment segments[] = {__VA_ARGS__};                             \
		expect(segments, sizeof(segments) / sizeof(segments[0]), first, states);           \
	} while (0)

#define HANDSHAKE                                                                                  \
	{CLIENT, 0, C, 0, SYN, NULL, 0}, {SERVER, MS, S, C + 1, SYN | ACK, NULL, 0},               \
	{                                                                                          \
		CLIENT, 2 * MS, C + 1, S + 1, ACK, NULL, 0                                         \
	}

static void opened_and_closed(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "established; closing by remote", HANDSHAKE,
	       {CLIENT, 3 * MS, C + 1, S + 1, ACK, "GET", 0},
	       {SERVER, 4 * MS, S + 1, C + 4, ACK | FIN, "OK", 0},
	       {CLIENT, 5 * MS, C + 4, S + 4, ACK | FIN, NULL, 0});
}

static void closed_by_who_asked(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "established; closing by local", HANDSHAKE,
	       {CLIENT, 3 * MS, C + 1, S + 1, ACK | FIN, NULL, 0},
	       {SERVER, 4 * MS, S + 1, C + 2, ACK | FIN, NULL, 0});
}

/* The first answer is a reset (RFC 9293, section 3.10.7.3). */
static void refused(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "failed by remote, ECONNREFUSED", /* */
	       {CLIENT, 0, C, 0, SYN, NULL, 0}, {SERVER, MS, 0, C + 1, RST | ACK, NULL, 0});
}

static void given_up(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "failed by local", /* */
	       {CLIENT, 0, C, 0, SYN, NULL, 0}, {CLIENT, MS, C + 1, 0, RST, NULL, 0});
}

static void never_answered(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "opening", /* */
	       {CLIENT, 0, C, 0, SYN, NULL, 0}, {CLIENT, SECOND, C, 0, SYN, NULL, 0});
}

static void reset(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "established; reset by remote", HANDSHAKE,
	       {CLIENT, 3 * MS, C + 1, S + 1, ACK, "GET", 0},
	       {SERVER, 4 * MS, S + 1, C + 4, RST | ACK, NULL, 0});
}

/* Who goes on sending sent no reset. */
static void forged(void **state)
{
	(void)state;
	EXPECT(CONN_OPENING, "established", HANDSHAKE, {SERVER, 3 * MS, S + 1, C + 1, RST, NULL, 0},
	       {SERVER, 4 * MS, S + 1, C + 1, ACK, "OK", 0});
}

/* Nothing is said of a beginning that nobody saw. */
static void midstream(void **state)
{
	(void)state;
	EXPECT(CONN_UNKNOWN, "closing by local", {CLIENT, 0, C + 1, S + 1, ACK, "GET", 0},
	       {SERVER, MS, S + 1, C + 4, ACK, "OK", 0},
	       {CLIENT, 2 * MS, C + 4, S + 3, ACK | FIN, NULL, 0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opened_and_closed),
		cmocka_unit_test(closed_by_who_asked),
		cmocka_unit_test(refused),
		cmocka_unit_test(given_up),
		cmocka_unit_test(never_answered),
		cmocka_unit_test(reset),
		cmocka_unit_test(forged),
		cmocka_unit_test(midstream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
