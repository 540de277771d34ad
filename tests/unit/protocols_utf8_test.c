/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void check(const char *text, size_t limit, const char *expected)
{
	struct span some = utf8_fitting(span_text(text), limit);

	assert_int_equal(some.len, strlen(expected));
	assert_memory_equal(some.data, expected, some.len);
}

static void test_fitting(void **state)
{
	(void)state;
	check("", 0, "");
	check("abc", 3, "abc");
	check("abc", 2, "ab");
	check("abc", 0, "");
	/* No character is cut, however long; one that ends at the limit stays. */
	check("a\u00e9", 2, "a");
	check("a\u00e9b", 3, "a\u00e9");
	check("\u20ac\u20ac", 5, "\u20ac");
	check("\u20ac", 2, "");
	for (size_t limit = 1; limit < 5; limit++)
		check("a\U0001f600b", limit, "a");
	check("a\U0001f600b", 5, "a\U0001f600");
	/* What isn't UTF-8 isn't lost. */
	check("\x80\x80\x80\x80\x80\x80\x80\x80", 6, "\x80\x80\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_fitting)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
