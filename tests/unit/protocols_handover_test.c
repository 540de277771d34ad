/* SPDX-License-Identifier: BSD-2-Clause */
/* One protocol after another on a connection, and one inside another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/engine/session.h"
#include "tests/unit/feed.h"
#include "tests/unit/lines.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROW(ask, answer)                                                                           \
	"{\"outcome\":\"ok\",\"ask\":" ask ",\"answer\":" answer ",\"note\":\"\"}\n"

static void check(const struct feed_message *messages, size_t count, uint64_t plaintext,
		  const char *expected)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = &lines_protocol,
		.role = ROLE_CLIENT,
		.plaintext = plaintext,
	};

	feed_check(&feed, expected);
}

/* What comes behind SWAP waits for its answer: these are lines either way, but whose? */
static void test_hold(void **state)
{
	const struct feed_message goes[] = {
		FEED_REQUEST("a\nSWAP\nx\n"),
		FEED_RESPONSE("A\ngo\nX\n"),
		FEED_REQUEST("y\n"),
		FEED_RESPONSE("Y\n"),
	};
	const struct feed_message refused[] = {
		FEED_REQUEST("SWAP\nx\nSWAP\ny\n"),
		FEED_RESPONSE("no\nX\nno\nY\n"),
	};

	(void)state;
	check(goes, COUNT(goes), 0,
	      ROW("\"a\"", "\"A\"") ROW("\"SWAP\"", "\"go\"") ROW("\"x\"", "\"X\"")
		      ROW("\"y\"", "\"Y\""));
	check(refused, COUNT(refused), 0,
	      ROW("\"SWAP\"", "\"no\"") ROW("\"x\"", "\"X\"") ROW("\"SWAP\"", "\"no\"")
		      ROW("\"y\"", "\"Y\""));
}

/* Held bytes that are never decided on are passed over, and said to be. */
static void test_held_for_ever(void **state)
{
	const struct feed_message messages[] = {FEED_REQUEST("SWAP\nx\n")};

	(void)state;
	check(messages, COUNT(messages), 0,
	      "{\"outcome\":\"unanswered\",\"ask\":\"SWAP\",\"answer\":null,\"note\":\"\"}\n");
}

/* Frames inside frames: cut anywhere, they make the same lines. */
static void test_wrapped(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("WRAP\n"), FEED_RESPONSE("go\n"),		 FEED_REQUEST("3`cb2c\x0b"),
		FEED_REQUEST("2y\x0b"), FEED_RESPONSE("5@C\x0bYX1\x0b"),
	};

	(void)state;
	check(messages, COUNT(messages), 0,
	      ROW("\"WRAP\"", "\"go\"") ROW("\"abcb\"", "\"AB\"") ROW("\"x\"", "\"XY\""));
}

/* The client begins with what is outside before it can know the answer. */
static void test_wrapped_early(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("a\nWRAP\n2y\x0b"),
		FEED_RESPONSE("A\ngo\n2Y\x0b"),
	};

	(void)state;
	check(messages, COUNT(messages), 0,
	      ROW("\"a\"", "\"A\"") ROW("\"WRAP\"", "\"go\"") ROW("\"x\"", "\"X\""));
}

/* The plaintext that the calls of a TLS library told is taken, not that of the wire too. */
static void test_plaintext_events(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("WRAP\n"), FEED_RESPONSE("go\n"), FEED_REQUEST("a\nb\n"),
		FEED_REQUEST("2y\x0b"), FEED_RESPONSE("A\n"),  FEED_RESPONSE("2Y\x0b"),
		FEED_RESPONSE("B\n"),
	};

	(void)state;
	check(messages, COUNT(messages), 1 << 2 | 1 << 4 | 1 << 6,
	      ROW("\"WRAP\"", "\"go\"") ROW("\"a\"", "\"A\"") ROW("\"b\"", "\"B\""));
}

/* ---- accounts ---- */

static void put(struct session *s, enum direction direction, uint64_t *position, const char *text,
		int64_t ts)
{
	struct event_data data = {
		.offset = *position,
		.len = strlen(text),
		.payload = span_text(text),
		.direction = direction,
	};

	session_data(s, &data, ts);
	*position += data.len;
}

static void expect(const struct spoken *spoken, const struct protocol *protocol, int64_t since,
		   uint64_t sent, uint64_t received, uint64_t records)
{
	assert_ptr_equal(spoken->protocol, protocol);
	assert_int_equal(spoken->since, since);
	assert_int_equal(spoken->bytes[DIRECTION_SENT], sent);
	assert_int_equal(spoken->bytes[DIRECTION_RECEIVED], received);
	assert_int_equal(spoken->records, records);
}

/* Every byte and every record belongs to the protocol that it was of. */
static void test_accounts(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct session_options options = {
		.transport = TRANSPORT_TCP,
		.role = ROLE_CLIENT,
		.decode_as = &lines_protocol,
		.budget = &budget,
	};
	struct session *s = session_new(&options);
	const struct spoken *spoken;
	uint64_t sent = 0, received = 0;

	(void)state;
	put(s, DIRECTION_SENT, &sent, "a\nSWAP\nxyz\n", 10);
	put(s, DIRECTION_RECEIVED, &received, "A\ngo\n", 20);
	put(s, DIRECTION_SENT, &sent, "WRAP\n", 30);
	put(s, DIRECTION_RECEIVED, &received, "XYZ\ngo\n", 40);
	put(s, DIRECTION_SENT, &sent, "2y\x0b", 50);
	assert_true(session_is_plaintext(s));
	put(s, DIRECTION_RECEIVED, &received, "2Y\x0b", 60);
	session_finish(s);
	assert_int_equal(session_spoken(s, &spoken), 3);
	expect(&spoken[0], &lines_protocol, 10, 7, 5, 2);
	expect(&spoken[1], &words_protocol, 10, 4 + 5 + 2, 7 + 2, 3);
	expect(&spoken[2], &masked_protocol, 50, 3, 3, 0);
	assert_int_equal(session_counts(s).records, 5);
	session_free(s);
	assert_int_equal(budget.used, 0);
}

/* A connection that is wrapped again and again doesn't grow without end. */
static void test_depth(void **state)
{
	struct budget budget = {.limit = 1 << 20};
	struct session_options options = {
		.transport = TRANSPORT_TCP,
		.role = ROLE_CLIENT,
		.decode_as = &lines_protocol,
		.budget = &budget,
	};
	struct session *s = session_new(&options);
	uint64_t sent = 0, received = 0;

	(void)state;
	for (int64_t i = 1; i <= 1000; i++) {
		put(s, DIRECTION_SENT, &sent, "WRAP\n", 2 * i);
		put(s, DIRECTION_RECEIVED, &received, "go\n", 2 * i + 1);
	}
	assert_true(budget.used < 64 << 10);
	session_free(s);
	assert_int_equal(budget.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_held_for_ever),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_wrapped_early),
		cmocka_unit_test(test_plaintext_events),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
