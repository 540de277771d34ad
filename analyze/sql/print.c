/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/output/grid.h"
#include "analyze/output/output.h"
#include "analyze/output/terminal.h"

bool sql_format_parse(const char *text, enum sql_format *format)
{
	static const char *const names[] = {
		[SQL_TEXT] = "text",
		[SQL_JSON] = "json",
		[SQL_CSV] = "csv",
		[SQL_MARKDOWN] = "markdown",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*format = (enum sql_format)i;
		return true;
	}
	return false;
}

/* A number with a fraction as JSON has it, which has no infinity. */
static struct value real_value(double number, char text[static 32])
{
	struct value v = {0};

	if (!(number - number == 0))
		return v;
	snprintf(text, 32, "%.15g", number);
	return value_json(span_text(text));
}

static bool is_declared(sqlite3_stmt *statement, int column, const char *type)
{
	const char *declared = sqlite3_column_decltype(statement, column);

	return declared && strcmp(declared, type) == 0;
}

/* TEXT is memory for a number. */
static struct value value_at(sqlite3_stmt *s, int column, char text[static 32])
{
	struct span bytes;

	switch (sqlite3_column_type(s, column)) {
	case SQLITE_NULL:
		return (struct value){0};
	case SQLITE_INTEGER:
		if (is_declared(s, column, "BOOLEAN"))
			return value_bool(sqlite3_column_int(s, column) != 0);
		return value_int(sqlite3_column_int64(s, column));
	case SQLITE_FLOAT:
		return real_value(sqlite3_column_double(s, column), text);
	case SQLITE_BLOB:
		bytes.data = sqlite3_column_blob(s, column);
		break;
	default:
		bytes.data = (const char *)sqlite3_column_text(s, column);
		break;
	}
	bytes.len = (size_t)sqlite3_column_bytes(s, column);
	/* Our own columns of this type hold nothing else. */
	if (is_declared(s, column, "JSON") && sqlite3_column_type(s, column) == SQLITE_TEXT)
		return value_json(bytes);
	return value_text(bytes);
}

/* What a row is made of. */
struct row_values {
	int count;
	struct column *columns;
	struct value *values;
	char (*texts)[32];
};

static bool begin_values(struct row_values *r, sqlite3_stmt *statement)
{
	size_t count;

	r->count = sqlite3_column_count(statement);
	count = (size_t)r->count;
	r->columns = calloc(count, sizeof(*r->columns));
	r->values = calloc(count, sizeof(*r->values));
	r->texts = calloc(count, sizeof(*r->texts));
	if (!r->columns || !r->values || !r->texts)
		return false;
	for (int i = 0; i < r->count; i++)
		r->columns[i].name = sqlite3_column_name(statement, i);
	return true;
}

static void fill_values(struct row_values *r, sqlite3_stmt *statement)
{
	for (int i = 0; i < r->count; i++)
		r->values[i] = value_at(statement, i, r->texts[i]);
}

static void end_values(struct row_values *r)
{
	free(r->columns);
	free(r->values);
	free(r->texts);
}

/* The next row that is to be printed; those beyond the limit are counted. RC is of the last step.
 */
static int step(sqlite3_stmt *statement, struct sql_printing *p, uint64_t *printed)
{
	int rc = sqlite3_step(statement);

	for (; rc == SQLITE_ROW && p->limit && *printed >= p->limit; rc = sqlite3_step(statement))
		p->left_out++;
	*printed += rc == SQLITE_ROW;
	return rc;
}

static int print_rows(sqlite3_stmt *statement, struct row_values *r, struct sql_printing *p,
		      volatile bool *begun)
{
	struct output *o = output_new(p->format == SQL_JSON ? OUTPUT_JSON : OUTPUT_CSV);
	const struct row_part part = {
		.columns = r->columns, .count = (size_t)r->count, .values = r->values};
	uint64_t printed = 0;
	int rc = SQLITE_ROW;

	if (!o)
		return SQLITE_NOMEM;
	output_header(o, &part, 1);
	while (output_alive(o) && (rc = step(statement, p, &printed)) == SQLITE_ROW) {
		*begun = true;
		fill_values(r, statement);
		output_row(o, &part, 1);
	}
	return output_free(o) ? rc : SQLITE_IOERR;
}

static bool print_title(const char *title)
{
	return terminal_write(span_text("\n")) && terminal_write(span_text(title)) &&
	       terminal_write(span_text("\n"));
}

static int print_grid(sqlite3_stmt *statement, struct row_values *r, struct sql_printing *p,
		      volatile bool *begun)
{
	uint64_t printed = 0;
	int rc = step(statement, p, &printed);
	struct grid *g;

	if (p->title && rc != SQLITE_ROW)
		return rc;
	if (p->title && !print_title(p->title))
		return SQLITE_IOERR;
	g = grid_new(r->columns, (size_t)r->count,
		     p->format == SQL_MARKDOWN ? GRID_MARKDOWN : GRID_TABLE);
	if (!g)
		return SQLITE_NOMEM;
	for (; rc == SQLITE_ROW && grid_alive(g); rc = step(statement, p, &printed)) {
		fill_values(r, statement);
		grid_row(g, r->values, begun);
	}
	*begun = true;
	return grid_free(g) ? rc : SQLITE_IOERR;
}

int sql_print(sqlite3_stmt *statement, struct sql_printing *p, volatile bool *begun)
{
	struct row_values r = {0};
	int rc = SQLITE_NOMEM;

	p->left_out = 0;
	/* A statement without a result. */
	if (!sqlite3_column_count(statement))
		return sqlite3_step(statement);
	if (begin_values(&r, statement)) {
		if (p->format == SQL_TEXT || p->format == SQL_MARKDOWN)
			rc = print_grid(statement, &r, p, begun);
		else
			rc = print_rows(statement, &r, p, begun);
	}
	end_values(&r);
	return rc;
}
