/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person is told of records that are not as expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "analyze/corpus/case.h"

static void check(const char *expected, const char *got, const char *report)
{
	struct buffer told = {0};

	assert_int_equal(case_compare(span_text(expected), span_text(got), &told), !*report);
	buffer_append_char(&told, '\0');
	assert_false(told.failed);
	assert_string_equal(told.data, report);
	buffer_free(&told);
}

static void test_same(void **state)
{
	(void)state;
	check("", "", "");
	check("{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":2}\n", "");
}

/* Values of every kind, each of them whole. */
static void test_fields(void **state)
{
	(void)state;
	check("{\"a\":1,\"b\":\"x,\\\"}y\\\\\",\"c\":{\"d\":[1,{}],\"e\":\"}\"},\"f\":[\"]\",2],"
	      "\"g\":null}\n",
	      "{\"a\":2,\"b\":\"x\",\"c\":{},\"f\":[],\"g\":true}\n",
	      "  record 1 differs\n"
	      "    a\n"
	      "      expected 1\n"
	      "      got      2\n"
	      "    b\n"
	      "      expected \"x,\\\"}y\\\\\"\n"
	      "      got      \"x\"\n"
	      "    c\n"
	      "      expected {\"d\":[1,{}],\"e\":\"}\"}\n"
	      "      got      {}\n"
	      "    f\n"
	      "      expected [\"]\",2]\n"
	      "      got      []\n"
	      "    g\n"
	      "      expected null\n"
	      "      got      true\n"
	      "  in all: 1 of 1 records differ, 0 missing, 0 not expected\n");
	check("{\"a\":1,\"b\":2,\"c\":3}\n", "{\"a\":1,\"d\":2,\"c\":4}\n",
	      "  record 1 differs\n"
	      "    columns differ from here on\n"
	      "      expected b\n"
	      "      got      d\n"
	      "  in all: 1 of 1 records differ, 0 missing, 0 not expected\n");
}

static void test_records(void **state)
{
	(void)state;
	check("{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n",
	      "  record 2 is missing\n"
	      "               {\"a\":2}\n"
	      "  in all: 1 of 2 records differ, 1 missing, 0 not expected\n");
	check("{\"a\":1}", "{\"a\":1}\n{\"a\":2}",
	      "  record 2 was not expected\n"
	      "               {\"a\":2}\n"
	      "  in all: 1 of 2 records differ, 0 missing, 1 not expected\n");
	check("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", "",
	      "  record 1 is missing\n               {}\n"
	      "  record 2 is missing\n               {}\n"
	      "  record 3 is missing\n               {}\n"
	      "  record 4 is missing\n               {}\n"
	      "  record 5 is missing\n               {}\n"
	      "  in all: 7 of 7 records differ, 7 missing, 0 not expected\n");
}

/* A value of 100 bytes is told whole, one of 101 isn't. */
static void test_long_values(void **state)
{
	char shorter[128], longer[128], report[512];

	(void)state;
	snprintf(shorter, sizeof(shorter), "{\"a\":%0100d}\n", 1);
	snprintf(longer, sizeof(longer), "{\"a\":%0101d}\n", 1);
	snprintf(report, sizeof(report),
		 "  record 1 differs\n    a\n      expected %0100d\n      got      %0100d...\n"
		 "  in all: 1 of 1 records differ, 0 missing, 0 not expected\n",
		 1, 0);
	check(shorter, longer, report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
