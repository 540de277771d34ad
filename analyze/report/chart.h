/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_CHART_H
#define SOCKTAPE_ANALYZE_REPORT_CHART_H

#include "analyze/report/html.h"

/*
 * Charts over time as SVG whose width is the page's: places are percentages, so lines and letters
 * keep their size. One interval is one bar.
 */

/* A scale for values from 0, or (log) from LOW. */
struct chart_scale {
	bool log;
	double low;
	double high;
};

/* One that holds 0 to HIGH, and ends with a round number. */
struct chart_scale chart_linear(double high);

/* One in powers of ten, that holds both. */
struct chart_scale chart_log(double low, double high);

/* Where VALUE stands, in percent from above. */
double chart_y(const struct chart_scale *s, double value);

/* A chart's title, its unit and legend are the caller's; then: */
void chart_begin(struct html *h, const struct chart_scale *s,
		 void (*label)(struct html *h, double));

/* A bar of interval I of COUNT from the value FROM to TO; CSS is a literal. */
void chart_bar(struct html *h, const struct chart_scale *s, size_t i, size_t count, double from,
	       double to, const char *css);

/* A line from the middle of interval I to that of J. */
void chart_line(struct html *h, const struct chart_scale *s, size_t i, double a, size_t j, double b,
		size_t count, const char *css);

/* What is told of an interval: its text follows, then chart_end_hint(). */
void chart_begin_hint(struct html *h, size_t i, size_t count);
void chart_end_hint(struct html *h);

void chart_end(struct html *h);

/* Below the charts: when it was. FIRST is the begin of the first of COUNT intervals of STEP ns. */
void chart_times(struct html *h, int64_t first, int64_t step, size_t count);

#endif
