/* SPDX-License-Identifier: BSD-2-Clause */
/* The limits of what cuts a stream, each met exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/engine/framer.h"

/* Frames are "F" and four digits times 1,024 bytes more, "L" and a line, or "H": held. */
struct log {
	uint64_t frames;
	uint64_t len; /* of the last one */
	size_t available;
	bool cut;
	bool lost;
	uint64_t lost_calls;
	uint64_t missing; /* of the last loss */
	bool released;	  /* what is held is a frame of one byte */
};

static enum frame_status frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	const struct log *log = state;
	struct cursor c = *in;
	const uint8_t *digits, *end;

	(void)side;
	switch (cursor_u8(&c)) {
	case 'F':
		digits = cursor_take(&c, 4);
		if (!digits)
			return FRAME_MORE;
		for (int i = 0; i < 4; i++)
			frame->len = frame->len * 10 + (uint64_t)(digits[i] - '0');
		frame->len = 5 + frame->len * 1024;
		return FRAME_DONE;
	case 'L':
		end = memchr(in->pos + frame->scanned, '\n', cursor_left(in) - frame->scanned);
		frame->scanned = cursor_left(in);
		frame->len = end ? (uint64_t)(end + 1 - in->pos) : 0;
		return end ? FRAME_DONE : FRAME_MORE;
	case 'H':
		frame->len = 1;
		return log->released ? FRAME_DONE : FRAME_HOLD;
	default:
		return c.failed ? FRAME_MORE : FRAME_BAD;
	}
}

static bool resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	while (cursor_left(in) && *in->pos == 'x')
		cursor_skip(in, 1);
	return cursor_left(in) > 0;
}

static void message(void *state, const struct frame *frame)
{
	struct log *log = state;

	log->frames++;
	log->len = frame->len;
	log->available = frame->available;
	log->cut = frame->cut;
	log->lost = frame->lost;
	log->released |= frame->side == SIDE_SERVER;
}

static void lost(void *state, enum side side, uint64_t missing)
{
	struct log *log = state;

	(void)side;
	log->lost_calls++;
	log->missing = missing;
}

static const struct framing framing = {frame, 0, resync, message, NULL, lost, NULL};

struct fixture {
	struct log log;
	struct budget budget;
	struct framer_counts counts;
	struct framer *framer;
};

#define KEEP_MAX (64u << 10)

static void setup(struct fixture *f)
{
	*f = (struct fixture){.budget = {.limit = 64 << 20}};
	f->framer = framer_new(&framing, &f->log, &f->budget, &f->counts, KEEP_MAX);
	assert_non_null(f->framer);
}

static void teardown(struct fixture *f)
{
	framer_free(f->framer);
	assert_int_equal(f->budget.used, 0);
}

static void put_side(struct fixture *f, enum side side, const char *text, size_t len)
{
	const struct run run = {.data = (const uint8_t *)text, .len = len, .ts_first = 1, .ts = 1};

	framer_run(f->framer, side, &run);
}

static void put(struct fixture *f, const char *text)
{
	put_side(f, SIDE_CLIENT, text, strlen(text));
}

/* LEN times the byte C, in pieces. */
static void fill(struct fixture *f, char c, size_t len)
{
	static char piece[4096];

	memset(piece, c, sizeof(piece));
	while (len) {
		size_t n = len < sizeof(piece) ? len : sizeof(piece);

		put_side(f, SIDE_CLIENT, piece, n);
		len -= n;
	}
}

/* Of a frame that comes in pieces as much is kept as is wanted, to the byte. */
static void test_keep_max(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "F0063");
	fill(&f, 'a', 63 << 10);
	assert_int_equal(f.log.available, 5 + (63 << 10));
	assert_false(f.log.cut);
	put(&f, "F0064");
	fill(&f, 'a', 64 << 10);
	assert_int_equal(f.log.frames, 2);
	assert_int_equal(f.log.len, 5 + (64 << 10));
	assert_int_equal(f.log.available, KEEP_MAX);
	assert_true(f.log.cut);
	assert_int_equal(f.counts.capped, 1);
	assert_false(f.log.lost);
	teardown(&f);
}

/* A head that is as long as may be is waited for; one byte more, and it is none. */
static void test_head_max(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "L");
	fill(&f, 'a', FRAME_HEAD_MAX - 2);
	assert_int_equal(f.counts.bad, 0);
	put(&f, "\n");
	assert_int_equal(f.log.frames, 1);
	assert_int_equal(f.log.len, FRAME_HEAD_MAX);
	put(&f, "L");
	fill(&f, 'x', FRAME_HEAD_MAX - 2);
	assert_int_equal(f.counts.bad, 0);
	put(&f, "x");
	assert_int_equal(f.counts.bad, 1);
	assert_int_equal(f.log.lost_calls, 1);
	assert_int_equal(f.log.missing, 0);
	teardown(&f);
}

/* So much garbage without a frame, and no more, is looked through. */
static void test_searched_max(void **state)
{
	const size_t max = 256 << 10;
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, 'x', max);
	assert_false(f.framer->hopeless);
	put(&f, "La\n");
	assert_int_equal(f.log.frames, 1);
	fill(&f, 'x', max);
	assert_false(f.framer->hopeless);
	put(&f, "x");
	assert_true(f.framer->hopeless);
	assert_int_equal(f.counts.skipped_bytes, 2 * max + 1);
	teardown(&f);
}

/* Held until the other side has a frame, or until that is too much to hold. */
static void test_hold(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "La\nHLb\n");
	assert_int_equal(f.log.frames, 1);
	put_side(&f, SIDE_SERVER, "Ls\n", 3);
	assert_int_equal(f.log.frames, 4);
	teardown(&f);

	setup(&f);
	put(&f, "H");
	fill(&f, 'x', FRAME_HEAD_MAX - 2);
	assert_int_equal(f.counts.bad, 0);
	put(&f, "x");
	assert_int_equal(f.counts.bad, 1);
	teardown(&f);
}

/* What a hole takes from between frames is said to the byte, with what was kept before it. */
static void test_hole(void **state)
{
	const struct run hole = {.len = 7, .ts_first = 1, .ts = 1};
	struct fixture f;

	(void)state;
	setup(&f);
	put(&f, "La");
	framer_run(f.framer, SIDE_CLIENT, &hole);
	assert_int_equal(f.log.missing, 7);
	assert_int_equal(f.counts.skipped_bytes, 2);
	put(&f, "Lb\n");
	assert_int_equal(f.log.frames, 1);
	assert_int_equal(f.framer->sides[SIDE_CLIENT].position, 2 + 7 + 3);
	teardown(&f);
}

/* Without memory the frame is given up, not the connection. */
static void test_budget(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.budget.limit = f.budget.used + 2048;
	put(&f, "La");
	fill(&f, 'x', 4096);
	assert_int_equal(f.log.lost_calls, 1);
	assert_true(f.budget.refused >= 2048);
	put(&f, "Lb\n");
	assert_int_equal(f.log.frames, 1);
	assert_int_equal(f.framer->sides[SIDE_CLIENT].position, 2 + 4096 + 3);
	teardown(&f);
}

/* A beginning that can't even be kept is passed over to the byte. */
static void test_no_budget_for_a_beginning(void **state)
{
	char beginning[4096];
	struct fixture f;

	(void)state;
	memset(beginning, 'L', sizeof(beginning));
	setup(&f);
	f.budget.limit = f.budget.used;
	put_side(&f, SIDE_CLIENT, beginning, sizeof(beginning));
	assert_int_equal(f.log.lost_calls, 1);
	f.budget.limit = SIZE_MAX;
	put(&f, "Lb\n");
	assert_int_equal(f.log.frames, 1);
	assert_int_equal(f.framer->sides[SIDE_CLIENT].position, sizeof(beginning) + 3);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep_max),
		cmocka_unit_test(test_head_max),
		cmocka_unit_test(test_searched_max),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_no_budget_for_a_beginning),
	};

	return cmocka_run_group_tests_name("framer", tests, NULL, NULL);
}
