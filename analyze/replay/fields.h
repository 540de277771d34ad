/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_FIELDS_H
#define SOCKTAPE_ANALYZE_REPLAY_FIELDS_H

#include "analyze/output/output.h"

/*
 * All columns that the rows of a listing may have, each name once: rows of several tables have some
 * of them. Zero-initialised is empty.
 */
struct fields {
	const struct column **names; /* COUNT of them, the first column of each name */
	size_t count;
	struct fields_part *parts; /* the sets of columns that rows are made of */
	size_t part_count;
	/* What else may be asked for, and is added only then: suggested too. Ends with NULL. */
	const struct column *const *on_demand;
};

struct fields_part {
	const struct column *columns;
	size_t count;
	const char *prefix;
	size_t *names; /* of each column */
	int *columns_by_name;
};

/* A set of columns that rows may have. All are added before the first row. False without memory. */
bool fields_add(struct fields *c, const struct column *columns, size_t count, const char *prefix);

/* The sets of records: what they share, and those of all tables, or of ONLY. False without memory.
 */
bool fields_add_records(struct fields *c, const struct table *only);

/* The index of a name; -1: there is none. */
int fields_find(const struct fields *c, struct span name);

/* The set that begins at COLUMNS, which was added; or NULL. */
const struct fields_part *fields_part(const struct fields *c, const struct column *columns);

/* The value of a name in a row; NULL where the row has no such column. */
const struct value *fields_value(const struct fields *c, const struct row_part *parts, size_t count,
				 size_t name);

/* "did you mean 'x'?", or what there is, for a name that there isn't. */
void fields_suggest(const struct fields *c, const char *name, struct buffer *out);

void fields_free(struct fields *c);

#endif
