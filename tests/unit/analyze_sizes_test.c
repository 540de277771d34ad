/* SPDX-License-Identifier: BSD-2-Clause */
/* How much connections moved, and what of it is missing: by positions, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyze/replay/replay.h"

#define SENT	 DIRECTION_SENT
#define RECEIVED DIRECTION_RECEIVED

struct sizes {
	struct replay *replay;
	struct connection seen; /* as it was at its end */
	int ends;
	int64_t ts;
};

static void on_conn_end(void *context, const struct connection *c)
{
	struct sizes *x = context;

	x->seen = *c;
	x->ends++;
}

static void begin(struct sizes *x)
{
	struct replay_options options = {
		.handlers = {.conn_end = on_conn_end, .context = x},
	};

	*x = (struct sizes){0};
	x->replay = replay_new_fed(&options);
	assert_non_null(x->replay);
}

static void give(struct sizes *x, struct event event)
{
	event.ts = x->ts += 1000;
	replay_event(x->replay, &event);
}

static void conn(struct sizes *x, bool snapshot, enum conn_origin origin, uint64_t sent,
		 uint64_t received)
{
	give(x, (struct event){.type = EVENT_CONN,
			       .snapshot = snapshot,
			       .conn = {.conn = 1,
					.sent = sent,
					.received = received,
					.transport = TRANSPORT_TCP,
					.role = ROLE_CLIENT,
					.origin = origin}});
}

static void data(struct sizes *x, enum direction direction, uint64_t offset, size_t kept,
		 uint64_t len, enum cut cut)
{
	static const char bytes[1000];

	give(x, (struct event){.type = EVENT_DATA,
			       .data = {.conn = 1,
					.offset = offset,
					.len = len,
					.payload = span_of(bytes, kept),
					.direction = direction,
					.cut = cut}});
}

static void end(struct sizes *x, uint64_t sent, uint64_t received, uint64_t lost, uint64_t earlier)
{
	const struct connection *c = &x->seen;

	assert_int_equal(replay_end(x->replay), TAPE_OK);
	assert_int_equal(x->ends, 1);
	assert_int_equal(c->moved[SENT], sent);
	assert_int_equal(c->moved[RECEIVED], received);
	assert_int_equal(c->lost_bytes, lost);
	assert_int_equal(c->earlier_bytes, earlier);
	assert_int_equal(sent + received, c->kept[SENT] + c->kept[RECEIVED] + c->snapped[SENT] +
						  c->snapped[RECEIVED] + c->lost_bytes);
	replay_free(x->replay);
}

static void close_at(struct sizes *x, uint64_t sent, uint64_t received)
{
	give(x, (struct event){.type = EVENT_CLOSE,
			       .close = {.conn = 1, .sent = sent, .received = received}});
}

static void test_nothing_lost(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 0, 0);
	data(&x, SENT, 0, 10, 10, CUT_NONE);
	data(&x, RECEIVED, 0, 20, 20, CUT_NONE);
	data(&x, SENT, 10, 5, 5, CUT_NONE);
	close_at(&x, 15, 20);
	end(&x, 15, 20, 0, 0);
}

/* Whole events are missing: in the middle, and at the end, where only the close tells. */
static void test_lost_events(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 0, 0);
	data(&x, SENT, 100, 10, 10, CUT_NONE);
	data(&x, SENT, 210, 10, 10, CUT_NONE);
	close_at(&x, 220, 1000);
	end(&x, 220, 1000, 200 + 1000, 0);

	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 0, 0);
	close_at(&x, 7, 8);
	end(&x, 7, 8, 15, 0);
}

/* What the user didn't want is not lost; what could not be kept is. */
static void test_cuts(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 0, 0);
	data(&x, SENT, 0, 10, 100, CUT_SNAPLEN);
	data(&x, RECEIVED, 0, 10, 100, CUT_PRESSURE);
	end(&x, 100, 100, 90, 0);
}

/* Earlier segments were deleted: positions go on, and tell how much that was. */
static void test_deleted_beginning(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, true, ORIGIN_OPENED, 1000, 2000);
	data(&x, SENT, 1000, 10, 10, CUT_NONE);
	data(&x, RECEIVED, 2005, 10, 10, CUT_NONE);
	close_at(&x, 1010, 2015);
	end(&x, 1010, 2015, 3005, 3000);

	/* Nothing told of it before its data. */
	begin(&x);
	data(&x, SENT, 500, 10, 10, CUT_NONE);
	close_at(&x, 510, 40);
	end(&x, 510, 40, 540, 540);
}

/* Told of late: that isn't a beginning which was deleted. */
static void test_told_late(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 30, 0);
	data(&x, SENT, 30, 10, 10, CUT_NONE);
	end(&x, 40, 0, 30, 0);
}

/* The second time it is told of, by the snapshot of a later segment, changes nothing. */
static void test_later_snapshot(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 0, 0);
	data(&x, SENT, 0, 10, 10, CUT_NONE);
	conn(&x, true, ORIGIN_OPENED, 25, 0);
	end(&x, 25, 0, 15, 0);
}

static void test_hostile_positions(void **state)
{
	struct sizes x;

	(void)state;
	begin(&x);
	conn(&x, false, ORIGIN_OPENED, 0, 0);
	close_at(&x, UINT64_MAX, 0);
	end(&x, INT64_MAX, 0, INT64_MAX, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_lost_events),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_deleted_beginning),
		cmocka_unit_test(test_told_late),
		cmocka_unit_test(test_later_snapshot),
		cmocka_unit_test(test_hostile_positions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
