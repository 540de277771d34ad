/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams inside the frames of a protocol, and frames that come in parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/engine/budget.h"
#include "protocols/engine/inner.h"
#include "tests/unit/feed.h"
#include "tests/unit/lines.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROW(ask, answer)                                                                           \
	"{\"outcome\":\"ok\",\"ask\":" ask ",\"answer\":" answer ",\"note\":\"\"}\n"

/* ---- a protocol of boxes: a digit, and so many bytes of lines; "!" and a digit: they are lost
 * ---- */

struct boxes {
	void *lines;
	struct inner *inner;
};

static void *boxes_open(struct session *s)
{
	struct boxes *st = calloc(1, sizeof(*st));

	assert_non_null(st);
	st->lines = lines_open(s);
	st->inner = inner_new(s, &lines_framing, st->lines);
	assert_non_null(st->inner);
	return st;
}

static void boxes_close(void *state)
{
	struct boxes *st = state;

	inner_free(st->inner);
	lines_close(st->lines);
	free(st);
}

static void boxes_finish(void *state)
{
	struct boxes *st = state;

	inner_finish(st->inner);
	lines_finish(st->lines);
}

static enum frame_status boxes_frame(const void *state, enum side side, const struct cursor *in,
				     struct frame *frame)
{
	struct cursor c = *in;
	bool lost = cursor_left(in) && *in->pos == '!';
	uint8_t digit = (cursor_skip(&c, lost), cursor_u8(&c));

	(void)state;
	(void)side;
	if (c.failed)
		return FRAME_MORE;
	frame->kind = lost;
	frame->len = lost ? 2 : 1 + (uint64_t)(digit - '0');
	return digit >= '1' && digit <= '9' ? FRAME_DONE : FRAME_BAD;
}

static bool boxes_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	in->pos = in->end;
	return false;
}

static void boxes_message(void *state, const struct frame *frame)
{
	struct boxes *st = state;

	if (frame->kind)
		inner_hole(st->inner, frame->side, frame->data[1] - '0', false, frame);
	else if (frame->available)
		inner_bytes(st->inner, frame->side, span_of(frame->data + 1, frame->available - 1),
			    frame);
}

static void boxes_lost(void *state, enum side side, uint64_t missing)
{
	(void)state;
	(void)side;
	(void)missing;
}

static const struct protocol boxes = {
	.name = "boxes",
	.stream = true,
	.open = boxes_open,
	.close = boxes_close,
	.framing = {boxes_frame, 0, boxes_resync, boxes_message, NULL, boxes_lost},
	.finish = boxes_finish,
};

static void check(const struct protocol *protocol, const struct feed_message *messages,
		  size_t count, const char *expected)
{
	const struct feed feed = {
		.messages = messages,
		.count = count,
		.decode_as = protocol,
		.role = ROLE_CLIENT,
	};

	feed_check(&feed, expected);
}

/* Lines end anywhere in the boxes, several in one or one in several. */
static void test_inner(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("3ask1\n4b\nc\n"),
		FEED_RESPONSE("5A\nB\nC1\n"),
	};

	(void)state;
	check(&boxes, messages, COUNT(messages),
	      ROW("\"ask\"", "\"A\"") ROW("\"b\"", "\"B\"") ROW("\"c\"", "\"C\""));
}

/* A hole inside costs what it hit; what is unfinished at the end is said to be. */
static void test_inner_hole(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("2a\n3bc\n2d\n"),
		FEED_RESPONSE("3A\nB!3"),
		FEED_RESPONSE("5xx\nD\n"),
	};

	(void)state;
	check(&boxes, messages, COUNT(messages),
	      ROW("\"a\"", "\"A\"") "{\"outcome\":\"partial\",\"ask\":\"bc\",\"answer\":null,"
				    "\"note\":\"\"}\n" ROW("\"d\"", "\"D\""));
}

/* A frame in parts: all of them in order, with holes where they are, then the message. */
static void test_parts(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("a\nLONG 10\n0123456789b\n"),
		FEED_RESPONSE("A\nL\nB\n"),
	};

	(void)state;
	check(&lines_protocol, messages, COUNT(messages),
	      ROW("\"a\"", "\"A\"") ROW("\"LONG 10:0123456789\"", "\"L\"") ROW("\"b\"", "\"B\""));
}

static void test_parts_with_a_hole(void **state)
{
	const struct feed_message messages[] = {
		FEED_REQUEST("LONG 10\n012345"),
		FEED_REQUEST("67"),
		FEED_REQUEST("89b\n"),
		FEED_RESPONSE("L\nB\n"),
	};
	struct feed feed = {
		.messages = messages,
		.count = COUNT(messages),
		.decode_as = &lines_protocol,
		.role = ROLE_CLIENT,
		.lose = 2,
	};

	(void)state;
	feed_check(&feed,
		   "{\"outcome\":\"partial\",\"ask\":\"LONG 10:012345??89\",\"answer\":\"L\","
		   "\"note\":\"\"}\n" ROW("\"b\"", "\"B\""));
}

/* Where the end comes first, the message says how much came. */
static void test_parts_without_an_end(void **state)
{
	const struct feed_message messages[] = {FEED_REQUEST("LONG 10\n0123")};

	(void)state;
	check(&lines_protocol, messages, COUNT(messages),
	      "{\"outcome\":\"partial\",\"ask\":\"LONG 10:0123\",\"answer\":null,\"note\":\"\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inner),
		cmocka_unit_test(test_inner_hole),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_with_a_hole),
		cmocka_unit_test(test_parts_without_an_end),
	};

	return cmocka_run_group_tests_name("inner", tests, NULL, NULL);
}
