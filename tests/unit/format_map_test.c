/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/map.h"

#define KEYS 3000

/* Against an array, over many puts and removals of keys of every shape. */
static void it_does_what_an_array_does(void **state)
{
	static char values[16];
	void *model[KEYS] = {0};
	struct map m = {0};
	uint32_t random = 1;
	size_t count = 0;

	(void)state;
	for (int step = 0; step < 200000; step++) {
		uint32_t i;
		uint64_t key;

		random = random * 1664525 + 1013904223;
		i = random >> 8 & 0xfff;
		if (i >= KEYS)
			continue;
		key = i % 3 == 0 ? i : i % 3 == 1 ? (uint64_t)i << 48 : (uint64_t)i << 20;
		assert_ptr_equal(map_get(&m, key), model[i]);
		if (random >> 28 < 9) {
			assert_true(map_put(&m, key, &values[random >> 28]));
			count += !model[i];
			model[i] = &values[random >> 28];
		} else {
			assert_ptr_equal(map_remove(&m, key), model[i]);
			count -= model[i] != NULL;
			model[i] = NULL;
		}
		assert_int_equal(m.count, count);
	}
	assert_true(m.capacity <= 2 * KEYS + 64);
	map_free(&m);
}

static void it_is_gone_through_in_the_order_of_insertion(void **state)
{
	static char values[1000];
	struct map m = {0};
	size_t at = 0;

	(void)state;
	assert_null(map_next(&m, &at));
	assert_null(map_get(&m, 5));
	assert_null(map_remove(&m, 5));
	for (size_t i = 0; i < 1000; i++)
		assert_true(map_put(&m, i * 7919 % 1000, &values[i]));
	for (size_t i = 0; i < 1000; i += 2)
		assert_ptr_equal(map_remove(&m, i * 7919 % 1000), &values[i]);
	for (size_t i = 1; i < 1000; i += 2)
		assert_ptr_equal(map_next(&m, &at), &values[i]);
	assert_null(map_next(&m, &at));
	map_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_an_array_does),
		cmocka_unit_test(it_is_gone_through_in_the_order_of_insertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
