/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/replay/id_set.h"

static void it_has_what_was_added_and_nothing_else(void **state)
{
	static const uint64_t ids[] = {
		0, 1, 63, 64, 65, 1000, 1ull << 40, UINT64_MAX, UINT64_MAX - 1, 1ull << 63, 4096};
	const size_t count = sizeof(ids) / sizeof(ids[0]);
	struct id_set s = {0};
	size_t at = 0, found = 0;
	uint64_t id;

	(void)state;
	assert_false(id_set_has(&s, 0));
	assert_false(id_set_next(&s, &at, &id));
	for (int twice = 0; twice < 2; twice++)
		for (size_t i = 0; i < count; i++)
			assert_true(id_set_add(&s, ids[i]));
	assert_int_equal(s.count, count);
	for (size_t i = 0; i < count; i++)
		assert_true(id_set_has(&s, ids[i]));
	assert_false(id_set_has(&s, 2));
	assert_false(id_set_has(&s, 62));
	assert_false(id_set_has(&s, 1ull << 41));
	for (at = 0; id_set_next(&s, &at, &id); found++) {
		bool known = false;

		for (size_t i = 0; i < count; i++)
			known |= ids[i] == id;
		assert_true(known);
	}
	assert_int_equal(found, count);
	id_set_free(&s);
	assert_false(id_set_has(&s, 1));
}

/* As many connections as an import makes, in less than a tenth of what a map takes. */
static void ids_that_lie_close_together_take_little(void **state)
{
	struct id_set s = {0};

	(void)state;
	for (uint64_t id = 1; id <= 1000000; id++)
		assert_true(id_set_add(&s, id));
	assert_int_equal(s.count, 1000000);
	assert_true(id_set_size(&s) < 1000000);
	id_set_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_what_was_added_and_nothing_else),
		cmocka_unit_test(ids_that_lie_close_together_take_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
