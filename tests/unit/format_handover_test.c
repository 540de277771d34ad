/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "format/handover.h"

#define COUNT 20000

struct giver {
	struct handover *h;
	size_t bytes; /* of each item */
	size_t given;
	bool refused;
};

/* Items are numbers from 1 on. */
static void *give(void *context)
{
	struct giver *g = context;

	while (g->given < COUNT && !g->refused) {
		if (handover_push(g->h, (void *)(g->given + 1), g->bytes))
			g->given++;
		else
			g->refused = true;
	}
	handover_end(g->h);
	return NULL;
}

static void check_all_in_order(size_t room, size_t bytes)
{
	struct giver g = {.h = handover_new(room), .bytes = bytes};
	size_t expected = 1;
	pthread_t thread;
	void *item;

	assert_non_null(g.h);
	assert_int_equal(pthread_create(&thread, NULL, give, &g), 0);
	while ((item = handover_pop(g.h)) != NULL)
		assert_int_equal((size_t)item, expected++);
	pthread_join(thread, NULL);
	assert_int_equal(expected, COUNT + 1);
	assert_false(g.refused);
	handover_free(g.h);
}

static void test_order(void **state)
{
	(void)state;
	check_all_in_order(1000, 10);
	check_all_in_order(1000, 400);	 /* less than half, then no room for the next but one */
	check_all_in_order(1000, 700);	 /* one fits, two don't */
	check_all_in_order(10, 1000000); /* larger than the room: one at a time */
	check_all_in_order(1u << 30, 1); /* only the number of items is a limit */
}

/* Who gives is told, and what it had given can still be taken. */
static void test_cancel(void **state)
{
	struct giver g = {.h = handover_new(100), .bytes = 10};
	pthread_t thread;
	size_t taken = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, give, &g), 0);
	while (taken < 5 && handover_pop(g.h))
		taken++;
	handover_cancel(g.h);
	pthread_join(thread, NULL);
	assert_true(g.refused);
	while (handover_pop(g.h))
		taken++;
	assert_int_equal(taken, g.given);
	handover_free(g.h);
	handover_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
