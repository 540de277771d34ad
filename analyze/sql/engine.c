/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/engine.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/shape/shape.h"

struct sql_engine *sql_engine_new(sqlite3 *db, const char *command)
{
	struct sql_engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->db = db;
	e->command = command;
	e->threads = 1;
	e->refs = 1;
	return e;
}

void sql_engine_hold(struct sql_engine *e)
{
	e->refs++;
}

void sql_engine_release(void *engine)
{
	struct sql_engine *e = engine;

	if (!e || --e->refs)
		return;
	for (size_t i = 0; i < e->count; i++) {
		free(e->recordings[i].name);
		free(e->recordings[i].path);
	}
	free(e->recordings);
	shapes_free(e->shapes);
	free(e);
}

bool sql_engine_add(struct sql_engine *e, const char *name, const char *path)
{
	struct sql_recording *more = realloc(e->recordings,
					     (e->count + 1) * sizeof(*e->recordings));
	struct sql_recording *r;

	if (!more)
		return false;
	e->recordings = more;
	r = &more[e->count];
	*r = (struct sql_recording){.name = strdup(name), .path = strdup(path)};
	if (!r->name || !r->path) {
		free(r->name);
		free(r->path);
		return false;
	}
	e->count++;
	return true;
}

int sql_engine_start(struct sql_engine *e)
{
	int rc = sql_functions_register(e->db);

	if (rc == SQLITE_OK)
		rc = sql_module_register(e);
	return rc == SQLITE_OK ? sql_views_create(e->db) : rc;
}

struct sql_source_options sql_source_options_of(struct sql_engine *e, const struct sql_recording *r,
						const struct sql_table *t)
{
	return (struct sql_source_options){
		.command = e->command,
		.path = r->path,
		.table = t,
		.keylog = e->keylog,
		.protobuf = e->protobuf,
		.all_of = e->selection,
		.decode_as = e->decode_as,
		.memory = e->memory,
		.threads = e->threads,
		.hushed = &e->hushed,
		.again = r->told,
		.stopped = e->stopped,
		.shapes = sql_shapes,
		.shapes_context = e,
	};
}

/* ---- what a user's statement may do ---- */

/* Those that only tell. */
static bool is_harmless_pragma(const char *name)
{
	static const char *const names[] = {
		"table_info",  "table_xinfo",	"table_list",	   "function_list",  "module_list",
		"pragma_list", "database_list", "compile_options", "collation_list", "encoding"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sqlite3_stricmp(name, names[i]) == 0)
			return true;
	return false;
}

static int authorize(void *context, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	const struct sql_engine *e = context;

	(void)database;
	(void)trigger;
	if (e->trusted)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return SQLITE_DENY;
	case SQLITE_PRAGMA:
		return is_harmless_pragma(first) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_FUNCTION:
		return sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_OK;
	}
}

void sql_engine_restrict(struct sql_engine *e)
{
	sqlite3_set_authorizer(e->db, authorize, e);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
}
