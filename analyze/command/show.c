/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"
#include "analyze/replay/select.h"
#include "analyze/output/text.h"

static const char arguments[] = "REC [PROTOCOL] [options]";
static const char summary[] = "Prints the records of a recording: each request with its response,\n"
			      "and each message that stands alone, in the order of their ends.";

enum {
	OPT_LIMIT = SELECT_OPTIONS,
	OPT_ROLE,
	OPT_DECODE_AS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"limit", 'n', "N", "stop after N records"},
	{"role", 0, "ROLE", "only where the recorded process is the client (or server)"},
	{"decode-as", 0, "PROTOCOL", "don't infer: every connection speaks this"},
	{0},
};

struct show {
	struct reading reading;
	struct select select;
	const struct table *table; /* NULL: all */
	const struct protocol *decode_as;
	const char *role; /* NULL: any */
	uint64_t limit;
	uint64_t printed;
	struct output *out;
	struct record_printer *printer; /* for JSON */
	struct cells cells;
};

#define MAX_PARTS 33

static void print_csv(struct show *show, const struct record_row *row, const struct record *record)
{
	struct row_part parts[MAX_PARTS] = {
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = row->values}};
	size_t count = 1;

	for (size_t i = 0; protocols[i]; i++) {
		for (const struct table *const *t = protocols[i]->tables; *t && count < MAX_PARTS;
		     t++) {
			if (show->table && show->table != *t)
				continue;
			parts[count++] = (struct row_part){
				.columns = (*t)->columns,
				.count = (*t)->column_count,
				.prefix = show->table ? NULL : (*t)->name,
				.values = *t == record->table ? record->values : NULL,
			};
		}
	}
	output_row(show->out, parts, count);
}

/* ---- text ---- */

static const struct text_column text_columns[] = {
	{"TIME", 15, false},   {"PROTO", 6, false},  {"PROCESS", 22, false}, {"ROLE", 7, false},
	{"REMOTE", 21, false}, {"LATENCY", 8, true}, {"OUTCOME", 10, false}, {"RECORD", 0, false},
};

static enum paint outcome_paint(enum outcome outcome)
{
	static const enum paint paints[] = {
		[OUTCOME_OK] = PAINT_GREEN,
		[OUTCOME_ERROR] = PAINT_RED,
		[OUTCOME_UNANSWERED] = PAINT_YELLOW,
		[OUTCOME_PARTIAL] = PAINT_YELLOW,
	};

	return paints[outcome];
}

static void append_process(struct buffer *b, const struct connection *conn)
{
	if (conn->pid)
		buffer_printf(b, "%s[%u]", conn->process ? conn->process->name : "", conn->pid);
	else
		buffer_append_char(b, '-');
}

static void print_text(struct show *show, const struct connection *conn,
		       const struct record_row *row, const struct record *record)
{
	const struct value *v = row->values;
	struct cells *cells = &show->cells;
	struct buffer *b = &cells->text;

	cells_clear(cells);
	text_append_time_of_day(b, v[RECORD_TS].integer);
	cells_end(cells, PAINT_DIM);
	buffer_append_span(b, v[RECORD_PROTO].text);
	cells_end(cells, PAINT_CYAN);
	append_process(b, conn);
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, v[RECORD_ROLE].text);
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, v[RECORD_REMOTE].text);
	cells_end(cells, PAINT_NONE);
	if (v[RECORD_LATENCY].type == VALUE_INT)
		text_append_duration(b, v[RECORD_LATENCY].integer);
	else
		buffer_append_char(b, '-');
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, v[RECORD_OUTCOME].text);
	cells_end(cells, outcome_paint(record->outcome));
	record->table->describe(record->values, b);
	if (record->note.len) {
		buffer_append_text(b, "  (");
		buffer_append_span(b, record->note);
		buffer_append_char(b, ')');
	}
	cells_end(cells, PAINT_NONE);
	output_cells(show->out, text_columns, cells);
}

static void on_record(void *context, const struct connection *conn, const struct session *s,
		      const struct record *record)
{
	struct show *show = context;
	struct record_row row;

	if (show->table && record->table != show->table)
		return;
	if (show->limit && show->printed >= show->limit)
		return;
	if (show->role && strcmp(role_text(record_role(conn, s)), show->role) != 0)
		return;
	if (show->select.format == OUTPUT_JSON) {
		record_print(show->printer, conn, s, record);
	} else {
		record_fill(&row, show->reading.replay, conn, s, record);
		if (show->select.format == OUTPUT_CSV)
			print_csv(show, &row, record);
		else
			print_text(show, conn, &row, record);
	}
	show->printed++;
	if ((show->limit && show->printed == show->limit) || !output_alive(show->out))
		replay_stop(show->reading.replay);
}

static int parse(struct show *show, int argc, char **argv)
{
	const char *value;
	int option;

	while ((option = command_next_option(argc, argv, arguments, summary, options, &value)) !=
	       COMMAND_END) {
		if (option == COMMAND_HELP)
			return COMMAND_HELP;
		if (option == COMMAND_WRONG)
			return COMMAND_WRONG;
		if (option < SELECT_OPTIONS) {
			if (!select_option(&show->select, argv[0], option, value))
				return COMMAND_WRONG;
		} else if (option == OPT_LIMIT) {
			if (!option_number(value, UINT64_MAX, &show->limit) || !show->limit) {
				command_fail(argv[0], "--limit wants a number from 1, not '%s'",
					     value);
				return COMMAND_WRONG;
			}
		} else if (option == OPT_ROLE) {
			if (strcmp(value, "client") != 0 && strcmp(value, "server") != 0 &&
			    strcmp(value, "unknown") != 0) {
				command_fail(argv[0],
					     "--role wants client, server or unknown, not '%s'",
					     value);
				return COMMAND_WRONG;
			}
			show->role = value;
		} else {
			show->decode_as = protocol_find(value);
			if (!show->decode_as)
				return select_no_protocol(argv[0], value);
		}
	}
	return COMMAND_END;
}

static int operands(struct show *show, int argc, char **argv)
{
	if (argc - optind < 1 || argc - optind > 2) {
		command_fail(argv[0],
			     "wants a recording and perhaps a protocol; try 'socktape "
			     "%s --help'",
			     argv[0]);
		return COMMAND_WRONG;
	}
	if (argc - optind == 2) {
		show->table = protocol_table_find(argv[optind + 1], NULL);
		if (!show->table)
			return select_no_protocol(argv[0], argv[optind + 1]);
	}
	return COMMAND_END;
}

int cmd_show(int argc, char **argv)
{
	struct show show = {0};
	struct replay_options with = {
		.handlers = {.record = on_record, .context = &show},
	};
	int status = parse(&show, argc, argv);

	if (status == COMMAND_END)
		status = operands(&show, argc, argv);
	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	with.filter = show.select.filter;
	with.decode_as = show.decode_as;
	status = reading_open(&show.reading, argv[0], argv[optind], &with);
	if (status)
		return status;
	show.out = output_new(show.select.format);
	show.printer = record_printer_new(show.out, show.reading.replay);
	if (!show.out || !show.printer)
		return command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
	status = reading_run(&show.reading);
	if (!output_free(show.out) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	record_printer_free(show.printer);
	cells_free(&show.cells);
	reading_close(&show.reading);
	return status;
}
