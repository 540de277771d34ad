/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_SPARKLINE_H
#define SOCKTAPE_ANALYZE_OUTPUT_SPARKLINE_H

#include "format/buffer.h"

/* A course of numbers in one line of text. */
#define SPARKLINE_MAX 60

struct sparkline {
	double values[SPARKLINE_MAX];
	size_t count;
};

/*
 * VALUE at AT of 0 to LAST, the same LAST each time; where there are more than SPARKLINE_MAX,
 * several share a place: their sum, or (SUM false) the largest.
 */
void sparkline_add(struct sparkline *s, size_t at, size_t last, double value, bool sum);

/* From the lowest sign, for nothing, to the highest, for the largest value. */
void sparkline_append(const struct sparkline *s, struct buffer *b);

#endif
