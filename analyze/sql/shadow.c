/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/tell.h"
#include "analyze/sql/engine.h"
#include "analyze/sql/source.h"

/* Copying the rows of a table into one of SQLite's own. */

struct copy {
	struct sql_engine *engine;
	sqlite3_stmt *insert;
	int rc;
};

static bool insert(void *context, const struct value *values, size_t count)
{
	struct copy *c = context;

	for (size_t i = 0; c->rc == SQLITE_OK && i < count; i++)
		c->rc = sql_bind(c->insert, (int)i + 2, &values[i]);
	if (c->rc == SQLITE_OK && sqlite3_step(c->insert) != SQLITE_DONE)
		c->rc = sqlite3_errcode(c->engine->db);
	sqlite3_reset(c->insert);
	return c->rc == SQLITE_OK;
}

static int create(struct sql_engine *e, const struct sql_table *t, const char *name)
{
	char *sql = sql_create_text(t, name, SQL_CREATE_TEMPORARY);
	int rc = sql ? sqlite3_exec(e->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

static int prepare_insert(struct copy *c, const struct sql_table *t, const char *name)
{
	char *sql = sql_insert_text(t, name);
	int rc = sql ? sqlite3_prepare_v2(c->engine->db, sql, -1, &c->insert, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

static int copy_recording(struct copy *c, const struct sql_table *t, struct sql_recording *r)
{
	struct sql_engine *e = c->engine;
	const struct sql_source_options with = sql_source_options_of(e, r, t);
	int status;

	c->rc = sqlite3_bind_text(c->insert, 1, r->name, -1, SQLITE_STATIC);
	if (c->rc != SQLITE_OK)
		return c->rc;
	status = sql_source_give(&with, insert, c);
	r->told = true;
	if (status == STATUS_USAGE)
		return SQLITE_ERROR;
	if (status > e->status)
		e->status = status;
	return c->rc == SQLITE_OK && e->stopped && e->stopped() ? SQLITE_INTERRUPT : c->rc;
}

static int index_column(struct sql_engine *e, const struct sql_table *t, const char *name,
			const char *column)
{
	char *sql;
	int rc;

	if (sql_column_find(t, column) < 0)
		return SQLITE_OK;
	sql = sqlite3_mprintf("CREATE INDEX temp.\"%w_%w\" ON \"%w\"(\"%w\")", name, column, name,
			      column);
	if (!sql)
		return SQLITE_NOMEM;
	rc = sqlite3_exec(e->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return rc;
}

static int fill(struct sql_engine *e, const struct sql_table *t, const char *name)
{
	static const char *const indexed[] = {"conn", "pid", "record_id"};
	struct copy c = {.engine = e};
	int rc = create(e, t, name);

	if (rc == SQLITE_OK)
		rc = prepare_insert(&c, t, name);
	for (size_t i = 0; rc == SQLITE_OK && i < e->count; i++)
		rc = copy_recording(&c, t, &e->recordings[i]);
	sqlite3_finalize(c.insert);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(indexed) / sizeof(indexed[0]); i++)
		rc = index_column(e, t, name, indexed[i]);
	return rc;
}

static void drop(struct sql_engine *e, const char *name)
{
	char *sql = sqlite3_mprintf("DROP TABLE IF EXISTS temp.\"%w\"", name);

	if (sql)
		sqlite3_exec(e->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
}

int sql_shadow(struct sql_engine *e, const struct sql_table *t, char **name)
{
	char *shadow = sqlite3_mprintf("socktape_rows_of_%s", t->name);
	bool trusted = e->trusted;
	int rc;

	if (!shadow)
		return SQLITE_NOMEM;
	e->trusted = true;
	rc = fill(e, t, shadow);
	if (rc == SQLITE_OK) {
		*name = shadow;
	} else {
		drop(e, shadow);
		sqlite3_free(shadow);
	}
	e->trusted = trusted;
	return rc;
}
