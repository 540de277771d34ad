/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_FILE_H
#define SOCKTAPE_ANALYZE_SQL_FILE_H

#include "analyze/sql/engine.h"

/*
 * Writes the tables of the engine's recordings to DB, a database that others can read: those of the
 * protocols as far as they have rows, and all others but `events`. An SQLite result code; what went
 * wrong in reading was told, and stands in e->status.
 */
int sql_write_tables(struct sql_engine *e, sqlite3 *db);

#endif
