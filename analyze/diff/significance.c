/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/significance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Terms of a sum that are smaller than this part of it don't matter. */
#define PRECISION 1e-14

/* ---- Fisher's exact test ---- */

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

double significance_of_counts(const uint64_t hits[2], const uint64_t count[2])
{
	double n[2] = {(double)count[0], (double)count[1]};
	double x = (double)hits[0], all = (double)hits[0] + (double)hits[1];
	/* Towards which end X lies beside what is expected: the tail goes there. */
	bool up = x * (n[0] + n[1]) > all * n[0];
	double end = up ? fmin(n[0], all) : fmax(0, all - n[1]);
	double term, sum = 0;

	if (!count[0] || !count[1])
		return 1;
	term = exp(log_choose(n[0], x) + log_choose(n[1], all - x) - log_choose(n[0] + n[1], all));
	for (; up ? x <= end : x >= end; x += up ? 1 : -1) {
		sum += term;
		if (term < sum * PRECISION)
			break;
		if (up)
			term *= (n[0] - x) * (all - x) / ((x + 1) * (n[1] - all + x + 1));
		else
			term *= x * (n[1] - all + x) / ((n[0] - x + 1) * (all - x + 1));
	}
	return fmin(1, 2 * sum);
}

/* ---- ranks ---- */

struct ranked {
	double value;
	bool first; /* of the first side */
};

static int compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

double significance_of_ranks(const double *a, size_t a_count, const double *b, size_t b_count,
			     double widen)
{
	struct ranked all[2 * SIGNIFICANCE_RANKS_MAX];
	size_t count = a_count + b_count;
	double na = (double)a_count, nb = (double)b_count, n = na + nb;
	double sum = 0, ties = 0, away, variance;

	if (!a_count || !b_count)
		return 1;
	for (size_t i = 0; i < a_count; i++)
		all[i] = (struct ranked){a[i], true};
	for (size_t i = 0; i < b_count; i++)
		all[a_count + i] = (struct ranked){b[i], false};
	qsort(all, count, sizeof(*all), compare);
	for (size_t i = 0, next; i < count; i = next) {
		double same;

		for (next = i + 1; next < count && all[next].value <= all[i].value; next++)
			;
		same = (double)(next - i);
		ties += same * same * same - same;
		for (size_t k = i; k < next; k++)
			sum += all[k].first ? (double)i + (same + 1) / 2 : 0;
	}
	variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
	away = fabs(sum - na * (n + 1) / 2) - 0.5;
	if (variance <= 0 || away <= 0)
		return 1;
	return erfc(away / sqrt(2 * variance * widen));
}

/* ---- several tests ---- */

static int compare_p(const void *left, const void *right)
{
	double a = **(double *const *)left, b = **(double *const *)right;

	return (a > b) - (a < b);
}

void significance_adjust(double *const *p, size_t count, size_t tests)
{
	double **order = calloc(count + 1, sizeof(*order));
	double least = 0;

	/* Without memory Bonferroni's correction, which is stricter. */
	for (size_t i = 0; i < count; i++) {
		if (order)
			order[i] = p[i];
		else
			*p[i] = fmin(1, *p[i] * (double)tests);
	}
	if (!order)
		return;
	qsort(order, count, sizeof(*order), compare_p);
	for (size_t i = 0; i < count; i++) {
		least = fmax(least, fmin(1, *order[i] * (double)(tests - i)));
		*order[i] = least;
	}
	free(order);
}
