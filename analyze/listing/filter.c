/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/listing/filter.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "analyze/sql/engine.h"

struct filter {
	const struct fields *fields;
	sqlite3 *db;
	sqlite3_stmt *statement;
	char *error;

	/* The row that is asked about. */
	const struct row_part *parts;
	size_t count;
};

/* ---- the table with one row ---- */

struct one_table {
	sqlite3_vtab base;
	struct filter *filter;
};

struct one_cursor {
	sqlite3_vtab_cursor base;
	bool ended;
};

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **result,
		   char **message)
{
	struct filter *f = aux;
	struct one_table *t = calloc(1, sizeof(*t));
	sqlite3_str *sql = sqlite3_str_new(db);
	char *text;
	int rc;

	(void)argc;
	(void)argv;
	(void)message;
	sqlite3_str_appendall(sql, "CREATE TABLE x(");
	for (size_t i = 0; i < f->fields->count; i++)
		sqlite3_str_appendf(sql, "%s\"%w\" %s", i ? ", " : "", f->fields->names[i]->name,
				    f->fields->names[i]->sql);
	sqlite3_str_appendall(sql, ")");
	text = sqlite3_str_finish(sql);
	rc = t && text ? sqlite3_declare_vtab(db, text) : SQLITE_NOMEM;
	sqlite3_free(text);
	if (rc != SQLITE_OK) {
		free(t);
		return rc;
	}
	t->filter = f;
	*result = &t->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base)
{
	free(base);
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	(void)base;
	info->estimatedCost = 1;
	info->estimatedRows = 1;
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **result)
{
	struct one_cursor *c = calloc(1, sizeof(*c));

	(void)base;
	if (!c)
		return SQLITE_NOMEM;
	*result = &c->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	free(base);
	return SQLITE_OK;
}

static int begin(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
		 sqlite3_value **argv)
{
	(void)number;
	(void)text;
	(void)argc;
	(void)argv;
	((struct one_cursor *)base)->ended = false;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
	((struct one_cursor *)base)->ended = true;
	return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *base)
{
	return ((struct one_cursor *)base)->ended;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int index)
{
	const struct filter *f = ((struct one_table *)base->pVtab)->filter;
	const struct value *v = fields_value(f->fields, f->parts, f->count, (size_t)index);

	if (v)
		sql_result(context, v);
	return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
	(void)base;
	*id = 1;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.iVersion = 1,
	.xConnect = connect,
	.xBestIndex = best_index,
	.xDisconnect = disconnect,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = begin,
	.xNext = next,
	.xEof = eof,
	.xColumn = column,
	.xRowid = rowid,
};

/* ---- the condition ---- */

/* It reads the row, and nothing else. */
static int authorize(void *context, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	(void)context;
	(void)database;
	(void)trigger;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		return first && sqlite3_stricmp(first, "row") == 0 ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_FUNCTION:
		return second && sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY
										: SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

/* A name in SQLite's message that isn't a column's. */
static void explain(const struct filter *f, struct buffer *why)
{
	static const char unknown[] = "no such column: ";
	const char *message = sqlite3_errmsg(f->db);

	buffer_append_text(why, message);
	if (strncmp(message, unknown, strlen(unknown)) != 0)
		return;
	buffer_append_text(why, "; ");
	fields_suggest(f->fields, message + strlen(unknown), why);
}

static bool prepare(struct filter *f, const char *expr, struct buffer *why)
{
	char *sql = sqlite3_mprintf("SELECT 1 FROM row WHERE (%s\n)", expr);
	const char *tail = "";
	int rc = sql ? sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &f->statement,
					  &tail)
		     : SQLITE_NOMEM;
	bool good = rc == SQLITE_OK && !*tail && f->statement;

	if (rc != SQLITE_OK)
		explain(f, why);
	else if (!good)
		buffer_append_text(why, "that is more than one condition");
	sqlite3_free(sql);
	return good;
}

struct filter *filter_new(const struct fields *fields, const char *expr, struct buffer *why)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f) {
		buffer_append_text(why, "there is no memory");
		return NULL;
	}
	f->fields = fields;
	/* The table is made when it is first named. */
	if (sqlite3_open(":memory:", &f->db) == SQLITE_OK &&
	    sql_functions_register(f->db) == SQLITE_OK &&
	    sqlite3_create_module(f->db, "row", &module, f) == SQLITE_OK &&
	    sqlite3_exec(f->db, "EXPLAIN SELECT 1 FROM row", NULL, NULL, NULL) == SQLITE_OK) {
		sqlite3_set_authorizer(f->db, authorize, NULL);
		/* A name in double quotes is a column's, and no text. */
		sqlite3_db_config(f->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
		if (prepare(f, expr, why))
			return f;
	} else {
		buffer_append_text(why, sqlite3_errmsg(f->db));
	}
	filter_free(f);
	return NULL;
}

bool filter_passes(struct filter *f, const struct row_part *parts, size_t count)
{
	int rc;

	f->parts = parts;
	f->count = count;
	rc = sqlite3_step(f->statement);
	sqlite3_reset(f->statement);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE && !f->error)
		f->error = sqlite3_mprintf("%s", sqlite3_errmsg(f->db));
	return rc == SQLITE_ROW;
}

const char *filter_error(const struct filter *f)
{
	return f->error;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	sqlite3_finalize(f->statement);
	sqlite3_close(f->db);
	sqlite3_free(f->error);
	free(f);
}
