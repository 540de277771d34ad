/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/diff/significance.h"

/* Windows apart that may be alike. */
#define LAGS 3

/* Of the windows so many parts are at either end taken for bursts, or stops. */
#define TRIMMED 6

struct side {
	double rates[RATE_WINDOWS]; /* of the windows with records, by time */
	size_t count;
};

uint64_t rate_sum(const struct rate *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < RATE_WINDOWS; i++)
		sum += r->in[i];
	return sum;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double clamp(double value, double least, double most)
{
	return fmin(fmax(value, least), most);
}

/* What the rates are away from their mean, squared, and what neighbours share of that. */
struct likeness {
	double own;
	double shared;
};

/* Bursts are clamped. */
static void add_likeness(struct likeness *l, const struct side *s)
{
	double sorted[RATE_WINDOWS], away[RATE_WINDOWS], middle = 0;
	size_t n = s->count, trim = n / TRIMMED;

	memcpy(sorted, s->rates, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		away[i] = clamp(s->rates[i], sorted[trim], sorted[n - 1 - trim]);
		middle += away[i] / (double)n;
	}
	if (sorted[trim] >= sorted[n - 1 - trim])
		return;
	for (size_t i = 0; i < n; i++) {
		away[i] -= middle;
		l->own += away[i] * away[i];
	}
	for (size_t lag = 1; lag <= LAGS; lag++)
		for (size_t i = lag; i < n; i++)
			l->shared += 2 * (1 - (double)lag / (LAGS + 1)) * away[i] * away[i - lag];
}

/*
 * By how much the variance of a mean is larger because neighbours are alike; that only makes it
 * wider.
 */
static double widening(const struct side *a, const struct side *b)
{
	struct likeness l = {0};

	add_likeness(&l, a);
	add_likeness(&l, b);
	return l.own > 0 ? fmax(1, 1 + l.shared / l.own) : 1;
}

static struct side look_at(const struct rate *hits, const struct rate *count)
{
	struct side s = {.count = 0};

	for (size_t i = 0; i < RATE_WINDOWS; i++)
		if (count->in[i])
			s.rates[s.count++] = (double)hits->in[i] / (double)count->in[i];
	return s;
}

double rate_test(const struct rate hits[2], const struct rate count[2])
{
	uint64_t x[2] = {rate_sum(&hits[0]), rate_sum(&hits[1])};
	uint64_t n[2] = {rate_sum(&count[0]), rate_sum(&count[1])};
	struct side a = look_at(&hits[0], &count[0]), b = look_at(&hits[1], &count[1]);

	if (n[0] < RATE_LEAST || n[1] < RATE_LEAST || a.count < RATE_LEAST_WINDOWS ||
	    b.count < RATE_LEAST_WINDOWS)
		return 1;
	return fmax(significance_of_counts(x, n),
		    significance_of_ranks(a.rates, a.count, b.rates, b.count, widening(&a, &b)));
}
