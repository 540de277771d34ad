/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of RESP: tokens, what may stand where, and input that means harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/redis/command.h"
#include "protocols/redis/redis.h"
#include "protocols/redis/scan.h"
#include "tests/unit/feed.h"

/* What frame() says of TEXT and, when that is DONE, the length it gives. */
static enum frame_status frame_of(enum side side, const char *text, uint64_t *len)
{
	struct redis_scan scan = {.side = side};
	struct resp_walk memo;
	struct frame frame = {.memo = &memo};
	size_t size = strlen(text);
	uint8_t *copy = malloc(size ? size : 1);
	enum frame_status status;

	/* Of the exact size, so that a sanitizer sees a read beyond the end. */
	assert_non_null(copy);
	memcpy(copy, text, size);
	status = redis_scan_frame(&scan, copy, size, &frame);
	free(copy);
	*len = frame.len;
	return status;
}

/* Every prefix asks for more, the whole has a length. */
static void frames_have_lengths(void **state)
{
	static const struct {
		enum side side;
		const char *text;
		size_t early; /* so many bytes tell the length already */
	} cases[] = {
		{SIDE_SERVER, "+OK\r\n", 0},
		{SIDE_SERVER, "-ERR x\r\n", 0},
		{SIDE_SERVER, ":+12\r\n", 0},
		{SIDE_SERVER, "$5\r\nhello\r\n", 4},
		{SIDE_SERVER, "$-1\r\n", 0},
		{SIDE_SERVER, "*-1\r\n", 0},
		{SIDE_SERVER, "*0\r\n", 0},
		{SIDE_SERVER, "*2\r\n*1\r\n:1\r\n$3\r\nabc\r\n", 16},
		{SIDE_SERVER, "%1\r\n+a\r\n:1\r\n", 0},
		{SIDE_SERVER, "|1\r\n+a\r\n:1\r\n+x\r\n", 0},
		{SIDE_SERVER, "*?\r\n$?\r\n;1\r\na\r\n;0\r\n.\r\n", 0},
		{SIDE_SERVER, "=5\r\ntxt:a\r\n", 4},
		{SIDE_SERVER, "!3\r\nERR\r\n", 4},
		{SIDE_SERVER, ">1\r\n_\r\n", 0},
		{SIDE_SERVER, "#t\r\n", 0},
		{SIDE_SERVER, "(-99999999999999999999\r\n", 0},
		{SIDE_SERVER, "\r\n", 0},
		{SIDE_CLIENT, "*1\r\n$4\r\nPING\r\n", 8},
		{SIDE_SERVER, ">0\r\n", 0},
		{SIDE_CLIENT, "*0\r\n", 0},
		{SIDE_CLIENT, "*-1\r\n", 0},
		{SIDE_CLIENT, "PING\r\n", 0},
		{SIDE_CLIENT, "  get 'a b'\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = strlen(cases[i].text);
		char part[64];
		uint64_t len;

		for (size_t n = 0; n < size; n++) {
			bool early = cases[i].early && n >= cases[i].early;

			memcpy(part, cases[i].text, n);
			part[n] = '\0';
			assert_int_equal(frame_of(cases[i].side, part, &len),
					 early ? FRAME_DONE : FRAME_MORE);
			if (early)
				assert_int_equal(len, size);
		}
		assert_int_equal(frame_of(cases[i].side, cases[i].text, &len), FRAME_DONE);
		assert_int_equal(len, size);
	}
}

static void what_is_no_frame(void **state)
{
	static const struct {
		enum side side;
		const char *text;
	} cases[] = {
		{SIDE_SERVER, "OK\r\n"},
		{SIDE_SERVER, "+OK\n"},
		{SIDE_SERVER, ":\r\n"},
		{SIDE_SERVER, ":1a\r\n"},
		{SIDE_SERVER, ":92233720368547758080\r\n"},
		{SIDE_SERVER, ":9223372036854775808\r\n"},
		{SIDE_SERVER, "$-2\r\n"},
		{SIDE_SERVER, "$5\rx"},
		{SIDE_SERVER, "$12x\n"},
		{SIDE_SERVER, "$12\rx"},
		{SIDE_SERVER, "$99999999999999\r\n"},
		{SIDE_SERVER, "*-2\r\n"},
		{SIDE_SERVER, "*4294967296\r\n"},
		{SIDE_SERVER, "%-1\r\n"},
		{SIDE_SERVER, "*1\r\n$1\r\nab\r\n*"},
		{SIDE_SERVER, "*2\r\n$1\r\nabc\r\n"},
		{SIDE_SERVER, "_x\r\n"},
		{SIDE_SERVER, "#x\r\n"},
		{SIDE_SERVER, ",\r\n"},
		{SIDE_SERVER, "(12x\r\n"},
		{SIDE_SERVER, "=3\r\ntxt\r\n"},
		{SIDE_SERVER, ".\r\n"},
		{SIDE_SERVER, "*2\r\n.\r\n"},
		{SIDE_SERVER, ";1\r\na\r\n"},
		{SIDE_SERVER, "$?\r\n:1\r\n"},
		{SIDE_SERVER, "*?x"},
		{SIDE_CLIENT, "*1\r\n+PING\r\n"},
		{SIDE_CLIENT, "*2\r\n$4\r\nECHO\r\n$-1\r\n"},
		{SIDE_CLIENT, "*?\r\n"},
		{SIDE_CLIENT, "*1\r\n*1\r\n"},
		{SIDE_CLIENT, "PI\x01NG\r\n"},
		{SIDE_CLIENT, "+OK\r\n"},
		{SIDE_CLIENT, "\x16\x03\x01"},
	};
	uint64_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(frame_of(cases[i].side, cases[i].text, &len), FRAME_BAD);
}

/* RESP_DEPTH_MAX aggregates in each other are a frame, one more is not. */
static void depth_is_bounded(void **state)
{
	char text[4 * (RESP_DEPTH_MAX + 1) + 8] = "";
	uint64_t len;

	(void)state;
	for (int i = 0; i < RESP_DEPTH_MAX; i++)
		strcat(text, "*1\r\n");
	strcat(text, ":1\r\n");
	assert_int_equal(frame_of(SIDE_SERVER, text, &len), FRAME_DONE);
	assert_int_equal(len, strlen(text));
	text[strlen(text) - 4] = '\0';
	strcat(text, "*1\r\n:1\r\n");
	assert_int_equal(frame_of(SIDE_SERVER, text, &len), FRAME_BAD);
}

/* Counts that lie cost nothing: nobody allocates what a count says. */
static void huge_counts_are_harmless(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET a\r\n"),
		FEED_RESPONSE("*2147483647\r\n%2147483647\r\n~2147483647\r\n$1099511627776\r\nabc"),
	};
	static const struct feed feed = {
		.messages = messages, .count = 2, .decode_as = &protocol_redis};

	(void)state;
	feed_check(&feed, "{\"outcome\":\"partial\",\"command\":\"GET\",\"args\":[\"a\"],"
			  "\"reply\":[[[[\"abc\"],null]]],\"push\":null,\"note\":\"\"}\n");
}

/* An attribute inside an attribute is passed over; it must not disturb the one around it. */
static void attributes_nest(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET a\r\n"),
		FEED_RESPONSE(
			"|1\r\n|1\r\n+in\r\n:1\r\n+out\r\n*1\r\n|1\r\n+in\r\n:1\r\n:2\r\n+OK\r\n"),
	};
	static const struct feed feed = {
		.messages = messages, .count = 2, .decode_as = &protocol_redis};

	(void)state;
	feed_check(&feed, "{\"outcome\":\"ok\",\"command\":\"GET\",\"args\":[\"a\"],"
			  "\"reply\":\"OK\",\"push\":null,"
			  "\"note\":\"attributes {\\\"out\\\":[2]}\"}\n");
}

static void commands_are_found(void **state)
{
	static const char *const names[] = {"ACL",	   "GET",     "GETSET",
					    "EVALSHA_RO",  "EVAL_RO", "ZUNION",
					    "ZUNIONSTORE", "XINFO",   "SENTINEL"};
	static const char *const others[] = {"", "A", "GETT", "GE", "ZUNIONSTOREX", "\xff", "PUB"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct redis_command *command = redis_command_find(span_text(names[i]));

		assert_non_null(command);
		assert_string_equal(command->name, names[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(redis_command_known(span_text(others[i])));
	assert_int_equal(redis_command_known(span_text("config"))->trait, TRAIT_CONTAINER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_have_lengths), cmocka_unit_test(what_is_no_frame),
		cmocka_unit_test(depth_is_bounded),    cmocka_unit_test(huge_counts_are_harmless),
		cmocka_unit_test(attributes_nest),     cmocka_unit_test(commands_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
