/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_RETELLING_H
#define SOCKTAPE_ANALYZE_DIFF_RETELLING_H

#include <stdio.h>

#include "analyze/replay/row.h"
#include "format/map.h"

/*
 * The records of one recording as two versions of the parsers tell them: what `show --json` printed
 * before, and what it would print now. Records are the same that have the same id and table.
 */

enum answer_kind {
	ANSWER_WENT, /* records that are no more, or a column of records that both have */
	ANSWER_CAME,
	ANSWER_CHANGED, /* a column has another value */
};

#define ANSWER_EXAMPLES 3
/* So much of a value is kept for people, with its end. */
#define ANSWER_VALUE 48

struct answer_change {
	enum answer_kind kind;
	char *table;
	char *column; /* "": records as a whole */
	uint64_t count;
	char examples[ANSWER_EXAMPLES][ROW_ID_MAX]; /* ids of the first; "": no more */
	char value[2][ANSWER_VALUE];		    /* of the first, as JSON; "": none */
};

struct retelling {
	/* Set before. */
	FILE *old;
	size_t memory; /* bytes for records that wait for the other side's */

	struct map changes;    /* struct answer_change */
	struct map waiting[2]; /* struct answer_line, by id and table: old and new ones */
	size_t used;
	uint64_t records[2];
	uint64_t line; /* of the old ones, from 1 on */
	uint64_t bad;  /* lines that are no records */
	uint64_t first_bad;
	int error;  /* errno of reading the old ones; 0: nothing went wrong */
	char *text; /* for getline() */
	size_t text_size;
	bool overflowed; /* the two are in so different orders that what waits found no room */
	bool no_memory;
};

/* A record of now, as JSON. False when it is of no use to go on. */
bool retelling_take(struct retelling *a, struct span json);

/* All were taken. */
void retelling_end(struct retelling *a);

/* All changes, by table, then whole records, then by column; to be freed. NULL without memory. */
struct answer_change **retelling_in_order(const struct retelling *a);

void retelling_free(struct retelling *a);

#endif
