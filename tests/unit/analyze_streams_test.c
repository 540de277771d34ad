/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/replay/streams.h"
#include "protocols/engine/budget.h"

struct counts {
	size_t runs;
	size_t ends;
	size_t parted;
	uint64_t first_parted;
};

static void on_run(void *context, const struct stream_run *run)
{
	struct counts *c = context;

	assert_true(run->bytes.len || run->missing);
	c->runs++;
}

static void on_end(void *context, uint64_t conn, bool parted)
{
	struct counts *c = context;

	if (parted && !c->parted)
		c->first_parted = conn;
	c->parted += parted;
	c->ends += !parted;
}

static void push(struct streams *s, uint64_t conn, uint64_t offset, size_t len)
{
	static const char bytes[1000];
	const struct event_data data = {
		.conn = conn, .offset = offset, .len = len, .payload = span_of(bytes, len)};

	assert_true(streams_push(s, &data, 1));
}

/* Where memory is short the oldest streams are ended: what waited comes out, with its hole. */
static void the_oldest_makes_room(void **state)
{
	struct counts counts = {0};
	const uint64_t limit = 50000;
	struct streams *s = streams_new(on_run, on_end, &counts, limit);

	(void)state;
	assert_non_null(s);
	for (uint64_t conn = 1; conn <= 100; conn++) {
		push(s, conn, 0, 10);
		push(s, conn, 100, 1000);
		assert_true(streams_budget(s)->used <= limit);
	}
	assert_int_equal(counts.first_parted, 1);
	assert_true(counts.parted > 40 && counts.parted < 80);
	streams_close(s, 100);
	assert_int_equal(counts.ends, 1);
	push(s, 1, 1100, 10); /* goes on */
	streams_finish(s);
	assert_int_equal(counts.ends + counts.parted, 101);
	assert_int_equal(counts.runs, 100 * 3 + 1);
	assert_int_equal(streams_budget(s)->used, 0);
	streams_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
