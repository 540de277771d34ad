/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_SIGNIFICANCE_H
#define SOCKTAPE_ANALYZE_DIFF_SIGNIFICANCE_H

#include <stddef.h>
#include <stdint.h>

/*
 * How likely chance alone makes such a difference: p-values, from 0 to 1, two-sided. Pure
 * functions of their arguments: nothing is drawn at random.
 */

/*
 * Fisher's exact test of HITS among COUNT on either side: twice the smaller tail of the
 * hypergeometric distribution. 1 where either count is 0.
 */
double significance_of_counts(const uint64_t hits[2], const uint64_t count[2]);

/*
 * The rank test of Mann and Whitney (also Wilcoxon's), by its normal approximation with correction
 * for ties and continuity: whether values of one side tend to be above those of the other. 1 where
 * all are equal. COUNT of each side is at most SIGNIFICANCE_RANKS_MAX. WIDEN, from 1 on: so many
 * times the variance is taken, for values that aren't independent.
 */
#define SIGNIFICANCE_RANKS_MAX 32
double significance_of_ranks(const double *a, size_t a_count, const double *b, size_t b_count,
			     double widen);

/*
 * P-values of COUNT of TESTS tests, the others' taken for larger, to those that hold for all tests
 * together (Holm, A simple sequentially rejective multiple test procedure, 1979). In place.
 */
void significance_adjust(double *const *p, size_t count, size_t tests);

#endif
