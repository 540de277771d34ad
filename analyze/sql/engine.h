/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_ENGINE_H
#define SOCKTAPE_ANALYZE_SQL_ENGINE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/sql/source.h"

/*
 * Recordings as tables of an SQLite database. Rows are read out of the recordings while a query
 * runs; what a query asks for by connection, process, time, protocol, role and outcome is looked up
 * in the recording's index. Nothing is ever written to a recording.
 */
struct sql_recording {
	char *name; /* in the column `recording` */
	char *path;
	bool told; /* its problems */
};

struct sql_engine {
	sqlite3 *db; /* not owned */
	const char *command;
	struct sql_recording *recordings;
	size_t count;
	struct keylog *keylog;		  /* not owned; may be NULL */
	struct protobuf_schema *protobuf; /* as that */
	struct selection *selection;	  /* records are only those of it; as that */
	const struct protocol
		*decode_as; /* not inferred: all connections speak it; NULL: they are */
	uint64_t memory;    /* bytes for reading; 0: as everywhere */
	unsigned threads;
	int status;	       /* what reading ended with: 0, or STATUS_DAMAGED */
	bool (*stopped)(void); /* whether the statement that runs is to end; NULL: never */
	volatile bool hushed;  /* rows are being printed: progress isn't */
	bool trusted;	       /* its own statements run: they may do what a user's may not */
	struct shapes *shapes; /* what the recordings have in common; NULL: wasn't asked for */
	size_t learnt;	       /* recordings that it was learnt from */
	unsigned refs;
};

/* For DB, which must outlive it. One reference is the caller's. NULL without memory. */
struct sql_engine *sql_engine_new(sqlite3 *db, const char *command);

/* Adds the recording at PATH, NAME in its column. False without memory. */
bool sql_engine_add(struct sql_engine *e, const char *name, const char *path);

/* Makes the tables, functions and views of the recordings: an SQLite result code. */
int sql_engine_start(struct sql_engine *e);

/* From now on statements read only: none attaches a file or loads code. */
void sql_engine_restrict(struct sql_engine *e);

void sql_engine_hold(struct sql_engine *e);
void sql_engine_release(void *engine);

/* ---- of the engine's own parts ---- */

/* How T is read out of R, all rows of it. */
struct sql_source_options sql_source_options_of(struct sql_engine *e, const struct sql_recording *r,
						const struct sql_table *t);

/*
 * All rows of T in a temporary table of SQLite's, with its index, for what is read again and again.
 * *NAME is its name, to be freed with sqlite3_free(). An SQLite result code.
 */
int sql_shadow(struct sql_engine *e, const struct sql_table *t, char **name);

/* module.c: registers one virtual table for each of sql_table_at(). */
int sql_module_register(struct sql_engine *e);

/* function.c: aggregates and functions. */
int sql_functions_register(sqlite3 *db);

/* views.c */
int sql_views_create(sqlite3 *db);

/* The value as SQLite has it: text that isn't valid UTF-8 is a blob. */
void sql_result(sqlite3_context *context, const struct value *value);

/* The same, for a parameter of a statement; the value stays until it has run. A result code. */
int sql_bind(sqlite3_stmt *statement, int at, const struct value *value);

/*
 * learn.c: with what the shapes of TABLE's records are made. The first time it is asked for what
 * has to be learnt, all recordings are read. NULL without memory, and when the statement is to end.
 */
sql_source_shapes_fn sql_shapes;

enum sql_create {
	SQL_CREATE_VIRTUAL,
	SQL_CREATE_TEMPORARY,
	SQL_CREATE_LASTING
};

/* CREATE TABLE for T, to be freed with sqlite3_free(); NULL without memory. */
char *sql_create_text(const struct sql_table *t, const char *name, enum sql_create kind);

/* INSERT for T, with one parameter a column. */
char *sql_insert_text(const struct sql_table *t, const char *name);

#endif
