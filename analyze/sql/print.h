/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_PRINT_H
#define SOCKTAPE_ANALYZE_SQL_PRINT_H

#include <sqlite3.h>
#include <stdbool.h>

/* The rows of a query on standard output. Nothing reaches a terminal unescaped. */
enum sql_format {
	SQL_TEXT, /* an aligned table */
	SQL_JSON, /* one object a line */
	SQL_CSV,
	SQL_MARKDOWN,
};

/* False when TEXT names none. */
bool sql_format_parse(const char *text, enum sql_format *format);

/*
 * Steps STATEMENT to its end and prints its rows. *BEGUN is set before the first is printed. The
 * result code of the last step; SQLITE_IOERR when the output could not be written.
 */
int sql_print(sqlite3_stmt *statement, enum sql_format format, volatile bool *begun);

#endif
