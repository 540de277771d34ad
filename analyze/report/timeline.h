/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_TIMELINE_H
#define SOCKTAPE_ANALYZE_REPORT_TIMELINE_H

#include "analyze/stat/facts.h"
#include "analyze/stat/group.h"

/* Records by the time at which they began, in intervals of a round length that suits them all. */

/* More intervals than these become fewer, longer ones. */
#define TIMELINE_INTERVALS 150

struct timeline {
	struct groups *groups; /* one an interval; NULL: none yet */
	int64_t step;	       /* ns */
	int64_t first;	       /* begin of the first interval, and of the last */
	int64_t last;
	bool no_memory;
};

/* Zero-initialised is empty. */
void timeline_add(struct timeline *t, struct facts_cache *facts, const struct row *row);

/* Intervals, those without a record counted in; 0: there was no record. */
size_t timeline_count(const struct timeline *t);

/* Of those that have records, in no order. */
struct group *const *timeline_groups(const struct timeline *t, size_t *count);

/*
 * The shortest round length of which there are at most MOST in SPAN: 1, 10, 20 or 200 ms, a minute,
 * ... Each is a multiple of those before it.
 */
int64_t timeline_step(int64_t span, int64_t most);

void timeline_free(struct timeline *t);

#endif
