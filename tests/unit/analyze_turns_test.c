/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/replay/turns.h"

#define COUNT 10000

struct counting {
	struct turns *turns;
	unsigned at;
	unsigned most;
	bool inside;
};

/* Each turn is in the middle of calls. */
static void count_down(struct counting *c, unsigned depth)
{
	char used[512];

	memset(used, (int)depth, sizeof(used));
	if (depth) {
		count_down(c, depth - 1);
		assert_int_equal((unsigned char)used[depth % sizeof(used)], depth);
		return;
	}
	c->inside = turns_is_inside(c->turns);
	c->at++;
	turns_back(c->turns);
}

static void count(void *context)
{
	struct counting *c = context;

	while (c->at < c->most)
		count_down(c, 100);
}

static void each_goes_on_where_it_was(void **state)
{
	struct counting c = {.most = COUNT};

	(void)state;
	c.turns = turns_new(count, &c);
	assert_non_null(c.turns);
	for (unsigned i = 1; i <= COUNT; i++) {
		assert_true(turns_go(c.turns));
		assert_int_equal(c.at, i);
		assert_true(c.inside);
		assert_false(turns_is_inside(c.turns));
	}
	assert_false(turns_go(c.turns));
	assert_false(turns_go(c.turns));
	turns_free(c.turns);
}

static void one_that_never_began_is_freed(void **state)
{
	struct counting c = {.most = 1};

	(void)state;
	c.turns = turns_new(count, &c);
	assert_non_null(c.turns);
	turns_free(c.turns);
	assert_int_equal(c.at, 0);
	assert_false(turns_is_inside(NULL));
	turns_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_goes_on_where_it_was),
		cmocka_unit_test(one_that_never_began_is_freed),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
