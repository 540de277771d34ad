/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sql/choice.h"
#include "analyze/sql/condition.h"
#include "analyze/sql/engine.h"
#include "analyze/sql/source.h"
#include "protocols/value/wanted.h"

/*
 * The virtual tables. A query's conditions on the columns that the recording is indexed by become a
 * selection; SQLite tests all conditions again, so a selection may let more pass than was asked
 * for. A table that is read more than once, as the inner one of a join, is copied into a temporary
 * table of SQLite's the second time; the small ones are at once.
 */
struct vtab {
	sqlite3_vtab base;
	struct sql_engine *engine;
	struct sql_table table;
	char *shadow; /* its name, once it is there */
};

struct vtab_cursor {
	sqlite3_vtab_cursor base;
	unsigned filtered; /* how often */
	sqlite3_int64 rowid;
	bool ended;

	/* Out of the recordings, one after the other. */
	size_t recording;
	struct sql_source *source;
	struct sql_choice choice;
	struct wanted wanted[2]; /* the table's columns that are read; without a table: all */

	sqlite3_stmt *shadow; /* or out of the shadow */
};

/* In front of the letters stand the columns that are read, in hexadecimal, as SQLite counts them.
 */
#define COLUMNS_LEN 16

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	const struct vtab *v = (struct vtab *)base;
	double rows = v->table.rows >= SQL_ROWS_CONNS ? 1e4 : 1e6;
	char *text = sqlite3_malloc(COLUMNS_LEN + info->nConstraint + 1);
	char *letters;
	int count = 0;

	if (!text)
		return SQLITE_NOMEM;
	letters = text + COLUMNS_LEN;
	snprintf(text, COLUMNS_LEN + 1, "%0*" PRIx64, COLUMNS_LEN, (uint64_t)info->colUsed);
	for (int i = 0; i < info->nConstraint; i++) {
		char letter = sql_condition_letter(&v->table, &info->aConstraint[i]);

		if (!letter)
			continue;
		rows *= sql_condition_share(letter);
		letters[count++] = letter;
		info->aConstraintUsage[i].argvIndex = count;
		/* All values of an IN at once. */
		if (sqlite3_vtab_in(info, i, -1))
			sqlite3_vtab_in(info, i, 1);
	}
	letters[count] = '\0';
	info->idxStr = text;
	info->needToFreeIdxStr = 1;
	info->estimatedRows = rows < 1 ? 1 : (sqlite3_int64)rows;
	/* A recording is mostly read through, whatever is looked for. */
	info->estimatedCost = v->shadow || v->table.rows >= SQL_ROWS_CONNS ? rows * 3 + 10
									   : 1e6 + rows * 3;
	return SQLITE_OK;
}

/* ---- connecting ---- */

struct module {
	struct sql_engine *engine;
	struct sql_table table;
};

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **result,
		   char **message)
{
	const struct module *m = aux;
	struct vtab *v;
	char *sql = sql_create_text(&m->table, "x", SQL_CREATE_VIRTUAL);
	int rc = sql ? sqlite3_declare_vtab(db, sql) : SQLITE_NOMEM;

	(void)argc;
	(void)argv;
	sqlite3_free(sql);
	if (rc != SQLITE_OK) {
		*message = sqlite3_mprintf("%s", sqlite3_errmsg(db));
		return rc;
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		return SQLITE_NOMEM;
	v->engine = m->engine;
	v->table = m->table;
	*result = &v->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base)
{
	struct vtab *v = (struct vtab *)base;

	sqlite3_free(v->shadow);
	free(v);
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **result)
{
	struct vtab_cursor *c = calloc(1, sizeof(*c));

	(void)base;
	if (!c)
		return SQLITE_NOMEM;
	*result = &c->base;
	return SQLITE_OK;
}

static struct vtab *vtab_of(const struct vtab_cursor *c)
{
	return (struct vtab *)c->base.pVtab;
}

static void end_source(struct vtab_cursor *c)
{
	struct sql_engine *e = vtab_of(c)->engine;
	int status = sql_source_close(c->source);

	if (c->source && status > e->status)
		e->status = status;
	c->source = NULL;
}

static void reset(struct vtab_cursor *c)
{
	end_source(c);
	sql_choice_free(&c->choice);
	sqlite3_finalize(c->shadow);
	c->shadow = NULL;
	c->recording = 0;
	c->ended = false;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	struct vtab_cursor *c = (struct vtab_cursor *)base;

	reset(c);
	free(c);
	return SQLITE_OK;
}

/* ---- rows out of the recordings ---- */

/*
 * The columns that are read, as those of the table alone, which stand behind common ones. The shape
 * is made of any.
 */
static void want_columns(struct vtab_cursor *c, const char *text)
{
	const struct sql_table *t = &vtab_of(c)->table;
	size_t count = sql_column_count(t), before = count - sql_table_is_shaped(t);
	struct wanted *w = &c->wanted[0];
	uint64_t bits = strtoull(text, NULL, 16);

	*w = (struct wanted){0};
	if (t->rows != SQL_ROWS_TABLE || (before < count && bits & wanted_bit(before)))
		return;
	w->table = t->table;
	before -= t->table->column_count;
	for (size_t i = 0; i < t->table->column_count; i++)
		if (bits & wanted_bit(before + i))
			w->columns |= wanted_bit(i);
}

/* The next row, of this recording or the next ones. */
static int step_source(struct vtab_cursor *c)
{
	struct vtab *v = vtab_of(c);
	struct sql_engine *e = v->engine;

	for (;;) {
		struct sql_recording *r;
		struct sql_source_options with;
		int status;

		if (c->source && sql_source_next(c->source))
			return SQLITE_OK;
		if (e->stopped && e->stopped())
			return SQLITE_INTERRUPT;
		if (c->source) {
			end_source(c);
			c->recording++;
		}
		while (c->recording < e->count &&
		       !sql_choice_takes(&c->choice, e->recordings[c->recording].name))
			c->recording++;
		c->ended = c->recording == e->count;
		if (c->ended)
			return SQLITE_OK;
		r = &e->recordings[c->recording];
		with = sql_source_options_of(e, r, &v->table);
		with.selection = &c->choice.selection;
		with.wanted = c->wanted->table ? c->wanted : NULL;
		c->source = sql_source_open(&with, &status);
		if (!c->source) {
			v->base.zErrMsg = sqlite3_mprintf("%s can't be read", r->name);
			return SQLITE_ERROR;
		}
		r->told = true;
	}
}

/* ---- rows out of the shadow ---- */

/* The conditions once more, on columns that SQLite has an index of. */
static char *shadow_query(const struct vtab *v, const char *letters)
{
	sqlite3_str *s = sqlite3_str_new(NULL);
	const char *joint = "WHERE";

	sqlite3_str_appendf(s, "SELECT * FROM temp.\"%w\" ", v->shadow);
	for (size_t i = 0; letters[i]; i++) {
		const struct sql_condition *u = sql_condition_of(letters[i]);

		if (!u ||
		    (u->kind != SELECT_CONN && u->kind != SELECT_PID && u->kind != SELECT_RECORD))
			continue;
		sqlite3_str_appendf(s, "%s \"%w\" = ?%d ", joint, u->column, (int)i + 1);
		joint = "AND";
	}
	return sqlite3_str_finish(s);
}

/* Whether any condition has more than one value: then all rows are given, and SQLite chooses. */
static bool has_list(const char *letters, sqlite3_value **argv)
{
	sqlite3_value *each;

	for (size_t i = 0; letters[i]; i++)
		if (sqlite3_vtab_in_first(argv[i], &each) == SQLITE_OK)
			return true;
	return false;
}

static int step_shadow(struct vtab_cursor *c)
{
	int rc = sqlite3_step(c->shadow);

	c->ended = rc != SQLITE_ROW;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return SQLITE_OK;
	c->base.pVtab->zErrMsg = sqlite3_mprintf("%s", sqlite3_errmsg(vtab_of(c)->engine->db));
	return rc;
}

static int filter_shadow(struct vtab_cursor *c, const char *letters, int argc, sqlite3_value **argv)
{
	struct vtab *v = vtab_of(c);
	char *sql;
	int rc = SQLITE_OK;

	if (!v->shadow)
		rc = sql_shadow(v->engine, &v->table, &v->shadow);
	if (rc != SQLITE_OK) {
		if (!v->base.zErrMsg)
			v->base.zErrMsg = sqlite3_mprintf("%s can't be read: %s", v->table.name,
							  sqlite3_errmsg(v->engine->db));
		return rc;
	}
	sql = shadow_query(v, has_list(letters, argv) ? "" : letters);
	if (!sql)
		return SQLITE_NOMEM;
	v->engine->trusted = true;
	rc = sqlite3_prepare_v2(v->engine->db, sql, -1, &c->shadow, NULL);
	v->engine->trusted = false;
	sqlite3_free(sql);
	for (int i = 0; rc == SQLITE_OK && i < argc && i < sqlite3_bind_parameter_count(c->shadow);
	     i++)
		rc = sqlite3_bind_value(c->shadow, i + 1, argv[i]);
	return rc == SQLITE_OK ? step_shadow(c) : rc;
}

/* ---- the cursor ---- */

static int filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
		  sqlite3_value **argv)
{
	struct vtab_cursor *c = (struct vtab_cursor *)base;
	const struct selection *chosen = &c->choice.selection;
	const struct vtab *v = vtab_of(c);
	char columns[COLUMNS_LEN + 1];
	const char *letters = text + COLUMNS_LEN;
	bool possible;
	int rc;

	(void)number;
	reset(c);
	c->rowid = 1;
	if (v->shadow || v->table.rows >= SQL_ROWS_CONNS || c->filtered++)
		return filter_shadow(c, letters, argc, argv);
	memcpy(columns, text, COLUMNS_LEN);
	columns[COLUMNS_LEN] = '\0';
	want_columns(c, columns);
	rc = sql_choice_make(&c->choice, letters, argv, &possible);
	if (rc != SQLITE_OK)
		return rc;
	if (chosen->since && chosen->until && chosen->since >= chosen->until)
		possible = false;
	if (!possible) {
		c->ended = true;
		return SQLITE_OK;
	}
	return step_source(c);
}

static int next(sqlite3_vtab_cursor *base)
{
	struct vtab_cursor *c = (struct vtab_cursor *)base;

	c->rowid++;
	return c->shadow ? step_shadow(c) : step_source(c);
}

static int eof(sqlite3_vtab_cursor *base)
{
	return ((struct vtab_cursor *)base)->ended;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int index)
{
	struct vtab_cursor *c = (struct vtab_cursor *)base;
	const struct sql_engine *e = vtab_of(c)->engine;
	const struct value *value;

	if (c->shadow)
		sqlite3_result_value(context, sqlite3_column_value(c->shadow, index));
	else if (index == 0)
		sqlite3_result_text(context, e->recordings[c->recording].name, -1,
				    SQLITE_TRANSIENT);
	else if ((value = sql_source_value(c->source, (size_t)index - 1)) != NULL)
		sql_result(context, value);
	else
		return e->stopped && e->stopped() ? SQLITE_INTERRUPT : SQLITE_NOMEM;
	return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
	*id = ((struct vtab_cursor *)base)->rowid;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.iVersion = 1,
	.xConnect = connect,
	.xBestIndex = best_index,
	.xDisconnect = disconnect,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = eof,
	.xColumn = column,
	.xRowid = rowid,
};

static void free_module(void *aux)
{
	struct module *m = aux;

	sql_engine_release(m->engine);
	free(m);
}

/* Without xCreate a module is a table of the same name, in every database of the connection. */
int sql_module_register(struct sql_engine *e)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sql_table_count(); i++) {
		struct module *m = calloc(1, sizeof(*m));

		if (!m)
			return SQLITE_NOMEM;
		m->engine = e;
		m->table = sql_table_at(i);
		sql_engine_hold(e);
		rc = sqlite3_create_module_v2(e->db, m->table.name, &module, m, free_module);
	}
	return rc;
}
