/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/listing/ranking.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "analyze/sql/engine.h"

struct ranking {
	sqlite3 *db;
	bool down;
	sqlite3_stmt *insert;
	sqlite3_stmt *select; /* NULL: taking out hasn't begun */
	char *error;
};

static bool good(struct ranking *r, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return true;
	if (!r->error)
		r->error = sqlite3_mprintf("%s", sqlite3_errmsg(r->db));
	return false;
}

/* A database without a name is a file of SQLite's own, made when its cache is full. */
static bool open_database(struct ranking *r)
{
	return good(r, sqlite3_open("", &r->db)) &&
	       good(r, sqlite3_exec(r->db,
				    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
				    "PRAGMA temp_store = FILE; PRAGMA cache_size = -2048; "
				    "CREATE TABLE row(key, bytes BLOB); BEGIN",
				    NULL, NULL, NULL)) &&
	       good(r, sqlite3_prepare_v2(r->db, "INSERT INTO row VALUES (?, ?)", -1, &r->insert,
					  NULL));
}

struct ranking *ranking_new(bool down)
{
	struct ranking *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->down = down;
	if (open_database(r))
		return r;
	ranking_free(r);
	return NULL;
}

/* Numbers with a fraction are JSON; they are put in order as numbers. */
static int bind_key(struct ranking *r, const struct value *key)
{
	char number[64];
	char *end;
	double d;

	if (key->type != VALUE_JSON || !key->text.len || key->text.len >= sizeof(number))
		return sql_bind(r->insert, 1, key);
	memcpy(number, key->text.data, key->text.len);
	number[key->text.len] = '\0';
	d = strtod(number, &end);
	return *end ? sql_bind(r->insert, 1, key) : sqlite3_bind_double(r->insert, 1, d);
}

bool ranking_add(struct ranking *r, const struct value *key, struct span bytes)
{
	bool added = good(r, bind_key(r, key)) &&
		     good(r, sqlite3_bind_blob64(r->insert, 2, bytes.len ? bytes.data : "",
						 bytes.len, SQLITE_STATIC)) &&
		     good(r, sqlite3_step(r->insert));

	sqlite3_reset(r->insert);
	return added;
}

bool ranking_next(struct ranking *r, struct span *bytes)
{
	int rc;

	if (r->error)
		return false;
	if (!r->select &&
	    !good(r, sqlite3_prepare_v2(r->db,
					r->down ? "SELECT bytes FROM row "
						  "ORDER BY key IS NULL, key DESC, rowid"
						: "SELECT bytes FROM row "
						  "ORDER BY key IS NULL, key, rowid",
					-1, &r->select, NULL)))
		return false;
	rc = sqlite3_step(r->select);
	if (!good(r, rc) || rc != SQLITE_ROW)
		return false;
	*bytes = span_of(sqlite3_column_blob(r->select, 0),
			 (size_t)sqlite3_column_bytes(r->select, 0));
	return true;
}

const char *ranking_error(const struct ranking *r)
{
	return r->error;
}

void ranking_free(struct ranking *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->insert);
	sqlite3_finalize(r->select);
	sqlite3_close(r->db);
	sqlite3_free(r->error);
	free(r);
}
