/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept of the answers of another version, beside those of this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/diff/retelling.h"

#define ONE_LINE(value) "{\"record_id\":\"1.0\",\"proto\":\"x\",\"v\":\"" value "\"}"
#define TEN		"0123456789"

/* With its quotes a value of 47 bytes is kept whole, with its end there is no room for one more. */
static void values_of_a_retelling(void **state)
{
	static const struct {
		const char *old, *now, *kept;
	} cases[] = {
		{ONE_LINE(TEN TEN TEN TEN "12345"), ONE_LINE("a"), "\"" TEN TEN TEN TEN "12345\""},
		{ONE_LINE(TEN TEN TEN TEN "123456"), ONE_LINE("a"), "\"" TEN TEN TEN TEN "123..."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct retelling a = {.memory = 1 << 20};
		struct answer_change **changes;

		a.old = fmemopen((char *)(uintptr_t)cases[i].old, strlen(cases[i].old), "r");
		assert_non_null(a.old);
		assert_true(retelling_take(&a, span_text(cases[i].now)));
		retelling_end(&a);
		assert_int_equal(a.bad, 0);
		changes = retelling_in_order(&a);
		assert_non_null(changes);
		assert_int_equal(changes[0]->kind, ANSWER_CHANGED);
		assert_string_equal(changes[0]->column, "v");
		assert_string_equal(changes[0]->value[0], cases[i].kept);
		assert_string_equal(changes[0]->value[1], "\"a\"");
		free(changes);
		fclose(a.old);
		retelling_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(values_of_a_retelling)};

	return cmocka_run_group_tests_name("answers of two versions", tests, NULL, NULL);
}
