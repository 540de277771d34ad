/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_PRINT_H
#define SOCKTAPE_ANALYZE_SQL_PRINT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* The rows of a query on standard output. Nothing reaches a terminal unescaped. */
enum sql_format {
	SQL_TEXT, /* an aligned table */
	SQL_JSON, /* one object a line */
	SQL_CSV,
	SQL_MARKDOWN,
};

/* False when TEXT names none. */
bool sql_format_parse(const char *text, enum sql_format *format);

struct sql_printing {
	enum sql_format format;
	const char *title; /* a line above text, both only where there are rows; NULL: none */
	uint64_t limit;	   /* rows; 0: all */
	uint64_t left_out; /* set: rows beyond that */
};

/*
 * Steps STATEMENT to its end and prints its rows. *BEGUN is set before the first is printed. The
 * result code of the last step; SQLITE_IOERR when the output could not be written.
 */
int sql_print(sqlite3_stmt *statement, struct sql_printing *p, volatile bool *begun);

#endif
