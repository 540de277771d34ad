/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/exchanges.h"
#include "analyze/replay/record.h"
#include "analyze/command/detail.h"
#include "analyze/command/proto_file.h"
#include "analyze/finding/marks.h"
#include "analyze/listing/listing.h"
#include "analyze/shape/learn.h"
#include "analyze/output/text.h"

static const char help[] = "Prints the records of a recording: each request with its response,\n"
			   "and each message that stands alone, in the order in which they began.";

enum {
	OPT_ID = SELECT_OPTIONS,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_COLUMNS,
	OPT_BOTH,
	OPT_FOLLOW,
	OPT_KEEP,
	OPT_DECODE_AS,
	OPT_PROTO,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"id", 0, "RECORD", "everything about this one record"},
	LISTING_OPTIONS,
	{"both", 0, NULL, "text: a row for each end of an exchange that was recorded at both"},
	{"follow", 0, NULL, "as long as it is recorded: each row once it has ended, until Ctrl-C"},
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
	bool follow;
	const char *id; /* of the one record that is told in full; NULL: rows */
	struct listing listing;
	struct listing_wish wish;
	uint64_t common; /* columns of all records that are asked for, by wanted_bit() */
	struct row_shapes shapes;
	struct marks marks;
	size_t keep;
	uint64_t threads;
	struct output *out;
	struct cells cells;
};

/* ---- the columns that rows may have ---- */

static bool asks_for(const struct show *show, const struct column *column)
{
	const struct listing_wish *w = &show->wish;

	return !show->exchanges &&
	       (listing_names(w->where, column->name) || listing_names(w->sort, column->name) ||
		listing_names(w->columns, column->name));
}

/* What rows are asked for, which costs reading the recording twice; */
static bool wants_shape(const struct show *show)
{
	return !(show->table && shape_is_own(show->table)) && asks_for(show, &shape_column);
}

/* and what is odd about them, which costs reading it three times. */
static bool wants_marks(const struct show *show)
{
	return asks_for(show, &marks_column);
}

static bool add_columns(struct show *show)
{
	static const struct column *const on_demand[] = {&shape_column, &marks_column, NULL};
	struct fields *f = &show->listing.fields;

	if (show->exchanges)
		return fields_add(f, exchanges_table.columns, exchanges_table.column_count, NULL);
	f->on_demand = on_demand;
	/* It stands before a column of a table that has its name. */
	return (!wants_shape(show) || fields_add(f, &shape_column, 1, NULL)) &&
	       (!wants_marks(show) || fields_add(f, &marks_column, 1, NULL)) &&
	       fields_add_records(f, show->table);
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

static void fill_cells(struct show *show, const struct row *row)
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
	cells_end(cells, record_paint(row->outcome));
	row_id(row, id);
	buffer_append_text(b, id);
	cells_end(cells, PAINT_DIM);
	append_record(b, row);
	cells_end(cells, PAINT_NONE);
}

/* ---- the rows ---- */

/* In text an exchange that was recorded at both ends is one row. */
static bool is_wanted(struct show *show, const struct row *row)
{
	struct selection *selection = &show->select.selection;

	if (show->exchanges)
		return exchange_is_selected(row, selection);
	if (show->select.format != OUTPUT_TEXT || show->both)
		return row_is_selected(row, selection);
	return row_is_selected_once(row, selection);
}

static const struct text_column *text_columns(const struct show *show)
{
	return show->both ? end_columns : exchange_columns;
}

/* A row whose values somebody asks for. */
static void list(struct show *show, struct row *row, const struct row_part *parts, size_t count)
{
	struct listing *l = &show->listing;
	bool text = listing_needs_cells(l);

	if (!listing_wants(l, parts, count))
		return;
	if (text)
		fill_cells(show, row);
	if (listing_takes(l))
		listing_row(l, parts, count, text_columns(show), text ? &show->cells : NULL);
	else if (text)
		output_cells(show->out, text_columns(show), &show->cells);
	else if (show->exchanges)
		output_row(show->out, parts, count);
	else
		record_print_json(show->out, row);
}

static void print_exchange(struct show *show, struct row *row)
{
	const struct row_part part = {.columns = exchanges_table.columns,
				      .count = exchanges_table.column_count,
				      .values = show->exchange.values};

	exchange_fill(&show->exchange, row);
	list(show, row, &part, 1);
}

static void add_part(struct row_part *parts, size_t *count, const struct column *columns,
		     size_t column_count, const struct value *values)
{
	parts[*count] = (struct row_part){
		.columns = columns, .count = column_count, .values = values};
	++*count;
}

static void print_record(struct show *show, struct row *row)
{
	struct record_values common;
	struct row_part parts[4];
	size_t count = 0;

	record_fill_columns(&common, row, show->common);
	/* What isn't asked for isn't printed. */
	if (show->shapes.shapes) {
		row_shapes_fill(&show->shapes, row);
		add_part(parts, &count, &shape_column, 1, &show->shapes.value);
	}
	if (show->marks.known) {
		marks_fill(&show->marks, row);
		add_part(parts, &count, &marks_column, 1, &show->marks.value);
	}
	add_part(parts, &count, record_columns, RECORD_COLUMNS, common.values);
	add_part(parts, &count, row->table->columns, row->table->column_count, row->values);
	list(show, row, parts, count);
}

static void print(struct show *show, struct row *row)
{
	struct listing *l = &show->listing;

	if (show->exchanges) {
		print_exchange(show, row);
	} else if (show->wish.where || listing_takes(l)) {
		print_record(show, row);
	} else if (listing_wants(l, NULL, 0)) {
		/* Nobody asks for values: what is common to many rows is printed at once. */
		if (show->select.format == OUTPUT_JSON) {
			record_print_json(show->out, row);
		} else {
			fill_cells(show, row);
			output_cells(show->out, text_columns(show), &show->cells);
		}
	}
}

static void print_all(struct show *show)
{
	struct row *row;

	while (!listing_is_full(&show->listing) && (row = reading_row(&show->reading)) != NULL)
		if (is_wanted(show, row))
			print(show, row);
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
		} else if (option >= OPT_WHERE && option <= OPT_COLUMNS) {
			if (!listing_option(&show->wish, argv[0], option - OPT_WHERE, value))
				return COMMAND_WRONG;
		} else if (option == OPT_BOTH) {
			show->both = true;
		} else if (option == OPT_FOLLOW) {
			show->follow = true;
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

/* What is known at the end alone doesn't go with what has none yet. */
static bool follow_check(struct show *show, const char *command)
{
	const struct select *s = &show->select;
	const char *what = NULL;

	if (show->id)
		what = "--id";
	else if (show->wish.sort)
		what = "--sort";
	else if (wants_shape(show))
		what = "the column shape";
	else if (wants_marks(show))
		what = "the column findings";
	if (show->follow && what) {
		command_fail(command, "--follow and %s exclude each other: that waits for the end",
			     what);
		return false;
	}
	/* Of a pipe, moments may be counted from its end. */
	show->select.operand.stream = show->follow ||
				      (!what && !s->since && !s->until && !s->around);
	return true;
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
	return follow_check(show, argv[0]) && select_check(&show->select, argv[0], argv[optind])
		       ? COMMAND_END
		       : COMMAND_WRONG;
}

/* ---- while it is recorded ---- */

/* How long it takes at most until what came is seen. */
#define PAUSE_NS 50000000

/* Blocked while it is followed: whether Ctrl-C was pressed, of which the second ends all. */
static bool seen_enough(void *context, bool wait)
{
	const struct timespec pause = {.tv_nsec = wait ? PAUSE_NS : 0};
	struct show *show = context;
	sigset_t set;

	if (wait)
		listing_flush(&show->listing);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigtimedwait(&set, NULL, &pause) < 0)
		return !output_alive(show->out);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return true;
}

static void begin_following(struct show *show, struct replay_options *with)
{
	sigset_t set;

	with->follow = true;
	with->window = false;
	if (show->select.operand.pipe.fd >= 0)
		with->pipe = &show->select.operand.pipe;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	show->reading.enough = seen_enough;
	show->reading.enough_context = show;
}

static int print_rows(struct show *show)
{
	int status;

	print_all(show);
	status = reading_end(&show->reading);
	select_explain(&show->select, show->reading.command);
	return listing_end(&show->listing, status);
}

/* What is wrong with the wishes is told before anything is read. */
static int begin_listing(struct show *show)
{
	show->out = output_new(show->select.format);
	if (!show->out || !add_columns(show))
		return command_fail(show_command.name, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	show->common = listing_wanted_columns(&show->wish, show->select.format, record_columns,
					      RECORD_COLUMNS);
	return listing_begin(&show->listing, show_command.name, &show->wish, show->select.format,
			     show->out)
		       ? STATUS_DONE
		       : STATUS_USAGE;
}

static int learn_shapes(struct show *show, const struct replay_options *with)
{
	const struct shape_reading how = {
		.command = show_command.name, .path = show->select.operand.path, .with = *with};

	if (!wants_shape(show) || row_shapes_learn(&show->shapes, &how))
		return STATUS_DONE;
	return command_fail(show_command.name, "%s", tape_error_text(TAPE_ERROR_MEMORY));
}

static int find_marks(struct show *show, const struct replay_options *with)
{
	const struct findings_options how = {
		.command = show_command.name,
		.path = show->select.operand.path,
		.selection = with->selection,
		.keylog = with->keylog,
		.protobuf = with->protobuf,
		.memory = with->memory_limit,
		.threads = with->threads,
		.again = true,
	};

	return wants_marks(show) ? marks_find(&show->marks, &how) : STATUS_DONE;
}

static int show_rows(struct show *show, struct replay_options *with)
{
	int status = begin_listing(show);

	if (show->follow || show->select.operand.pipe.fd >= 0)
		begin_following(show, with);
	if (!status)
		status = learn_shapes(show, with);
	if (!status)
		status = find_marks(show, with);
	if (!status)
		status = reading_open_rows(&show->reading, show_command.name,
					   show->select.operand.path, with);
	if (!status) {
		status = print_rows(show);
		reading_close(&show->reading);
	}
	listing_free(&show->listing);
	if (show->out && !output_free(show->out) && status != STATUS_USAGE)
		status = command_fail(show_command.name, "the output could not be written");
	exchange_free(&show->exchange);
	row_shapes_free(&show->shapes);
	marks_free(&show->marks);
	cells_free(&show->cells);
	return status;
}

static int run_show(int argc, char **argv)
{
	struct show show = {0};
	struct replay_options with = {0};
	struct wanted *wanted = NULL;
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
	if (!show.exchanges && !wants_shape(&show) && !show.id)
		wanted = listing_wanted(&show.wish, show.select.format, show.table);
	with.wanted = wanted;
	if (show.id)
		status = detail_show(&show.select, argv[0], argv[optind], show.id, &with);
	else
		status = show_rows(&show, &with);
	protobuf_schema_free(show.protobuf);
	free(wanted);
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
