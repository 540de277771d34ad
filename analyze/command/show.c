/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/exchanges.h"
#include "analyze/replay/record.h"
#include "analyze/command/detail.h"
#include "analyze/command/proto_file.h"
#include "analyze/output/text.h"

static const char help[] = "Prints the records of a recording: each request with its response,\n"
			   "and each message that stands alone, in the order in which they began.";

enum {
	OPT_ID = SELECT_OPTIONS,
	OPT_LIMIT,
	OPT_BOTH,
	OPT_KEEP,
	OPT_DECODE_AS,
	OPT_PROTO,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"id", 0, "RECORD", "everything about this one record"},
	{"limit", 'n', "N", "stop after N records"},
	{"both", 0, NULL, "text: a row for each end of an exchange that was recorded at both"},
	{"keep", 0, "SIZE", "so much of each body: 64k, 10M, none, or all that memory allows (1M)"},
	{"decode-as", 0, "PROTOCOL", "don't infer: every connection speaks this"},
	PROTO_OPTION,
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

struct show {
	struct reading reading;
	struct select select;
	const struct table *table; /* NULL: all */
	bool exchanges;		   /* one row for each, whatever the table */
	struct exchange_values exchange;
	const struct protocol *decode_as;
	struct protobuf_schema *protobuf;
	bool both;
	const char *id; /* of the one record that is told in full; NULL: rows */
	uint64_t limit;
	size_t keep;
	uint64_t threads;
	struct output *out;
	struct buffer parts; /* struct row_part each: of a row of CSV */
	struct cells cells;
};

/* ---- CSV: all tables side by side, or the one that was asked for ---- */

static bool csv_begin(struct show *show)
{
	struct row_part part = {.columns = record_columns, .count = RECORD_COLUMNS};

	if (show->exchanges) {
		part = (struct row_part){.columns = exchanges_table.columns,
					 .count = exchanges_table.column_count};
		output_header(show->out, &part, 1);
		return true;
	}
	buffer_append(&show->parts, &part, sizeof(part));
	for (size_t i = 0; protocols[i]; i++) {
		for (const struct table *const *t = protocols[i]->tables; *t; t++) {
			if (show->table && show->table != *t)
				continue;
			part = (struct row_part){
				.columns = (*t)->columns,
				.count = (*t)->column_count,
				.prefix = show->table ? NULL : (*t)->name,
			};
			buffer_append(&show->parts, &part, sizeof(part));
		}
	}
	output_header(show->out, (struct row_part *)show->parts.data,
		      show->parts.len / sizeof(part));
	return !show->parts.failed;
}

static void print_csv(struct show *show, const struct row *row)
{
	struct row_part *parts = (struct row_part *)show->parts.data;
	size_t count = show->parts.len / sizeof(*parts);
	struct record_values common;

	record_fill(&common, row);
	parts[0].values = common.values;
	for (size_t i = 1; i < count; i++)
		parts[i].values = parts[i].columns == row->table->columns ? row->values : NULL;
	output_row(show->out, parts, count);
}

/* ---- text ---- */

static const struct text_column exchange_columns[] = {
	{"TIME", 15, false, 12, CUT_PLAIN},   {"PROTO", 9, false, 5, CUT_END},
	{"CLIENT", 22, false, 8, CUT_MIDDLE}, {"SERVER", 22, false, 8, CUT_MIDDLE},
	{"LATENCY", 8, true, 0, CUT_END},     {"OUTCOME", 10, false, 7, CUT_END},
	{"ID", 10, false, 7, CUT_MIDDLE},     {"RECORD", 0, false, 0, CUT_MIDDLE},
};

static const struct text_column end_columns[] = {
	{"TIME", 15, false, 12, CUT_PLAIN},    {"PROTO", 9, false, 5, CUT_END},
	{"PROCESS", 22, false, 8, CUT_MIDDLE}, {"ROLE", 7, false, TEXT_MAY_GO, CUT_END},
	{"REMOTE", 21, false, 8, CUT_MIDDLE},  {"LATENCY", 8, true, 0, CUT_END},
	{"OUTCOME", 10, false, 7, CUT_END},    {"ID", 10, false, 7, CUT_MIDDLE},
	{"RECORD", 0, false, 0, CUT_MIDDLE},
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

static void append_process(struct cells *cells, const struct row_end *end)
{
	struct buffer *b = &cells->text;

	if (end->pid) {
		buffer_append_text(b, end->comm);
		buffer_append_char(b, '[');
		buffer_append_u64(b, end->pid);
		buffer_append_char(b, ']');
	} else {
		buffer_append_char(b, '-');
	}
	cells_end(cells, PAINT_NONE);
}

/* The recorded end: its process where that is known, else its address. */
static void append_own(struct cells *cells, const struct row_end *end)
{
	if (end->pid) {
		append_process(cells, end);
		return;
	}
	if (end->role == ROLE_CLIENT && *end->client_text)
		buffer_append_text(&cells->text, end->client_text);
	else
		buffer_append_text(&cells->text, end->local_text);
	cells_end(cells, PAINT_NONE);
}

/* The process at the other end where it was recorded, else its address: the true client's. */
static void append_other(struct cells *cells, const struct row *row)
{
	char remote[ADDRESS_TEXT_MAX];

	if (row->twin && row->twin->end->pid) {
		append_process(cells, row->twin->end);
		return;
	}
	if (row->end->role == ROLE_SERVER && *row->end->client_text)
		buffer_append_text(&cells->text, row->end->client_text);
	else
		buffer_append_text(&cells->text, row_remote(row, remote));
	cells_end(cells, PAINT_NONE);
}

static void append_ends(struct show *show, const struct row *row)
{
	struct cells *cells = &show->cells;
	char remote[ADDRESS_TEXT_MAX];

	if (show->both) {
		append_process(cells, row->end);
		buffer_append_text(&cells->text, role_text(row->end->role));
		cells_end(cells, PAINT_NONE);
		buffer_append_text(&cells->text, row_remote(row, remote));
		cells_end(cells, PAINT_NONE);
	} else if (row->end->role == ROLE_SERVER) {
		append_other(cells, row);
		append_own(cells, row->end);
	} else {
		append_own(cells, row->end);
		append_other(cells, row);
	}
}

static void append_remark(struct buffer *b, bool *first, struct span remark)
{
	buffer_append_text(b, *first ? "  (" : "; ");
	buffer_append_span(b, remark);
	*first = false;
}

static void append_record(struct buffer *b, const struct row *row)
{
	bool first = true;

	row->table->describe(row->values, b);
	if (row->late)
		append_remark(b, &first, span_text("late"));
	if (row->note.len)
		append_remark(b, &first, row->note);
	if (!first)
		buffer_append_char(b, ')');
}

static void print_text(struct show *show, const struct row *row)
{
	struct cells *cells = &show->cells;
	struct buffer *b = &cells->text;
	char id[ROW_ID_MAX];

	cells_clear(cells);
	output_time_cell(show->out, cells, row->begin);
	buffer_append_text(b, row->table->name);
	cells_end(cells, PAINT_CYAN);
	append_ends(show, row);
	if (row_latency(row) != TIME_UNKNOWN)
		text_append_duration(b, row_latency(row));
	else
		buffer_append_char(b, '-');
	cells_end(cells, PAINT_NONE);
	buffer_append_text(b, outcome_text(row->outcome));
	cells_end(cells, outcome_paint(row->outcome));
	row_id(row, id);
	buffer_append_text(b, id);
	cells_end(cells, PAINT_DIM);
	append_record(b, row);
	cells_end(cells, PAINT_NONE);
	output_cells(show->out, show->both ? end_columns : exchange_columns, cells);
}

/* ---- the rows ---- */

static bool is_selected(struct show *show, const struct row *row)
{
	struct selection *selection = &show->select.selection;
	struct selection_subject subject;

	if (selection_is_all(selection))
		return true;
	subject = row_subject(row);
	return selection_matches(selection, ~0u, &subject);
}

/* Of an exchange that is one row, either end may be the one that is selected. */
static bool is_wanted(struct show *show, const struct row *row)
{
	bool selected = is_selected(show, row);

	if (show->exchanges)
		return exchange_begins(row) &&
		       (selected || (row->twin && is_selected(show, row->twin)));
	if (!selected || show->select.format != OUTPUT_TEXT || show->both)
		return selected;
	/* In text an exchange that was recorded at both ends is one row: the client's. */
	return !row->twin || row->end->role != ROLE_SERVER || !is_selected(show, row->twin);
}

static void print_exchange(struct show *show, const struct row *row)
{
	const struct row_part part = {.columns = exchanges_table.columns,
				      .count = exchanges_table.column_count,
				      .values = show->exchange.values};

	exchange_fill(&show->exchange, row);
	output_row(show->out, &part, 1);
}

static void print(struct show *show, struct row *row)
{
	if (show->select.format == OUTPUT_TEXT)
		print_text(show, row);
	else if (show->exchanges)
		print_exchange(show, row);
	else if (show->select.format == OUTPUT_JSON)
		record_print_json(show->out, row);
	else
		print_csv(show, row);
}

static void print_all(struct show *show)
{
	uint64_t printed = 0;
	struct row *row;

	while (output_alive(show->out) && (!show->limit || printed < show->limit) &&
	       (row = reading_row(&show->reading)) != NULL) {
		if (!is_wanted(show, row))
			continue;
		print(show, row);
		printed++;
	}
}

static int parse(struct show *show, int argc, char **argv)
{
	struct command_line line = {&show_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP)
			return COMMAND_HELP;
		if (option == COMMAND_WRONG)
			return COMMAND_WRONG;
		if (option < SELECT_OPTIONS) {
			if (!select_option(&show->select, argv[0], option, value))
				return COMMAND_WRONG;
		} else if (option == OPT_ID) {
			show->id = value;
			if (!selection_add(&show->select.selection, SELECT_RECORD, value)) {
				command_fail(argv[0],
					     "--id wants the id of a record, as in "
					     "24.1830, not '%s'",
					     value);
				return COMMAND_WRONG;
			}
		} else if (option == OPT_LIMIT) {
			if (!option_number(value, UINT64_MAX, &show->limit) || !show->limit) {
				command_fail(argv[0], "--limit wants a number from 1, not '%s'",
					     value);
				return COMMAND_WRONG;
			}
		} else if (option == OPT_BOTH) {
			show->both = true;
		} else if (option == OPT_KEEP) {
			if (!option_keep(value, &show->keep)) {
				command_fail(argv[0],
					     "--keep wants a size as 64k or 10M, none or all, "
					     "not '%s'",
					     value);
				return COMMAND_WRONG;
			}
		} else if (option == OPT_PROTO) {
			if (!proto_file_add(&show->protobuf, argv[0], value))
				return COMMAND_WRONG;
		} else if (option == OPT_THREADS) {
			if (!option_number(value, UINT16_MAX, &show->threads) || !show->threads) {
				command_fail(argv[0], "--threads wants a number from 1, not '%s'",
					     value);
				return COMMAND_WRONG;
			}
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
	if (argc - optind == 2 && strcmp(argv[optind + 1], exchanges_table.name) == 0) {
		show->exchanges = true;
	} else if (argc - optind == 2) {
		show->table = protocol_table_find(argv[optind + 1], NULL);
		if (!selection_add(&show->select.selection, SELECT_PROTOCOL, argv[optind + 1]))
			return select_no_protocol(argv[0], argv[optind + 1]);
	}
	return select_check(&show->select, argv[0], argv[optind]) ? COMMAND_END : COMMAND_WRONG;
}

static int print_rows(struct show *show)
{
	int status;

	show->out = output_new(show->select.format);
	if (!show->out || (show->select.format == OUTPUT_CSV && !csv_begin(show)))
		return command_fail(show->reading.command, "%s",
				    tape_error_text(TAPE_ERROR_MEMORY));
	print_all(show);
	status = reading_end(&show->reading);
	select_explain(&show->select, show->reading.command);
	if (!output_free(show->out) && status != STATUS_USAGE)
		status = command_fail(show->reading.command, "the output could not be written");
	return status;
}

static int show_rows(struct show *show, const struct replay_options *with)
{
	int status = reading_open_rows(&show->reading, show_command.name, show->select.operand.path,
				       with);

	if (status)
		return status;
	status = print_rows(show);
	buffer_free(&show->parts);
	exchange_free(&show->exchange);
	cells_free(&show->cells);
	reading_close(&show->reading);
	return status;
}

static int run_show(int argc, char **argv)
{
	struct show show = {0};
	struct replay_options with = {0};
	int status = parse(&show, argc, argv);

	if (status == COMMAND_END)
		status = operands(&show, argc, argv);
	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	with.selection = &show.select.selection;
	with.memory_limit = show.select.memory;
	with.window = true;
	with.threads = show.threads ? (unsigned)show.threads : command_processors();
	with.decode_as = show.decode_as;
	with.keep = show.keep;
	with.keylog = show.select.keylog;
	with.protobuf = show.protobuf;
	if (show.id)
		status = detail_show(&show.select, argv[0], argv[optind], show.id, &with);
	else
		status = show_rows(&show, &with);
	protobuf_schema_free(show.protobuf);
	return select_end(&show.select, status);
}

const struct command show_command = {
	.name = "show",
	.run = run_show,
	.arguments = "REC [PROTOCOL | exchanges] [options]",
	.summary = "records: requests with their responses",
	.help = help,
	.options = options,
};
