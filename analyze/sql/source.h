/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_SOURCE_H
#define SOCKTAPE_ANALYZE_SQL_SOURCE_H

#include "analyze/replay/selection.h"
#include "analyze/sql/tables.h"

/* The rows of a table, read out of one recording. */
struct sql_source;
struct row;

struct shapes;

/* What makes shapes of TABLE's records; NULL: they can't be made. */
typedef const struct shapes *sql_source_shapes_fn(void *context, const struct table *table);

struct sql_source_options {
	const char *command; /* in whose name problems are told */
	const char *path;
	const struct sql_table *table;
	struct selection *selection;	  /* outlives the source; NULL: all rows */
	struct selection *all_of;	  /* and so are records; as that */
	struct keylog *keylog;		  /* may be NULL */
	struct protobuf_schema *protobuf; /* as that */
	const struct protocol *decode_as; /* as in struct replay_options */
	const struct wanted *wanted;	  /* columns of records that are asked for; NULL: all */
	uint64_t memory;		  /* bytes; 0: as everywhere */
	unsigned threads;
	const volatile bool *hushed;  /* no more progress is told once it is true; may be NULL */
	bool again;		      /* its problems were told */
	bool (*stopped)(void);	      /* whether reading is to end early; may be NULL */
	sql_source_shapes_fn *shapes; /* NULL: shapes are null */
	void *shapes_context;
};

/*
 * NULL: why was told, and *STATUS says what to exit with. Rows of SQL_ROWS_TABLE, _RECORDS,
 * _EXCHANGES and _EVENTS can be pulled one after the other.
 */
struct sql_source *sql_source_open(const struct sql_source_options *options, int *status);

/* The next row, valid until the next call. False after the last. */
bool sql_source_next(struct sql_source *s);

/* A value of the row; COLUMN counts from behind `recording`. NULL: it can't be made. */
const struct value *sql_source_value(struct sql_source *s, size_t column);

/* The first COUNT of them; false where one can't be made. */
bool sql_source_values(struct sql_source *s, struct value *values, size_t count);

/* The row itself, of records and exchanges. */
const struct row *sql_source_row(const struct sql_source *s);

/* What to exit with: STATUS_DAMAGED where something could not be read. NULL is fine. */
int sql_source_close(struct sql_source *s);

/* Gives all rows of the other tables to TAKE, without its `recording`; what to exit with. */
typedef bool sql_source_take_fn(void *context, const struct value *values, size_t count);
int sql_source_give(const struct sql_source_options *options, sql_source_take_fn *take,
		    void *context);

#endif
