/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_STAT_STATISTICS_H
#define SOCKTAPE_ANALYZE_STAT_STATISTICS_H

#include "analyze/replay/fields.h"
#include "analyze/shape/shape.h"
#include "analyze/stat/facts.h"
#include "analyze/stat/group.h"
#include "analyze/stat/repeats.h"

/* Columns by which records can be counted. */
#define STATISTICS_BY_MAX 16

/* Groups that are found at once. */
#define STATISTICS_RECENT 256

struct statistics_recent;

/* Learns the shapes of all records there are. False without memory. */
typedef bool statistics_learn_fn(void *context, struct shapes *shapes);

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
	size_t memory;		    /* bytes for groups */
	statistics_learn_fn *learn; /* NULL: the records that are given are all */
	void *learn_context;

	struct groups *groups;
	struct shapes *shapes;
	struct repeats *repeats;
	struct statistics_recent *recent; /* STATISTICS_RECENT; NULL: none */
	struct facts_cache facts;
	struct buffer key;
	struct buffer text;
	int64_t first; /* when the first and the last record began that were counted; 0: none */
	int64_t last;
	uint64_t count;
	int64_t total_ns;
	bool fills; /* columns are wanted that all records share */
	bool learnt;
	bool no_memory;
};

/* False without memory. */
bool statistics_begin(struct statistics *s);

/*
 * Learns the shapes of all, unless that was done: from now on statistics_shape() gives those that
 * they have in the end. False without memory.
 */
bool statistics_learn(struct statistics *s);

/* The shape of a record; valid until the next call of any. */
struct value statistics_shape(struct statistics *s, const struct row *row);

/*
 * One more record. ONCE: it is no second view of an exchange; COUNTED: nor left out by a condition.
 * What is neither is only looked at for repeats.
 */
void statistics_add(struct statistics *s, const struct row *row, bool once, bool counted);

/* After the last: all groups, those of one shape together. False without memory. */
bool statistics_end(struct statistics *s);

void statistics_free(struct statistics *s);

#endif
