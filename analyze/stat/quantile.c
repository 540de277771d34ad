/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/stat/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Beyond QUANTILES_EXACT values they are counted by size, each bucket GAMMA times as far from zero
 * as the one before it; the value that stands for a bucket is then never off by more than one
 * percent (the "DDSketch" of Masson, Rim and Lee, VLDB 2019). Values nearer to zero than SMALLEST
 * count as zero, those beyond LARGEST as that.
 */
#define ERROR	 0.01
#define SMALLEST 1e-9
#define LARGEST	 1e19

/* Buckets that are made beside one that is needed. */
#define BUCKETS_BESIDE 32

struct half {
	uint64_t *counts; /* NULL: none */
	size_t first;	  /* the bucket of the first count */
	size_t len;
};

struct quantiles {
	double *values; /* while they are exact; NULL afterwards */
	size_t capacity;
	size_t exact; /* so many are */
	bool sorted;
	uint64_t count;
	double smallest, largest;
	struct half negative, positive;
	uint64_t zeros;
};

static double gamma_of(void)
{
	return (1 + ERROR) / (1 - ERROR);
}

static size_t bucket_of(double magnitude)
{
	if (magnitude > LARGEST)
		magnitude = LARGEST;
	return (size_t)ceil(log(magnitude / SMALLEST) / log(gamma_of()));
}

/* In the middle of its bounds, in proportion. */
static double bucket_value(size_t bucket)
{
	return SMALLEST * pow(gamma_of(), (double)bucket) * 2 / (1 + gamma_of());
}

struct quantiles *quantiles_new_small(size_t exact)
{
	struct quantiles *q = calloc(1, sizeof(*q));

	if (q)
		q->exact = exact;
	return q;
}

struct quantiles *quantiles_new(void)
{
	return quantiles_new_small(QUANTILES_EXACT);
}

/* ---- counting by size ---- */

/* Values lie near each other: only the buckets between them are kept, and some more. */
static bool reach_bucket(struct half *half, size_t bucket)
{
	size_t last = half->len ? half->first + half->len - 1 : bucket;
	size_t first = half->len ? half->first : bucket;
	uint64_t *counts;

	if (half->len && bucket >= first && bucket <= last)
		return true;
	if (bucket <= first)
		first = bucket > BUCKETS_BESIDE ? bucket - BUCKETS_BESIDE : 0;
	if (bucket >= last)
		last = bucket + BUCKETS_BESIDE;
	counts = calloc(last - first + 1, sizeof(*counts));
	if (!counts)
		return false;
	if (half->len)
		memcpy(counts + (half->first - first), half->counts, half->len * sizeof(*counts));
	free(half->counts);
	*half = (struct half){.counts = counts, .first = first, .len = last - first + 1};
	return true;
}

static bool count_in(struct half *half, double magnitude, uint64_t times)
{
	size_t bucket = bucket_of(magnitude);

	if (!reach_bucket(half, bucket))
		return false;
	half->counts[bucket - half->first] += times;
	return true;
}

static bool count_value(struct quantiles *q, double value)
{
	if (value >= SMALLEST)
		return count_in(&q->positive, value, 1);
	if (value <= -SMALLEST)
		return count_in(&q->negative, -value, 1);
	q->zeros++;
	return true;
}

/* From now on values are counted. */
static bool give_up_exactness(struct quantiles *q)
{
	for (uint64_t i = 0; i < q->count; i++)
		if (!count_value(q, q->values[i]))
			return false;
	free(q->values);
	q->values = NULL;
	return true;
}

/* ---- adding ---- */

static bool keep(struct quantiles *q, double value)
{
	if (!q->values || q->count == q->capacity) {
		size_t capacity = 2 * q->capacity;
		double *values;

		if (capacity > q->exact)
			capacity = q->exact;
		if (capacity < 4)
			capacity = 4;
		values = realloc(q->values, capacity * sizeof(*values));
		if (!values)
			return false;
		q->values = values;
		q->capacity = capacity;
	}
	q->values[q->count] = value;
	q->sorted = false;
	return true;
}

static bool is_exact(const struct quantiles *q)
{
	return !q->count || q->values;
}

bool quantiles_add(struct quantiles *q, double value)
{
	bool good;

	if (isnan(value))
		return true;
	if (is_exact(q) && q->count == q->exact && !give_up_exactness(q))
		return false;
	good = is_exact(q) ? keep(q, value) : count_value(q, value);
	if (!good)
		return false;
	if (!q->count || value < q->smallest)
		q->smallest = value;
	if (!q->count || value > q->largest)
		q->largest = value;
	q->count++;
	return true;
}

static bool merge_half(struct half *half, const struct half *other)
{
	for (size_t i = 0; i < other->len; i++)
		if (other->counts[i] &&
		    !count_in(half, bucket_value(other->first + i), other->counts[i]))
			return false;
	return true;
}

bool quantiles_merge(struct quantiles *q, const struct quantiles *other)
{
	if (is_exact(other)) {
		for (uint64_t i = 0; i < other->count; i++)
			if (!quantiles_add(q, other->values[i]))
				return false;
		return true;
	}
	if (is_exact(q) && !give_up_exactness(q))
		return false;
	if (!merge_half(&q->negative, &other->negative) ||
	    !merge_half(&q->positive, &other->positive))
		return false;
	q->zeros += other->zeros;
	if (!q->count || other->smallest < q->smallest)
		q->smallest = other->smallest;
	if (!q->count || other->largest > q->largest)
		q->largest = other->largest;
	q->count += other->count;
	return true;
}

/* ---- asking ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that has so many before it, from 0 on. */
static double counted_at(const struct quantiles *q, uint64_t rank)
{
	for (size_t i = q->negative.len; i-- > 0;) {
		if (rank < q->negative.counts[i])
			return -bucket_value(q->negative.first + i);
		rank -= q->negative.counts[i];
	}
	if (rank < q->zeros)
		return 0;
	rank -= q->zeros;
	for (size_t i = 0; i < q->positive.len; i++) {
		if (rank < q->positive.counts[i])
			return bucket_value(q->positive.first + i);
		rank -= q->positive.counts[i];
	}
	return q->largest;
}

static uint64_t rank_of(const struct quantiles *q, double part)
{
	double rank;

	if (!(part > 0))
		return 0;
	if (part >= 1)
		return q->count - 1;
	rank = ceil(part * (double)q->count) - 1;
	return rank > 0 ? (uint64_t)rank : 0;
}

double quantiles_at(struct quantiles *q, double part)
{
	uint64_t rank;
	double value;

	if (!q->count)
		return 0;
	rank = rank_of(q, part);
	if (is_exact(q)) {
		if (!q->sorted)
			qsort(q->values, (size_t)q->count, sizeof(*q->values), compare);
		q->sorted = true;
		return q->values[rank];
	}
	if (rank == 0)
		return q->smallest;
	if (rank == q->count - 1)
		return q->largest;
	value = counted_at(q, rank);
	if (value < q->smallest)
		return q->smallest;
	return value > q->largest ? q->largest : value;
}

uint64_t quantiles_count(const struct quantiles *q)
{
	return q->count;
}

uint64_t quantiles_above(const struct quantiles *q, double value)
{
	uint64_t above = 0;

	if (is_exact(q)) {
		for (uint64_t i = 0; i < q->count; i++)
			above += q->values[i] > value;
		return above;
	}
	for (size_t i = 0; i < q->negative.len; i++)
		if (-bucket_value(q->negative.first + i) > value)
			above += q->negative.counts[i];
	for (size_t i = 0; i < q->positive.len; i++)
		if (bucket_value(q->positive.first + i) > value)
			above += q->positive.counts[i];
	return above + (value < 0 ? q->zeros : 0);
}

size_t quantiles_memory(const struct quantiles *q)
{
	return sizeof(*q) + (q->values ? q->capacity * sizeof(*q->values) : 0) +
	       (q->negative.len + q->positive.len) * sizeof(uint64_t);
}

void quantiles_free(struct quantiles *q)
{
	if (!q)
		return;
	free(q->values);
	free(q->negative.counts);
	free(q->positive.counts);
	free(q);
}
