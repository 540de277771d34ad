/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/tables.h"

#include <string.h>

#include "analyze/finding/finding.h"
#include "analyze/replay/conn_row.h"
#include "analyze/replay/event_row.h"
#include "analyze/replay/exchanges.h"
#include "analyze/replay/loss_row.h"
#include "analyze/replay/process_row.h"
#include "analyze/replay/record.h"
#include "analyze/shape/shape.h"
#include "protocols/protocol.h"

static const struct column recording_column = {"recording", "TEXT", "",
					       "the recording that the row is of, as it was named"};

/* Behind the common ones in `records`. */
static const struct column line_column = {"record", "TEXT", "", "the record in one line"};

static const struct table records = {
	.name = "records",
	.columns = &line_column,
	.column_count = 1,
};

static const struct sql_table others[] = {
	{"records", SQL_ROWS_RECORDS, &records},
	{"exchanges", SQL_ROWS_EXCHANGES, &exchanges_table},
	{"conns", SQL_ROWS_CONNS, &conns_table},
	{"processes", SQL_ROWS_PROCESSES, &processes_table},
	{"losses", SQL_ROWS_LOSSES, &losses_table},
	{"findings", SQL_ROWS_FINDINGS, &findings_table},
	{"events", SQL_ROWS_EVENTS, &events_table},
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

/* The INDEXth table of a protocol; NULL behind the last, with *COUNT of them. */
static const struct table *protocol_table(size_t index, size_t *count)
{
	*count = 0;
	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			if ((*count)++ == index)
				return *t;
	return NULL;
}

size_t sql_table_count(void)
{
	size_t count;

	protocol_table(SIZE_MAX, &count);
	return count + OTHERS;
}

struct sql_table sql_table_at(size_t index)
{
	size_t count;
	const struct table *table;

	if (index < OTHERS)
		return others[index];
	table = protocol_table(index - OTHERS, &count);
	return (struct sql_table){.name = table->name, .rows = SQL_ROWS_TABLE, .table = table};
}

static size_t common_count(const struct sql_table *t)
{
	return sql_table_is_of_records(t) ? RECORD_COLUMNS : 0;
}

/* A table that has a column of this name keeps it to itself. */
bool sql_table_is_shaped(const struct sql_table *t)
{
	if (t->rows != SQL_ROWS_TABLE)
		return t->rows == SQL_ROWS_RECORDS;
	return shape_has(t->table) && !shape_is_own(t->table);
}

size_t sql_column_count(const struct sql_table *t)
{
	return 1 + common_count(t) + t->table->column_count + sql_table_is_shaped(t);
}

const struct column *sql_column(const struct sql_table *t, size_t index)
{
	if (index == 0)
		return &recording_column;
	index--;
	if (index < common_count(t))
		return &record_columns[index];
	index -= common_count(t);
	return index < t->table->column_count ? &t->table->columns[index] : &shape_column;
}

int sql_column_find(const struct sql_table *t, const char *name)
{
	for (size_t i = 0; i < sql_column_count(t); i++)
		if (strcmp(sql_column(t, i)->name, name) == 0)
			return (int)i;
	return -1;
}
