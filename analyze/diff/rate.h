/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_RATE_H
#define SOCKTAPE_ANALYZE_DIFF_RATE_H

#include <stdint.h>

/*
 * How often something happens among records, counted in windows of time, so that it is known how
 * far it goes up and down by itself.
 */

/* Windows into which the time of either side is cut. */
#define RATE_WINDOWS 24

struct rate {
	uint32_t in[RATE_WINDOWS];
};

uint64_t rate_sum(const struct rate *r);

/*
 * How likely chance makes HITS among COUNT of two sides so different; 1 where there is too little
 * to tell: fewer than RATE_LEAST_WINDOWS with records on either side, or less than RATE_LEAST
 * records. It is the larger of:
 *  - Fisher's exact test of the sums, as if each record were on its own;
 *  - the rank test of Mann and Whitney of the windows' rates, to which a burst is one window of
 *    many. Its variance grows by what neighbouring windows of a side have in common, by the kernel
 *    of Newey and West (A simple, positive semi-definite, heteroskedasticity and autocorrelation
 *    consistent covariance matrix, 1987).
 */
#define RATE_LEAST_WINDOWS 4
#define RATE_LEAST	   20
double rate_test(const struct rate hits[2], const struct rate count[2]);

#endif
