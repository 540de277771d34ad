/* SPDX-License-Identifier: BSD-2-Clause */
/* Redis with bytes missing, and with values larger than what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/redis/redis.h"
#include "protocols/redis/render.h"
#include "tests/unit/feed.h"

static void run(struct feed feed, struct buffer *out)
{
	feed.decode_as = &protocol_redis;
	feed.role = ROLE_CLIENT;
	feed_run(&feed, out);
}

static void check(struct feed feed, const char *expected)
{
	struct buffer out = {0};

	run(feed, &out);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		count++;
	return count;
}

static const struct feed_message in_turn[] = {
	FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), FEED_RESPONSE("$2\r\nAA\r\n"),
	FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"), FEED_RESPONSE("+BB\r\n"),
	FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\nc\r\n"), FEED_RESPONSE("*2\r\n+C\r\n+C\r\n"),
};

#define IN_TURN                                                                                    \
	{                                                                                          \
		.messages = in_turn, .count = 6, .lose = 0                                         \
	}

#define ROW(outcome, command, args, reply)                                                         \
	"{\"outcome\":\"" outcome "\",\"command\":" command ",\"args\":" args ",\"reply\":" reply  \
	",\"push\":null,\"note\":\"\"}\n"
#define GET(outcome, key, reply) ROW(outcome, "\"GET\"", "[\"" key "\"]", reply)
#define ALONE(reply)		 ROW("partial", "null", "null", reply)

#define A GET("ok", "a", "\"AA\"")
#define B GET("ok", "b", "\"BB\"")
#define C GET("ok", "c", "[\"C\",\"C\"]")

/* Only the exchange that lost something is marked, whichever message it is. */
static void one_message_lost(void **state)
{
	static const char *const expected[] = {
		[0] = A B C,
		[1] = ALONE("\"AA\"") B C,
		[2] = GET("partial", "a", "null") B C,
		[3] = A ALONE("\"BB\"") C,
		[4] = A GET("partial", "b", "null") C,
		[5] = A B ALONE("[\"C\",\"C\"]"),
		[6] = A B GET("unanswered", "c", "null"),
	};
	struct feed feed = IN_TURN;

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		feed.lose = i;
		check(feed, expected[i]);
	}
}

/* Wherever in a message the hole begins, the other exchanges keep their own replies. */
static void a_message_lost_from_any_byte(void **state)
{
	struct feed feed = IN_TURN;
	struct buffer out = {0};

	(void)state;
	for (feed.lose = 1; feed.lose <= 4; feed.lose++) {
		for (feed.lose_from = 0; feed.lose_from < in_turn[feed.lose - 1].len;
		     feed.lose_from++) {
			run(feed, &out);
			if (feed.lose > 2)
				assert_non_null(strstr(out.data, A));
			else
				assert_non_null(strstr(out.data, B));
			assert_non_null(strstr(out.data, C));
			assert_null(strstr(out.data, "\"outcome\":\"error\""));
			assert_true(count_of(out.data, "\"outcome\":\"ok\"") == 2);
		}
	}
	buffer_free(&out);
}

/* Replies in one run: the lost one is the first, which the order from the end tells. */
static void pipeline_after_a_loss(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"
			     "*2\r\n$3\r\nGET\r\n$1\r\nc\r\n"),
		FEED_RESPONSE("$2\r\nAA\r\n"),
		FEED_RESPONSE("+BB\r\n*2\r\n+C\r\n+C\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 3, .lose = 2};

	(void)state;
	check(feed, GET("partial", "a", "null") B C);
}

/* The beginning of an array is lost: what follows must not be taken for replies that are whole. */
static void rest_of_a_broken_reply(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
		FEED_RESPONSE("*4\r\n$1\r\nx\r\n$1\r"),
		FEED_RESPONSE("\ny\r\n$1\r\nz\r\n:4\r\n"),
		FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"),
		FEED_RESPONSE("+BB\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 5, .lose = 2};

	(void)state;
	check(feed, GET("partial", "a", "\"z\"") B);
}

/* A hole inside a value of known length costs only that value. */
static void hole_inside_a_value(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$10\r\nabc"),
		FEED_REQUEST("defghi"),
		FEED_REQUEST("j\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"),
		FEED_RESPONSE("+OK\r\n+BB\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 4, .lose = 2};

	(void)state;
	check(feed, ROW("partial", "\"SET\"", "[\"a\",\"abc\"]", "\"OK\"") B);
}

static void lines_are_found_again(void **state)
{
	static const struct feed_message messages[] = {
		FEED_REQUEST("GET a\r\n"),     FEED_RESPONSE("$2\r\nAA\r\n"),
		FEED_REQUEST("GET x\r\nfoo "), FEED_REQUEST("zzz\r\nGET b\r\n"),
		FEED_RESPONSE("+BB\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 5, .lose = 3};

	(void)state;
	check(feed, A B);
}

/* The engine keeps the beginning; the length stays exact, so that the next reply is found. */
static void value_larger_than_what_is_kept(void **state)
{
	enum {
		SIZE = 3 << 20
	};
	static const char head[] = "$3145728\r\n", tail[] = "\r\n+BB\r\n";
	char *value = malloc(SIZE);
	struct feed_message messages[] = {
		FEED_REQUEST("*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"),
		FEED_RESPONSE(head),
		{DIRECTION_RECEIVED, value, SIZE},
		FEED_RESPONSE(tail),
	};
	struct feed feed = {.messages = messages, .count = 4};
	struct buffer out = {0};

	(void)state;
	assert_non_null(value);
	memset(value, 'v', SIZE);
	run(feed, &out);
	assert_non_null(strstr(out.data, B));
	assert_non_null(strstr(out.data, "not all of the reply is shown"));
	assert_true(out.len > FRAME_KEEP_MIN && out.len < FRAME_KEEP_MIN + 1024);
	buffer_free(&out);
	free(value);
}

/* Where a map is cut it keeps the form it had, whatever its other keys are. */
static void map_larger_than_what_is_shown(void **state)
{
	enum {
		SIZE = 1000000
	};
	char *value = malloc(SIZE);
	struct feed_message messages[] = {
		FEED_REQUEST("GET a\r\nGET b\r\n"),
		FEED_RESPONSE("%4\r\n+a\r\n$1000000\r\n"),
		{DIRECTION_RECEIVED, value, SIZE},
		FEED_RESPONSE("\r\n+b\r\n$100000\r\n"),
		{DIRECTION_RECEIVED, value, SIZE / 10},
		FEED_RESPONSE("\r\n+c\r\n%1\r\n:1\r\n:2\r\n:3\r\n*0\r\n+BB\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 6};
	struct buffer out = {0};

	(void)state;
	assert_non_null(value);
	memset(value, 'v', SIZE);
	run(feed, &out);
	assert_non_null(strstr(out.data, "\"reply\":{\"a\":\"vvv"));
	assert_non_null(strstr(out.data, "vvv\"},\"push\":null,\"note\":\"not all of the reply"));
	assert_non_null(strstr(out.data, B));
	buffer_free(&out);
	free(value);
}

/* A million elements in small pieces: bounded memory, and not a second of work. */
static void array_of_a_million(void **state)
{
	enum {
		COUNT = 1000000,
		PIECE = 1000
	};
	static const char element[] = "$1\r\nx\r\n";
	size_t size = COUNT * (sizeof(element) - 1);
	size_t pieces = size / PIECE;
	char *body = malloc(size);
	struct feed_message *messages = calloc(pieces + 3, sizeof(*messages));
	struct feed feed = {.messages = messages};
	struct buffer out = {0};

	(void)state;
	assert_non_null(body);
	assert_non_null(messages);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(body + i * 7, element, 7);
	messages[0] = (struct feed_message)FEED_REQUEST("GET a\r\nGET b\r\n");
	messages[1] = (struct feed_message)FEED_RESPONSE("*1000000\r\n");
	for (size_t i = 0; i < pieces; i++)
		messages[i + 2] = (struct feed_message){DIRECTION_RECEIVED, body + i * PIECE,
							PIECE};
	messages[pieces + 2] = (struct feed_message)FEED_RESPONSE("+BB\r\n");
	feed.count = pieces + 3;
	run(feed, &out);
	assert_non_null(strstr(out.data, B));
	assert_non_null(strstr(out.data, "\"x\"],\"push\":null,\"note\":\"not all of the reply"));
	assert_true(out.len > FRAME_KEEP_MIN && out.len < FRAME_KEEP_MIN + 1024);
	buffer_free(&out);
	free(messages);
	free(body);
}

static void request_of_many_pieces(void **state)
{
	enum {
		COUNT = 50000
	};
	static const char head[] = "*50001\r\n$5\r\nRPUSH\r\n", element[] = "$1\r\nx\r\n";
	char *body = malloc(COUNT * 7);
	struct feed_message messages[] = {
		FEED_REQUEST(head),
		{DIRECTION_SENT, body, COUNT * 7},
		FEED_REQUEST("GET b\r\n"),
		FEED_RESPONSE(":50000\r\n+BB\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 4};
	struct buffer out = {0};

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(body + i * 7, element, 7);
	run(feed, &out);
	assert_int_equal(count_of(out.data, "\"x\""), COUNT);
	assert_non_null(strstr(out.data, "\"x\"],\"reply\":50000,\"push\":null,\"note\":\"\"}"));
	assert_non_null(strstr(out.data, B));
	buffer_free(&out);
	free(body);
}

/* A server that never answers: the requests that wait must not fill the memory. */
static void large_requests_without_replies(void **state)
{
	enum {
		COUNT = 70,
		SIZE = 1000000
	};
	static const char head[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n";
	size_t len = sizeof(head) - 1 + SIZE + 2;
	char *request = malloc(len);
	struct feed_message messages[COUNT];
	struct feed feed = {.messages = messages, .count = COUNT};
	struct buffer out = {0};

	(void)state;
	assert_non_null(request);
	memset(request, 'v', len);
	memcpy(request, head, sizeof(head) - 1);
	memcpy(request + len - 2, "\r\n", 2);
	for (size_t i = 0; i < COUNT; i++)
		messages[i] = (struct feed_message){DIRECTION_SENT, request, len};
	run(feed, &out);
	assert_int_equal(count_of(out.data, "\"outcome\":\"unanswered\""), COUNT);
	assert_in_range(count_of(out.data, "not all of the request is shown"), 1, 40);
	assert_in_range(out.len, 30u << 20, 64u << 20);
	buffer_free(&out);
	free(request);
}

/* A hole in the middle of a reply of many pieces: shown as far as it came, the rest dropped. */
static void hole_in_a_reply_of_pieces(void **state)
{
	enum {
		COUNT = 40000
	};
	char *body = malloc(COUNT * 7);
	struct feed_message messages[] = {
		FEED_REQUEST("GET a\r\n"),
		FEED_RESPONSE("*40000\r\n"),
		{DIRECTION_RECEIVED, body, COUNT / 2 * 7},
		{DIRECTION_RECEIVED, body, 7000},
		{DIRECTION_RECEIVED, body, COUNT / 2 * 7 - 7000},
		FEED_REQUEST("GET b\r\n"),
		FEED_RESPONSE("+BB\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 7, .lose = 4};
	struct buffer out = {0};

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(body + i * 7, "$1\r\nx\r\n", 7);
	run(feed, &out);
	assert_int_equal(count_of(out.data, "\n"), 2);
	assert_int_equal(count_of(out.data, "\"outcome\":\"partial\""), 1);
	assert_non_null(strstr(out.data, B));
	buffer_free(&out);
	free(body);
}

static void snapshot_with_a_hole(void **state)
{
#define MARK "0123456789abcdef0123456789abcdef01234567"
	static const struct feed_message messages[] = {
		FEED_REQUEST("*1\r\n$4\r\nSYNC\r\n"),
		FEED_RESPONSE("$EOF:" MARK "\r\nREDIS0011"),
		FEED_RESPONSE("lost"),
		FEED_RESPONSE("rest" MARK "*1\r\n$4\r\nPING\r\n"),
	};
	struct feed feed = {.messages = messages, .count = 4, .lose = 3};

	(void)state;
	check(feed, ROW("partial", "\"SYNC\"", "[]",
			"{\"rdb_bytes\":0}") "{\"outcome\":\"ok\",\"command\":null,\"args\":null,"
					     "\"reply\":[\"PING\"],"
					     "\"push\":\"replication\",\"note\":\"\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message_lost),
		cmocka_unit_test(a_message_lost_from_any_byte),
		cmocka_unit_test(pipeline_after_a_loss),
		cmocka_unit_test(rest_of_a_broken_reply),
		cmocka_unit_test(hole_inside_a_value),
		cmocka_unit_test(lines_are_found_again),
		cmocka_unit_test(value_larger_than_what_is_kept),
		cmocka_unit_test(map_larger_than_what_is_shown),
		cmocka_unit_test(array_of_a_million),
		cmocka_unit_test(request_of_many_pieces),
		cmocka_unit_test(large_requests_without_replies),
		cmocka_unit_test(hole_in_a_reply_of_pieces),
		cmocka_unit_test(snapshot_with_a_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
