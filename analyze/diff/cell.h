/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_CELL_H
#define SOCKTAPE_ANALYZE_DIFF_CELL_H

#include "analyze/diff/rate.h"
#include "analyze/replay/row.h"
#include "analyze/stat/quantile.h"

/* What is counted of some records of one side: how many, how many failed, how long, how large. */

enum cell_measure {
	CELL_LATENCY, /* ns */
	CELL_REQUEST, /* bytes */
	CELL_RESPONSE,
	CELL_MEASURES,
};

/* Records that are remembered by name, so that one near any latency can be shown. */
#define CELL_EXAMPLES 16

struct cell_example {
	int64_t ns;
	char id[ROW_ID_MAX];
};

struct cell {
	struct rate count;
	struct rate errors;
	struct quantiles *values[CELL_MEASURES][RATE_WINDOWS]; /* NULL: none */
	struct cell_example *examples; /* those with a latency, of all over the time */
	uint32_t example_count;
	uint32_t example_every; /* of so many of them one is remembered */
	uint64_t timed;
	char first[ROW_ID_MAX];
	char failed[ROW_ID_MAX]; /* the first that did; "": none */
	bool starved;		 /* some values found no room */
};

/* What of a record is counted. */
struct cell_record {
	const struct row *row;
	unsigned window;	      /* below RATE_WINDOWS */
	int64_t value[CELL_MEASURES]; /* below 0: not known */
	bool error;
	bool starved; /* there is no room but for counting it */
};

/* Bytes of memory that it took more, besides the cell; SIZE_MAX: there was none. */
size_t cell_add(struct cell *c, const struct cell_record *record);

/* All values of a measure together, to be freed. NULL without memory. */
struct quantiles *cell_values(const struct cell *c, enum cell_measure measure);

/* How many values of a measure there are, and how many are above VALUE, window by window. */
void cell_above(const struct cell *c, enum cell_measure measure, double value, struct rate *count,
		struct rate *above);

/* The id of a record that took about NS; of any where none has a latency. */
const char *cell_example(const struct cell *c, double ns);

void cell_free(struct cell *c); /* what it refers to, and itself; NULL is fine */

#endif
