/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables for programs that use SQLite themselves, as the sqlite3 shell and Python do:
 *
 *     .load libsocktape
 *     SELECT socktape_open('REC');
 *     SELECT method, path, code FROM http;
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/sql/engine.h"

/* socktape_open(REC): its rows are in the tables from now on; how many recordings there are. */
static void open_recording(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct sql_engine *e = sqlite3_user_data(context);
	const char *path = (const char *)sqlite3_value_text(argv[0]);
	struct stat st;
	char *message;

	(void)argc;
	if (!path || stat(path, &st) != 0) {
		message = sqlite3_mprintf("socktape_open: %s: %s", path ? path : "null",
					  strerror(path ? errno : EINVAL));
		sqlite3_result_error(context, message ? message : "socktape_open", -1);
		sqlite3_free(message);
	} else if (!sql_engine_add(e, path, path)) {
		sqlite3_result_error_nomem(context);
	} else {
		sqlite3_result_int64(context, (sqlite3_int64)e->count);
	}
}

/* Another copy of SQLite than the one that this was linked with knows nothing of its databases. */
static bool is_same_sqlite(const char *version_of_db)
{
	return version_of_db && strcmp(version_of_db, sqlite3_sourceid()) == 0;
}

static int source_of(void *context, int count, char **values, char **names)
{
	(void)names;
	*(bool *)context = count == 1 && is_same_sqlite(values[0]);
	return 0;
}

static int start(sqlite3 *db)
{
	struct sql_engine *e = sql_engine_new(db, "extension");
	int rc;

	if (!e)
		return SQLITE_NOMEM;
	rc = sql_engine_start(e);
	/* Takes the reference, also when it fails. */
	if (rc == SQLITE_OK)
		return sqlite3_create_function_v2(db, "socktape_open", 1,
						  SQLITE_UTF8 | SQLITE_DIRECTONLY, e,
						  open_recording, NULL, NULL, sql_engine_release);
	sql_engine_release(e);
	return rc;
}

int sqlite3_socktape_init(sqlite3 *db, char **message, const void *api);

/* The name is SQLite's rule for libsocktape.so. */
__attribute__((visibility("default"))) int sqlite3_socktape_init(sqlite3 *db, char **message,
								 const void *api)
{
	bool same = false;
	int rc;

	(void)api;
	sqlite3_exec(db, "SELECT sqlite_source_id()", source_of, &same, NULL);
	if (!same) {
		*message = sqlite3_mprintf(
			"libsocktape wants the SQLite library that it was linked "
			"with (%s)",
			sqlite3_libversion());
		return SQLITE_ERROR;
	}
	rc = start(db);
	if (rc != SQLITE_OK)
		*message = sqlite3_mprintf("%s", sqlite3_errmsg(db));
	return rc;
}
