/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/file.h"

#include <stdlib.h>

#include "analyze/output/tell.h"
#include "analyze/replay/record.h"
#include "analyze/sql/source.h"

/* One of the tables that are written. */
struct written {
	struct sql_table table;
	sqlite3_stmt *insert; /* NULL: it isn't there yet */
};

struct writing {
	struct sql_engine *engine;
	sqlite3 *db;
	struct written *tables; /* sql_table_count() of them */
	struct written *current;
	const struct sql_recording *recording;
	int rc;
};

/* The table is made with its first row, if not before. */
static bool begin_table(struct writing *w, struct written *t)
{
	char *create, *insert;

	if (t->insert)
		return true;
	create = sql_create_text(&t->table, t->table.name, SQL_CREATE_LASTING);
	insert = sql_insert_text(&t->table, t->table.name);
	w->rc = create && insert ? sqlite3_exec(w->db, create, NULL, NULL, NULL) : SQLITE_NOMEM;
	if (w->rc == SQLITE_OK)
		w->rc = sqlite3_prepare_v2(w->db, insert, -1, &t->insert, NULL);
	sqlite3_free(create);
	sqlite3_free(insert);
	return w->rc == SQLITE_OK;
}

static void bind_values(struct writing *w, struct written *t, size_t at, const struct value *values,
			size_t count)
{
	for (size_t i = 0; w->rc == SQLITE_OK && i < count; i++)
		w->rc = sql_bind(t->insert, (int)(at + i + 1), &values[i]);
}

static bool insert(struct writing *w, struct written *t)
{
	if (w->rc == SQLITE_OK)
		w->rc = sqlite3_bind_text(t->insert, 1, w->recording->name, -1, SQLITE_STATIC);
	if (w->rc == SQLITE_OK && sqlite3_step(t->insert) != SQLITE_DONE)
		w->rc = sqlite3_errcode(w->db);
	sqlite3_reset(t->insert);
	return w->rc == SQLITE_OK;
}

static bool take(void *context, const struct value *values, size_t count)
{
	struct writing *w = context;

	bind_values(w, w->current, 1, values, count);
	return insert(w, w->current);
}

static void note_status(struct writing *w, int status)
{
	if (status > w->engine->status)
		w->engine->status = status;
	if (status == STATUS_USAGE && w->rc == SQLITE_OK)
		w->rc = SQLITE_ERROR;
}

/* A record, in its protocol's table. */
static bool write_row(struct writing *w, const struct row *row, const struct value *shape)
{
	struct record_values common;
	size_t i = 0;

	while (w->tables[i].table.table != row->table)
		i++;
	if (!begin_table(w, &w->tables[i]))
		return false;
	record_fill(&common, row);
	bind_values(w, &w->tables[i], 1, common.values, RECORD_COLUMNS);
	bind_values(w, &w->tables[i], 1 + RECORD_COLUMNS, row->values, row->table->column_count);
	if (sql_table_is_shaped(&w->tables[i].table))
		bind_values(w, &w->tables[i], 1 + RECORD_COLUMNS + row->table->column_count, shape,
			    1);
	return insert(w, &w->tables[i]);
}

/* All records in one reading: in `records`, and in their own tables. */
static void write_records(struct writing *w, struct written *records)
{
	struct sql_source_options with = sql_source_options_of(w->engine, w->recording,
							       &records->table);
	struct value values[RECORD_COLUMNS + 2]; /* the line, and the shape */
	struct sql_source *s;
	int status;

	s = sql_source_open(&with, &status);
	if (!s) {
		note_status(w, status);
		return;
	}
	w->current = records;
	while (w->rc == SQLITE_OK && sql_source_next(s)) {
		if (!sql_source_values(s, values, RECORD_COLUMNS + 2))
			w->rc = SQLITE_NOMEM;
		else if (take(w, values, RECORD_COLUMNS + 2))
			write_row(w, sql_source_row(s), &values[RECORD_COLUMNS + 1]);
	}
	note_status(w, sql_source_close(s));
}

static void write_recording(struct writing *w, struct sql_recording *r)
{
	w->recording = r;
	for (size_t i = 0; i < sql_table_count() && w->rc == SQLITE_OK; i++) {
		struct written *t = &w->tables[i];
		struct sql_source_options with = sql_source_options_of(w->engine, r, &t->table);

		if (t->table.rows == SQL_ROWS_TABLE || t->table.rows == SQL_ROWS_EVENTS ||
		    !begin_table(w, t))
			continue;
		w->current = t;
		if (t->table.rows == SQL_ROWS_RECORDS)
			write_records(w, t);
		else
			note_status(w, sql_source_give(&with, take, w));
		r->told = true;
		if (w->rc == SQLITE_OK && w->engine->stopped && w->engine->stopped())
			w->rc = SQLITE_INTERRUPT;
	}
}

int sql_write_tables(struct sql_engine *e, sqlite3 *db)
{
	struct writing w = {.engine = e, .db = db};

	w.tables = calloc(sql_table_count(), sizeof(*w.tables));
	if (!w.tables)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < sql_table_count(); i++)
		w.tables[i].table = sql_table_at(i);
	w.rc = sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN", NULL,
			    NULL, NULL);
	for (size_t i = 0; i < e->count && w.rc == SQLITE_OK; i++)
		write_recording(&w, &e->recordings[i]);
	for (size_t i = 0; i < sql_table_count(); i++)
		sqlite3_finalize(w.tables[i].insert);
	free(w.tables);
	if (w.rc == SQLITE_OK)
		w.rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return w.rc;
}
