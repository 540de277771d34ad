/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_TABLES_H
#define SOCKTAPE_ANALYZE_SQL_TABLES_H

#include "protocols/value/table.h"

/* The tables that queries see. Their columns are those that everything else prints. */

/* Where its rows come from. */
enum sql_rows {
	SQL_ROWS_TABLE,	  /* records of one protocol's table */
	SQL_ROWS_RECORDS, /* all records: what they share, and each in one line */
	SQL_ROWS_EXCHANGES,
	SQL_ROWS_EVENTS,
	SQL_ROWS_CONNS,
	SQL_ROWS_PROCESSES,
	SQL_ROWS_LOSSES,
	SQL_ROWS_FINDINGS,
};

struct sql_table {
	const char *name;
	enum sql_rows rows;
	const struct table
		*table; /* whose columns it has; of SQL_ROWS_TABLE behind the common ones */
};

/* Tables there are. */
size_t sql_table_count(void);

/* The table with this index, below sql_table_count(). */
struct sql_table sql_table_at(size_t index);

/* Whether every row begins with the columns that all records have. */
static inline bool sql_table_is_of_records(const struct sql_table *t)
{
	return t->rows == SQL_ROWS_TABLE || t->rows == SQL_ROWS_RECORDS;
}

/* Whether the last column is what records are counted by (analyze/shape/shape.h), which is hidden.
 */
bool sql_table_is_shaped(const struct sql_table *t);

/* Columns of T, the first one, `recording`, and a hidden one counted in. */
size_t sql_column_count(const struct sql_table *t);

const struct column *sql_column(const struct sql_table *t, size_t index);

/* The index of a column of T; -1: it has none of this name. */
int sql_column_find(const struct sql_table *t, const char *name);

#endif
