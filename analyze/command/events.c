/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/event_row.h"
#include "analyze/replay/reading.h"
#include "analyze/command/select.h"
#include "analyze/listing/listing.h"
#include "analyze/output/text.h"

static const char help[] = "Prints the raw events in the order in which they were recorded: who\n"
			   "moved how many bytes with which call, and the bytes.";

enum {
	OPT_HEX = SELECT_OPTIONS,
	OPT_ALL,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_COLUMNS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"hex", 'x', NULL, "payload in hexadecimal"},
	{"all", 'a', NULL, "connections, processes and losses too, not only data"},
	LISTING_OPTIONS,
	{0},
};

struct events {
	struct reading reading;
	struct select select;
	bool hex;
	bool all;
	struct listing listing;
	struct listing_wish wish;
	struct output *out;
	struct cells cells;
	struct event_row row;
};

static const struct text_column text_columns[] = {
	{"TIME", 15, false, 12, CUT_PLAIN},
	{"CONN", 5, true, 0, CUT_END},
	{"PROCESS", 22, false, 10, CUT_MIDDLE},
	{"FD", 4, true, TEXT_MAY_GO, CUT_END},
	{"CALL", 9, false, 8, CUT_END},
	{"DIR", 8, false, 4, CUT_END},
	{"LAYER", 5, false, TEXT_MAY_GO, CUT_END},
	{"OFFSET", 10, true, 0, CUT_END},
	{"LEN", 8, true, 0, CUT_END},
	{"CAPTURED", 8, true, TEXT_MAY_GO, CUT_END},
	{"PAYLOAD", 0, false, 0, CUT_END},
};

static void append_number(struct cells *cells, const struct value *v)
{
	if (v->type == VALUE_INT)
		buffer_append_i64(&cells->text, v->integer);
	cells_end(cells, PAINT_NONE);
}

static void fill_cells(struct events *e, const struct value *v)
{
	struct cells *cells = &e->cells;
	struct buffer *b = &cells->text;
	bool data = v[EVENT_COLUMN_CALL].type == VALUE_WORD;

	cells_clear(cells);
	output_time_cell(e->out, cells, v[EVENT_COLUMN_TS].integer);
	append_number(cells, &v[EVENT_COLUMN_CONN]);
	if (v[EVENT_COLUMN_PID].type == VALUE_INT && v[EVENT_COLUMN_PID].integer) {
		buffer_append_span(b, v[EVENT_COLUMN_COMM].type == VALUE_TEXT
					      ? v[EVENT_COLUMN_COMM].text
					      : span_text(""));
		buffer_printf(b, "[%lld]", (long long)v[EVENT_COLUMN_PID].integer);
	}
	cells_end(cells, PAINT_NONE);
	append_number(cells, &v[EVENT_COLUMN_FD]);
	buffer_append_span(b, data ? v[EVENT_COLUMN_CALL].text : v[EVENT_COLUMN_NAME].text);
	cells_end(cells, PAINT_CYAN);
	buffer_append_span(b, data ? v[EVENT_COLUMN_DIR].text : span_text(""));
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, data ? v[EVENT_COLUMN_LAYER].text : span_text(""));
	cells_end(cells, PAINT_NONE);
	append_number(cells, &v[EVENT_COLUMN_OFFSET]);
	append_number(cells, &v[EVENT_COLUMN_LEN]);
	append_number(cells, &v[EVENT_COLUMN_CAPTURED]);
	buffer_append_span(b, data ? v[EVENT_COLUMN_PAYLOAD].text : v[EVENT_COLUMN_DETAIL].text);
	cells_end(cells, data ? PAINT_NONE : PAINT_YELLOW);
}

static void list(struct events *e, const struct row_part *part)
{
	struct listing *l = &e->listing;
	bool text = listing_needs_cells(l);

	if (listing_is_full(l) || !listing_wants(l, part, 1))
		return;
	if (text)
		fill_cells(e, part->values);
	if (listing_takes(l))
		listing_row(l, part, 1, text_columns, text ? &e->cells : NULL);
	else if (text)
		output_cells(e->out, text_columns, &e->cells);
	else
		output_row(e->out, part, 1);
}

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct events *e = context;
	const struct row_part part = {
		.columns = events_table.columns, .count = EVENT_COLUMNS, .values = e->row.values};

	if (event->type != EVENT_DATA && !e->all)
		return;
	event_fill(&e->row, e->reading.replay, event, conn, e->hex);
	list(e, &part);
	if (listing_is_full(&e->listing))
		replay_stop(e->reading.replay);
}

static int run_events(int argc, char **argv)
{
	struct events e = {0};
	struct replay_options with = {
		.handlers = {.event = on_event, .context = &e},
		.no_sessions = true,
	};
	struct command_line line = {&events_command, argc, argv, 0};
	const char *value;
	int option, status;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG)
			return STATUS_USAGE;
		if (option == OPT_HEX)
			e.hex = true;
		else if (option == OPT_ALL)
			e.all = true;
		else if (option >= OPT_WHERE && option <= OPT_COLUMNS) {
			if (!listing_option(&e.wish, argv[0], option - OPT_WHERE, value))
				return STATUS_USAGE;
		} else if (!select_option(&e.select, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return command_fail(argv[0], "wants one recording; try 'socktape %s --help'",
				    argv[0]);
	if (!select_check(&e.select, argv[0], argv[optind]))
		return STATUS_USAGE;
	if (e.select.keylog && !(e.select.selection.kinds & SELECT_OF_SESSIONS))
		command_warn(argv[0], "--keylog decrypts nothing here: events are as they were "
				      "recorded");
	status = select_resolve(&e.select, argv[0], SELECT_OF_SESSIONS);
	if (status)
		return status;
	with.selection = &e.select.selection;
	with.memory_limit = e.select.memory;
	with.window = true;
	e.out = output_new(e.select.format);
	if (!e.out || !fields_add(&e.listing.fields, events_table.columns, EVENT_COLUMNS, NULL))
		return command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (!listing_begin(&e.listing, argv[0], &e.wish, e.select.format, e.out))
		return STATUS_USAGE;
	status = reading_open(&e.reading, argv[0], e.select.operand.path, &with);
	if (status)
		return status;
	status = reading_run(&e.reading);
	select_explain(&e.select, argv[0]);
	status = listing_end(&e.listing, status);
	listing_free(&e.listing);
	if (!output_free(e.out) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	cells_free(&e.cells);
	event_row_free(&e.row);
	reading_close(&e.reading);
	return select_end(&e.select, status);
}

const struct command events_command = {
	.name = "events",
	.run = run_events,
	.arguments = "REC [options]",
	.summary = "the raw events, as they were recorded",
	.help = help,
	.options = options,
};
