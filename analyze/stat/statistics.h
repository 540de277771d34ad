/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_STAT_STATISTICS_H
#define SOCKTAPE_ANALYZE_STAT_STATISTICS_H

#include "analyze/listing/fields.h"
#include "analyze/shape/shape.h"
#include "analyze/stat/facts.h"
#include "analyze/stat/group.h"
#include "analyze/stat/repeats.h"

/* Columns by which records can be counted. */
#define STATISTICS_BY_MAX 16

/*
 * Records, counted by the values of some columns, of which one may be their shape. Records are
 * given in the order of their beginnings.
 */
struct statistics {
	/* Set before: of the rows' columns, which outlive it; over so many ns, 0: over all time. */
	const struct fields *fields;
	size_t by[STATISTICS_BY_MAX]; /* names of the fields */
	size_t by_count;
	int shape; /* which of them is the shape; -1: none */
	int64_t over;
	size_t memory; /* bytes for groups */

	struct groups *groups;
	struct shapes *shapes;
	struct repeats *repeats;
	struct facts_cache facts;
	struct buffer key;
	struct buffer text;
	int64_t first; /* when the first and the last record began that were counted; 0: none */
	int64_t last;
	uint64_t count;
	int64_t total_ns;
	bool no_memory;
};

/* False without memory. */
bool statistics_begin(struct statistics *s);

/*
 * One more record; COMMON are its values of record_columns. COUNTED: whether it counts, and isn't
 * only looked at for repeats. Its shape is in shape_column.
 */
void statistics_add(struct statistics *s, const struct row *row, const struct value *common,
		    bool counted);

/* After the last: all groups, those of one shape together. False without memory. */
bool statistics_end(struct statistics *s);

void statistics_free(struct statistics *s);

#endif
