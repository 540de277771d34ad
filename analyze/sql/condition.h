/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ANALYZE_SQL_CONDITION_H
#define ANALYZE_SQL_CONDITION_H

#include <sqlite3.h>

#include "analyze/replay/selection.h"
#include "analyze/sql/tables.h"

/*
 * Which of a query's conditions the recording can look up. Each has a letter, by which the plan of
 * a query (struct sqlite3_index_info.idxStr) hands it to the reading.
 */

#define SQL_LETTER_RECORDING 'R'
#define SQL_LETTER_AFTER     '>' /* ts; both may be the time itself */
#define SQL_LETTER_BEFORE    '<'
#define SQL_LETTER_AT	     '='

/* That a column is equal to a value; what it is for a selection. */
struct sql_condition {
	const char *column;
	char letter;
	enum selection_kind kind;
};

/* The letter of a condition on T, or 0: SQLite has to test it alone. */
char sql_condition_letter(const struct sql_table *t, const struct sqlite3_index_constraint *c);

/* NULL: it is one of the letters above, or none. */
const struct sql_condition *sql_condition_of(char letter);

/* How much of a table is left by a condition, for the planner: guesses that keep an order. */
double sql_condition_share(char letter);

#endif
