/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_LISTING_FILTER_H
#define SOCKTAPE_ANALYZE_LISTING_FILTER_H

#include "analyze/replay/fields.h"

/*
 * A condition in SQL over the columns of rows, with the functions that queries have: SQLite asks it
 * of a table that has one row at a time. Columns that a row doesn't have are null.
 */
struct filter;

/* NULL: what is wrong with EXPR is in WHY. The fields must outlive it, and stay as it is. */
struct filter *filter_new(const struct fields *fields, const char *expr, struct buffer *why);

/* Whether the row has it: true, neither false nor null. */
bool filter_passes(struct filter *f, const struct row_part *parts, size_t count);

/* What went wrong while it was asked: NULL, nothing. */
const char *filter_error(const struct filter *f);

void filter_free(struct filter *f); /* NULL is fine */

#endif
