/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_STAT_QUANTILE_H
#define SOCKTAPE_ANALYZE_STAT_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Quantiles of any number of values in little memory: exact as long as there are few of them, then
 * within one percent of the value. They don't depend on the order in which the values came.
 *
 * The q-quantile is the smallest value that at least the part q of all values doesn't exceed (the
 * nearest rank): always one of the values, while they are exact.
 */
struct quantiles;

/* So many values are kept as they are. */
#define QUANTILES_EXACT 10000

struct quantiles *quantiles_new(void); /* NULL without memory */

/* The same where only so many values are kept as they are: for many of them. */
struct quantiles *quantiles_new_small(size_t exact);

/* False without memory: the value isn't counted. NaN isn't either. */
bool quantiles_add(struct quantiles *q, double value);

/* Adds all values of OTHER. False without memory: some aren't counted. */
bool quantiles_merge(struct quantiles *q, const struct quantiles *other);

/* PART: 0 the smallest, 1 the largest. 0 when there are no values. */
double quantiles_at(struct quantiles *q, double part);

uint64_t quantiles_count(const struct quantiles *q);

/* How many values are above VALUE; within one percent of it where they aren't exact. */
uint64_t quantiles_above(const struct quantiles *q, double value);

/* Bytes of memory. */
size_t quantiles_memory(const struct quantiles *q);

void quantiles_free(struct quantiles *q); /* NULL is fine */

#endif
