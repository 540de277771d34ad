/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/schema.h"

#include <stdio.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "analyze/command/options.h"
#include "analyze/finding/finding.h"
#include "analyze/output/output.h"
#include "analyze/replay/conn_row.h"
#include "analyze/replay/event_row.h"
#include "analyze/replay/exchanges.h"
#include "analyze/replay/loss_row.h"
#include "analyze/replay/process_row.h"
#include "analyze/replay/record.h"
#include "analyze/shape/shape.h"
#include "analyze/sql/tables.h"
#include "format/nearest.h"
#include "protocols/protocol.h"

static const char help[] = "Lists the columns of a table, or of every table: type, unit and\n"
			   "meaning. 'records' has what every record has before the columns of\n"
			   "its own table.";

enum {
	OPT_FORMAT,
	OPT_JSON,
	OPT_MAN
};

static const struct command_option options[] = {
	{"format", 'f', "FORMAT", "text (default), json (one object a line) or csv"},
	{"json", 0, NULL, "the same as --format json"},
	{"man", 0, NULL, "the manual page socktape-tables(5)"},
	{0},
};

const struct table records_table = {
	.name = "records",
	.summary = "what every record has, before the columns of its table",
	.columns = record_columns,
	.column_count = RECORD_COLUMNS,
};

void schema_each(schema_table_fn *each, void *context)
{
	each(context, &records_table, false);
	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			each(context, *t, true);
	each(context, &exchanges_table, false);
	each(context, &conns_table, false);
	each(context, &processes_table, false);
	each(context, &losses_table, false);
	each(context, &findings_table, false);
	each(context, &events_table, false);
}

/* ---- the page ---- */

/* Text of a line of mdoc(7): nothing in it is taken for a request or an escape. */
static void append_mdoc(struct buffer *b, const char *text)
{
	if (*text == '.' || *text == '\'')
		buffer_append_text(b, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			buffer_append_text(b, "\\e");
		else
			buffer_append_char(b, *text);
	}
}

static void append_table(void *context, const struct table *table, bool records)
{
	struct buffer *b = context;

	buffer_printf(b, ".Ss %s\n", table->name);
	append_mdoc(b, table->summary);
	buffer_append_text(b, ".\n");
	if (records)
		buffer_append_text(b, "The columns of\n.Sy records\nstand before these.\n");
	buffer_append_text(b, ".Bl -tag -width indent -compact\n");
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *c = &table->columns[i];

		buffer_printf(b, ".It Va %s\n", c->name);
		append_mdoc(b, c->help);
		buffer_printf(b, "\n.Pq %s%s%s\n", c->sql, *c->unit ? ", " : "", c->unit);
	}
	buffer_append_text(b, ".El\n");
}

void schema_page(struct buffer *page)
{
	buffer_append_text(page, ".\\\" SPDX-License-Identifier: BSD-2-Clause\n"
				 ".\\\" Made by 'socktape schema --man'.\n"
				 ".Dd November 27, 2026\n"
				 ".Dt SOCKTAPE-TABLES 5\n"
				 ".Os\n"
				 ".Sh NAME\n"
				 ".Nm socktape-tables\n"
				 ".Nd tables and columns of socktape\n"
				 ".Sh DESCRIPTION\n"
				 "These are the names in the output of\n"
				 ".Xr socktape 1\n"
				 "as JSON and CSV, and in SQL.\n"
				 "They don't change; more may come.\n"
				 "Behind the meaning of a column stand its type and its unit.\n"
				 "Times are counted since the epoch, 1970-01-01 00:00 UTC.\n"
				 "What isn't known is null.\n");
	schema_each(append_table, page);
	buffer_append_text(page, ".Sh SEE ALSO\n.Xr socktape 1\n");
}

/* ---- the list ---- */

static const struct column columns[] = {
	{"table", "TEXT", "", "name of the table"}, {"column", "TEXT", "", "name of the column"},
	{"type", "TEXT", "", "type in SQL"},	    {"unit", "TEXT", "", "ns, bytes or empty"},
	{"meaning", "TEXT", "", "what it says"},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const struct text_column text_columns[] = {
	{"TABLE", 16, false, 8, CUT_END},  {"COLUMN", 22, false, 12, CUT_END},
	{"TYPE", 8, false, 0, CUT_END},	   {"UNIT", 6, false, 0, CUT_END},
	{"MEANING", 0, false, 0, CUT_END},
};

struct list {
	struct output *out;
	enum output_format format;
	const char *only; /* NULL: all tables */
	bool found;
	struct cells cells;
};

static void print_column(struct list *list, const struct table *table, const struct column *column)
{
	const char *texts[] = {table->name, column->name, column->sql, column->unit, column->help};
	struct value values[COLUMNS];
	const struct row_part part = {.columns = columns, .count = COLUMNS, .values = values};

	cells_clear(&list->cells);
	for (size_t i = 0; i < COLUMNS; i++) {
		values[i] = value_text(span_text(texts[i]));
		buffer_append_text(&list->cells.text, texts[i]);
		cells_end(&list->cells, i == 1 ? PAINT_CYAN : PAINT_NONE);
	}
	if (list->format == OUTPUT_TEXT)
		output_cells(list->out, text_columns, &list->cells);
	else
		output_row(list->out, &part, 1);
}

static void print_table(void *context, const struct table *table, bool records)
{
	struct list *list = context;
	const struct sql_table sql = {
		.name = table->name,
		.rows = records ? SQL_ROWS_TABLE : SQL_ROWS_RECORDS,
		.table = table,
	};

	if (list->only && strcmp(list->only, table->name) != 0)
		return;
	list->found = true;
	for (size_t i = 0; i < table->column_count; i++)
		print_column(list, table, &table->columns[i]);
	/* SQL has it when it is asked for, and statistics are made by it. */
	if ((records || table == &records_table) && sql_table_is_shaped(&sql))
		print_column(list, table, &shape_column);
}

static void append_name(void *context, const struct table *table, bool records)
{
	struct buffer *names = context;

	(void)records;
	buffer_printf(names, "%s%s", names->len ? ", " : "", table->name);
}

static void try_name(void *context, const struct table *table, bool records)
{
	(void)records;
	nearest_try(context, table->name);
}

static int fail_no_table(const char *command, const char *name)
{
	struct nearest near = {.text = name};
	struct buffer names = {0};
	int status;

	schema_each(try_name, &near);
	if (near.word)
		return command_fail(command, "there is no table '%s'; did you mean '%s'?", name,
				    near.word);
	schema_each(append_name, &names);
	status = command_fail(command, "there is no table '%s'; there are: %.*s", name,
			      (int)names.len, names.data);
	buffer_free(&names);
	return status;
}

static int print_page(const char *command)
{
	struct buffer page = {0};
	bool good;

	schema_page(&page);
	good = !page.failed && fwrite(page.data, 1, page.len, stdout) == page.len;
	buffer_free(&page);
	return good ? STATUS_DONE : command_fail(command, "the output could not be written");
}

static int print_list(const char *command, struct list *list)
{
	int status = STATUS_DONE;

	list->out = output_new(list->format);
	if (!list->out)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	schema_each(print_table, list);
	if (!list->found)
		status = fail_no_table(command, list->only);
	if (!output_free(list->out))
		status = command_fail(command, "the output could not be written");
	cells_free(&list->cells);
	return status;
}

static int run_schema(int argc, char **argv)
{
	struct list list = {0};
	struct command_line line = {&schema_command, argc, argv, 0};
	const char *value;
	bool man = false;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
		if (option == OPT_JSON)
			list.format = OUTPUT_JSON;
		else if (option == OPT_MAN)
			man = true;
		else if (!option_format(value, &list.format))
			return command_fail(argv[0], "--format wants text, json or csv, not '%s'",
					    value);
	}
	if (argc - optind > 1)
		return command_fail(argv[0], "wants one table at most; try 'socktape %s --help'",
				    argv[0]);
	list.only = argc > optind ? argv[optind] : NULL;
	return man ? print_page(argv[0]) : print_list(argv[0], &list);
}

const struct command schema_command = {
	.name = "schema",
	.run = run_schema,
	.arguments = "[TABLE] [options]",
	.summary = "every table and column: type, unit, meaning",
	.help = help,
	.options = options,
};
