/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_GRID_H
#define SOCKTAPE_ANALYZE_OUTPUT_GRID_H

#include <stdbool.h>

#include "protocols/value/table.h"

/*
 * Rows of any columns as a table for people, on standard output: as wide as the first rows need,
 * numbers to the right. On a terminal it fits the terminal: long cells are cut, and columns that
 * find no room are left out, which is told.
 */
struct grid;

enum grid_style {
	GRID_TABLE,
	GRID_MARKDOWN,
};

/* COLUMNS, of which only the names count, outlive it. NULL without memory. */
struct grid *grid_new(const struct column *columns, size_t count, enum grid_style style);

/*
 * A row with as many values as there are columns, which are copied. The first rows wait until it is
 * known how wide they are; *BEGUN is set once something is printed.
 */
void grid_row(struct grid *g, const struct value *values, volatile bool *begun);

/* Prints what waits: no row may come for a while. */
void grid_flush(struct grid *g);

/* False when the output can't be written any more. */
bool grid_alive(const struct grid *g);

/* Prints what waits, and releases it. False when something could not be written. */
bool grid_free(struct grid *g);

/* Releases it, and prints nothing more. */
void grid_drop(struct grid *g);

#endif
