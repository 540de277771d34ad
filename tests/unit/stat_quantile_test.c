/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>
#include <cmocka.h>

#include "analyze/stat/quantile.h"

static uint32_t random_state = 1;

static double uniform(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) / 16777216.0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double exact_at(const double *sorted, size_t count, double part)
{
	double rank = ceil(part * (double)count) - 1;

	return sorted[rank > 0 ? (size_t)rank : 0];
}

typedef double draw_fn(size_t i);

static double latency(size_t i)
{
	(void)i;
	return exp(uniform() * 20); /* over nine orders of magnitude */
}

static double rising(size_t i)
{
	return (double)i;
}

static double around_zero(size_t i)
{
	return i % 3 == 0 ? 0 : (uniform() - 0.5) * 1e6;
}

static double same(size_t i)
{
	(void)i;
	return 42;
}

static void test_above(void **state)
{
	struct quantiles *few = quantiles_new(), *many = quantiles_new_small(16);

	(void)state;
	assert_true(few && many);
	for (int i = -100; i < 100; i++) {
		assert_true(quantiles_add(few, i));
		assert_true(quantiles_add(many, i));
	}
	assert_int_equal(quantiles_above(few, 49), 50);
	assert_int_equal(quantiles_above(few, -101), 200);
	/* No bucket lies across these. */
	assert_int_equal(quantiles_above(many, 49.5), 50);
	assert_int_equal(quantiles_above(many, -0.5), 100);
	assert_int_equal(quantiles_above(many, 1000), 0);
	assert_true(quantiles_memory(many) < 10000);
	quantiles_free(few);
	quantiles_free(many);
}

static void check(draw_fn *draw, size_t count, double error)
{
	static const double parts[] = {0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
	struct quantiles *q = quantiles_new();
	double *all = calloc(count, sizeof(*all));

	for (size_t i = 0; i < count; i++) {
		all[i] = draw(i);
		assert_true(quantiles_add(q, all[i]));
	}
	qsort(all, count, sizeof(*all), compare);
	assert_int_equal(quantiles_count(q), count);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		double wanted = exact_at(all, count, parts[i]);
		double got = quantiles_at(q, parts[i]);

		if (!(fabs(got - wanted) <= error * fabs(wanted)))
			fail_msg("%g of %zu: %g, not %g", parts[i], count, got, wanted);
	}
	free(all);
	quantiles_free(q);
}

static void test_few_are_exact(void **state)
{
	(void)state;
	for (size_t count = 1; count < 40; count++) {
		check(latency, count, 0);
		check(around_zero, count, 0);
	}
	check(latency, QUANTILES_EXACT, 0);
	check(rising, QUANTILES_EXACT, 0);
}

static void test_many_are_within_one_percent(void **state)
{
	(void)state;
	check(latency, QUANTILES_EXACT + 1, 0.01);
	check(latency, 300000, 0.01);
	check(rising, 300000, 0.01);
	check(around_zero, 300000, 0.01);
	check(same, 300000, 0.01);
}

/* Parts of the values, put together, give what all of them give. */
static void test_merging(void **state)
{
	static const size_t sizes[] = {0, 1, 9999, 10000, 10001, 50000};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 6; j++) {
			struct quantiles *a = quantiles_new(), *b = quantiles_new();
			size_t count = sizes[i] + sizes[j];

			for (size_t n = 0; n < count; n++)
				assert_true(quantiles_add(n < sizes[i] ? a : b, (double)(n + 1)));
			assert_true(quantiles_merge(a, b));
			assert_int_equal(quantiles_count(a), count);
			if (count) {
				double wanted = ceil((double)count / 2);

				assert_true(fabs(quantiles_at(a, 0.5) - wanted) <= 0.021 * wanted);
				assert_true(quantiles_at(a, 0) == 1);
				assert_true(quantiles_at(a, 1) == (double)count);
			}
			quantiles_free(a);
			quantiles_free(b);
		}
	}
}

static void test_odd_values(void **state)
{
	struct quantiles *q = quantiles_new();

	(void)state;
	assert_true(quantiles_at(q, 0.5) == 0);
	assert_true(quantiles_add(q, NAN));
	assert_int_equal(quantiles_count(q), 0);
	for (int i = 0; i < 20000; i++)
		assert_true(quantiles_add(q, i % 2 ? 1e300 : -1e300));
	assert_true(quantiles_at(q, 1) == 1e300);
	assert_true(quantiles_at(q, 0) == -1e300);
	assert_true(quantiles_at(q, NAN) == -1e300);
	quantiles_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_above),
		cmocka_unit_test(test_few_are_exact),
		cmocka_unit_test(test_many_are_within_one_percent),
		cmocka_unit_test(test_merging),
		cmocka_unit_test(test_odd_values),
	};

	return cmocka_run_group_tests_name("quantiles", tests, NULL, NULL);
}
