/* SPDX-License-Identifier: BSD-2-Clause */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/value/real.h"

static void check(double real, const char *expected)
{
	struct buffer out = {0};

	real_append(&out, real);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void check_float(float real, const char *expected)
{
	struct buffer out = {0};

	real_append_float(&out, real);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void what_people_write(void **state)
{
	(void)state;
	check(0, "0");
	check(-0.0, "-0");
	check(1, "1");
	check(-1, "-1");
	check(0.1, "0.1");
	check(-12.34, "-12.34");
	check(100, "100");
	check(1234567.891, "1234567.891");
	check(0.001, "0.001");
	check(0.0001, "0.0001");
	check(0.00012345, "0.00012345");
	check(0.00001, "1e-05");
	check(99999999999999.9, "99999999999999.9");
	check(999999999999999, "999999999999999");
	check(1e15, "1e+15");
	check(0.30000000000000004, "0.30000000000000004");
	check(2.0 / 3, "0.6666666666666666");
	check(1.0 / 3, "0.3333333333333333");
	check(DBL_MAX, "1.7976931348623157e+308");
	check(5e-324, "4.94065645841247e-324");
	check_float(0.1f, "0.1");
	check_float(16777216.0f, "16777216");
	check_float(3.4028235e38f, "3.4028235e+38");
}

static void any_bits(void **state)
{
	struct buffer out = {0};

	(void)state;
	real_append_bits64(&out, 0x3fb999999999999a);
	real_append_bits64(&out, 0x7ff8000000000000);
	real_append_bits64(&out, 0xfff0000000000000);
	real_append_bits32(&out, 0x3dcccccd);
	real_append_bits32(&out, 0x7f800000);
	real_append_bits32(&out, 0xff800000);
	real_append_bits32(&out, 0xffc00000);
	assert_true(span_is(buffer_span(&out), "0.1\"NaN\"\"-Infinity\""
					       "0.1\"Infinity\"\"-Infinity\"\"NaN\""));
	buffer_free(&out);
}

/* As many digits as the C library finds to be needed, and the same number again. */
static void the_same_number_again(void **state)
{
	uint64_t bits = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct buffer out = {0};
		char shortest[40];
		double real;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		if (i % 2)
			real = (double)(int64_t)(bits % 2000000000000) / pow(10, i % 17) - 1000;
		else
			memcpy(&real, &bits, sizeof(real));
		if (!isfinite(real))
			continue;
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(shortest, sizeof(shortest), "%.*g", digits, real);
			if (strtod(shortest, NULL) == real)
				break;
		}
		real_append(&out, real);
		buffer_append_char(&out, '\0');
		assert_string_equal(out.data, shortest);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_write),
		cmocka_unit_test(any_bits),
		cmocka_unit_test(the_same_number_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
