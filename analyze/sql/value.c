/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/shape.h"
#include "analyze/sql/engine.h"
#include "protocols/value/utf8.h"

/* ---- our values in SQLite ---- */

static bool is_storable(struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;

	while (p < end) {
		size_t n = *p && *p < 0x80 ? 1 : utf8_sequence(p, end);

		if (!n || !*p)
			return false;
		p += n;
	}
	return true;
}

void sql_result(sqlite3_context *context, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		sqlite3_result_null(context);
		break;
	case VALUE_INT:
		sqlite3_result_int64(context, v->integer);
		break;
	case VALUE_BOOL:
		sqlite3_result_int(context, v->boolean);
		break;
	case VALUE_TEXT:
		if (!is_storable(v->text)) {
			sqlite3_result_blob64(context, v->text.data, v->text.len, SQLITE_TRANSIENT);
			break;
		}
		/* fall through */
	case VALUE_WORD:
	case VALUE_JSON:
		sqlite3_result_text64(context, v->text.len ? v->text.data : "", v->text.len,
				      SQLITE_TRANSIENT, SQLITE_UTF8);
		break;
	}
}

int sql_bind(sqlite3_stmt *statement, int at, const struct value *v)
{
	switch (v->type) {
	case VALUE_INT:
		return sqlite3_bind_int64(statement, at, v->integer);
	case VALUE_BOOL:
		return sqlite3_bind_int(statement, at, v->boolean);
	case VALUE_TEXT:
		if (!is_storable(v->text))
			return sqlite3_bind_blob64(statement, at, v->text.data, v->text.len,
						   SQLITE_STATIC);
		/* fall through */
	case VALUE_WORD:
	case VALUE_JSON:
		return sqlite3_bind_text64(statement, at, v->text.len ? v->text.data : "",
					   v->text.len, SQLITE_STATIC, SQLITE_UTF8);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(statement, at);
}

/* ---- our tables in SQLite ---- */

/* Rows with the same values there are one, the last: of processes, which are told again. */
static const char *key_of(const struct sql_table *t)
{
	return t->rows == SQL_ROWS_PROCESSES ? ", UNIQUE(recording, pid, started)" : "";
}

char *sql_create_text(const struct sql_table *t, const char *name, enum sql_create kind)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendf(s, "CREATE %sTABLE \"%w\"(",
			    kind == SQL_CREATE_TEMPORARY ? "TEMP " : "", name);
	for (size_t i = 0; i < sql_column_count(t); i++) {
		const struct column *c = sql_column(t, i);
		bool hidden = kind == SQL_CREATE_VIRTUAL && c == &shape_column;

		sqlite3_str_appendf(s, "%s\"%w\" %s%s", i ? ", " : "", c->name, c->sql,
				    hidden ? " HIDDEN" : "");
	}
	sqlite3_str_appendf(s, "%s)", key_of(t));
	return sqlite3_str_finish(s);
}

char *sql_insert_text(const struct sql_table *t, const char *name)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendf(s, "INSERT OR REPLACE INTO \"%w\" VALUES (?", name);
	for (size_t i = 1; i < sql_column_count(t); i++)
		sqlite3_str_appendall(s, ",?");
	sqlite3_str_appendall(s, ")");
	return sqlite3_str_finish(s);
}
