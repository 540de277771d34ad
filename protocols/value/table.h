/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_TABLE_H
#define SOCKTAPE_PROTOCOLS_VALUE_TABLE_H

#include "format/buffer.h"
#include "protocols/value/value.h"

/* The unit of a moment: nanoseconds since the epoch. */
#define COLUMN_MOMENT "epoch ns"

/* A column of a table: the one place from which every output, document and test takes its names. */
struct column {
	const char *name; /* lower case and underscores; stable for ever */
	const char *sql;  /* "BIGINT", "TEXT", "BOOLEAN", "JSON" */
	const char *unit; /* "ns", "bytes", or "" */
	const char *help; /* one line */
};

/*
 * Whether a column holds what was said itself, a body or the like, and not something about it:
 * those are kept up to --keep, and say so. Tables for people do without them.
 */
static inline bool column_is_content(const struct column *column)
{
	return strstr(column->help, "up to --keep") != NULL;
}

/*
 * Rows of one kind. The name is for ever: it stands on the command line, in rows, in SQL. Outputs
 * may keep what they make of a table by its address, so there is one of each, constant.
 */
struct table {
	const char *name;	      /* lower case and underscores: "http", "kafka_messages" */
	const char *summary;	      /* one line, in the plural: "requests with their responses" */
	const struct column *columns; /* its own; what all records have is analyze's to add */
	size_t column_count;
	/* One line for a person out of a row's values: "GET /index.html 200". */
	void (*describe)(const struct value *values, struct buffer *out);
};

/* The index of a column by name; -1: the table has none, or NAME is NULL. */
static inline int table_column(const struct table *table, const char *name)
{
	for (size_t i = 0; name && i < table->column_count; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

#endif
