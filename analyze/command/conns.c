/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/conn_row.h"
#include "analyze/replay/reading.h"
#include "analyze/command/select.h"
#include "analyze/listing/listing.h"
#include "analyze/output/text.h"
#include "analyze/spill/sorter.h"
#include "analyze/spill/values.h"

static const char help[] = "Prints one line for each connection, in the order in which they began.";

enum {
	OPT_WHERE = SELECT_OPTIONS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	LISTING_OPTIONS,
	{0},
};

/* Of the memory that reading may use, the rows that wait take this part. */
#define SORT_SHARE 8

struct conns {
	struct reading reading;
	struct select select;
	struct listing listing;
	struct listing_wish wish;
	struct output *out;
	struct cells cells;
	struct sorter *rows; /* of the connections that ended, by start */
	struct buffer packed;
	struct buffer spoken; /* JSON of the row that is filled */
	int error;	      /* errno of a row that could not be kept; 0: none */
};

/* Rows wait until all are there. */
static void on_conn_end(void *context, const struct connection *c)
{
	struct conns *conns = context;
	struct value v[CONN_COLUMNS];

	if (conns->error)
		return;
	conn_fill(v, &conns->spoken, conns->reading.replay, c);
	buffer_clear(&conns->packed);
	values_pack(&conns->packed, v, CONN_COLUMNS);
	if (conns->packed.failed || conns->spoken.failed)
		conns->error = ENOMEM;
	else if (!sorter_add(conns->rows, v[CONN_COLUMN_START].integer, c->id,
			     buffer_span(&conns->packed)))
		conns->error = errno;
}

static const struct text_column text_columns[] = {
	{"CONN", 5, true, 0, CUT_END},
	{"PROCESS", 22, false, 10, CUT_MIDDLE},
	{"PROTO", 9, false, 5, CUT_END},
	{"ROLE", 7, false, TEXT_MAY_GO, CUT_END},
	{"LOCAL", 21, false, TEXT_MAY_GO, CUT_MIDDLE},
	{"REMOTE", 21, false, 10, CUT_MIDDLE},
	{"START", 15, false, 12, CUT_PLAIN},
	{"LASTED", 8, true, TEXT_MAY_GO, CUT_END},
	{"SENT", 8, true, 0, CUT_END},
	{"RECEIVED", 8, true, 0, CUT_END},
	{"RECORDS", 7, true, TEXT_MAY_GO, CUT_END},
	{"STATE", 0, false, 0, CUT_END},
};

/* How it stands, unless it just ended. */
static void append_state(struct buffer *b, const struct value *v)
{
	struct span error = v[CONN_COLUMN_ERROR].text, words = conn_error_words(error);
	bool told = !span_equal(error, words); /* "refused" says that it failed */

	if (!span_is(v[CONN_COLUMN_STATE].text, "failed") &&
	    !span_is(v[CONN_COLUMN_STATE].text, "reset")) {
		if (!v[CONN_COLUMN_CLOSED].boolean)
			buffer_append_text(b, span_is(v[CONN_COLUMN_STATE].text, "opening")
						      ? "opening "
						      : "open ");
		return;
	}
	buffer_append_span(b, told ? words : v[CONN_COLUMN_STATE].text);
	if (v[CONN_COLUMN_STATE_BY].text.len) {
		buffer_append_text(b, " by ");
		buffer_append_span(b, v[CONN_COLUMN_STATE_BY].text);
	}
	buffer_append_char(b, ' ');
	if (error.len && !told) {
		buffer_append_span(b, error);
		buffer_append_char(b, ' ');
	}
}

/* What else it spoke: the names in our own JSON, once where one follows itself. */
static void append_others(struct buffer *b, struct span spoken)
{
	static const char key[] = "\"proto\":\"";
	const char *at = spoken.data, *end = spoken.len ? spoken.data + spoken.len : at;
	struct span last = {0};

	while (at < end && (at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1)) != NULL) {
		const char *quote;
		struct span name;

		at += sizeof(key) - 1;
		quote = memchr(at, '"', (size_t)(end - at));
		if (!quote)
			return;
		name = span_of(at, (size_t)(quote - at));
		if (last.len && !span_equal(name, last)) {
			buffer_append_text(b, "then ");
			buffer_append_span(b, name);
			buffer_append_char(b, ' ');
		}
		last = name;
		at = quote;
	}
}

/* "TLS 1.3 example.org h2 read by keys". */
static void append_tls(struct buffer *b, const struct value *v)
{
	struct span reading = v[CONN_COLUMN_TLS_READING].text;

	if (v[CONN_COLUMN_TLS_READING].type != VALUE_TEXT)
		return;
	for (int i = CONN_COLUMN_TLS_VERSION; i <= CONN_COLUMN_ALPN; i++) {
		buffer_append_span(b, v[i].text);
		if (v[i].text.len)
			buffer_append_char(b, ' ');
	}
	if (span_is(reading, reading_of_tls_text(TLS_NOT_READ)))
		buffer_append_text(b, "not read");
	else
		buffer_printf(b, "read %s%.*s", span_is(reading, "in part") ? "" : "by ",
			      (int)reading.len, reading.data);
	if (v[CONN_COLUMN_TLS_UNREAD].text.len) {
		buffer_append_text(b, " (");
		buffer_append_span(b, v[CONN_COLUMN_TLS_UNREAD].text);
		buffer_append_char(b, ')');
	}
	buffer_append_char(b, ' ');
}

static void append_flags(struct buffer *b, const struct value *v)
{
	append_others(b, v[CONN_COLUMN_SPOKEN].text);
	append_state(b, v);
	if (v[CONN_COLUMN_LOST].integer) {
		buffer_append_text(b, "lost ");
		text_append_bytes(b, (uint64_t)v[CONN_COLUMN_LOST].integer);
		buffer_append_char(b, ' ');
	}
	if (v[CONN_COLUMN_MIDSTREAM].boolean)
		buffer_append_text(b, "midstream ");
	append_tls(b, v);
}

static void fill_cells(struct output *o, struct cells *cells, const struct value *v)
{
	struct buffer *b = &cells->text;

	cells_clear(cells);
	buffer_append_i64(b, v[CONN_COLUMN_ID].integer);
	cells_end(cells, PAINT_NONE);
	if (v[CONN_COLUMN_PID].integer)
		buffer_printf(b, "%.*s[%lld]", (int)v[CONN_COLUMN_COMM].text.len,
			      v[CONN_COLUMN_COMM].text.data, (long long)v[CONN_COLUMN_PID].integer);
	else
		buffer_append_char(b, '-');
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, v[CONN_COLUMN_PROTO].text.len ? v[CONN_COLUMN_PROTO].text
							    : span_text("-"));
	cells_end(cells, PAINT_CYAN);
	for (int i = CONN_COLUMN_ROLE; i <= CONN_COLUMN_REMOTE; i++) {
		buffer_append_span(b, v[i].text);
		cells_end(cells, PAINT_NONE);
	}
	output_time_cell(o, cells, v[CONN_COLUMN_START].integer);
	text_append_duration(b, v[CONN_COLUMN_END].integer - v[CONN_COLUMN_START].integer);
	cells_end(cells, PAINT_NONE);
	for (int i = CONN_COLUMN_SENT; i <= CONN_COLUMN_RECEIVED; i++) {
		text_append_bytes(b, (uint64_t)v[i].integer);
		cells_end(cells, PAINT_NONE);
	}
	text_append_count(b, (uint64_t)v[CONN_COLUMN_RECORDS].integer);
	cells_end(cells, PAINT_NONE);
	append_flags(b, v);
	cells_end(cells, v[CONN_COLUMN_LOST].integer ? PAINT_RED : PAINT_DIM);
}

static void list(struct conns *conns, const struct row_part *part)
{
	struct listing *l = &conns->listing;
	bool text = listing_needs_cells(l);

	if (!listing_wants(l, part, 1))
		return;
	if (text)
		fill_cells(conns->out, &conns->cells, part->values);
	if (listing_takes(l))
		listing_row(l, part, 1, text_columns, text ? &conns->cells : NULL);
	else if (text)
		output_cells(conns->out, text_columns, &conns->cells);
	else
		output_row(conns->out, part, 1);
}

/* Prints the rows in order. */
static void print_rows(struct conns *conns)
{
	struct span packed;

	while (!listing_is_full(&conns->listing) && sorter_next(conns->rows, &packed)) {
		struct value v[CONN_COLUMNS];
		const struct row_part part = {
			.columns = conns_table.columns, .count = CONN_COLUMNS, .values = v};

		values_unpack(packed, v, CONN_COLUMNS);
		list(conns, &part);
	}
	if (!conns->error)
		conns->error = sorter_errno(conns->rows);
}

/* Reads all and prints: what to exit with. */
static int run(struct conns *conns, const char *name)
{
	int status = reading_run(&conns->reading);

	print_rows(conns);
	status = listing_end(&conns->listing, status);
	if (conns->error)
		status = command_fail(name, "connections could not be put in order: %s",
				      strerror(conns->error));
	return status;
}

/* What is wrong with the wishes is told before anything is read. */
static int begin_listing(struct conns *conns, const char *name)
{
	conns->out = output_new(conns->select.format);
	if (!conns->out ||
	    !fields_add(&conns->listing.fields, conns_table.columns, CONN_COLUMNS, NULL))
		return command_fail(name, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return listing_begin(&conns->listing, name, &conns->wish, conns->select.format, conns->out)
		       ? STATUS_DONE
		       : STATUS_USAGE;
}

static bool take_option(struct conns *conns, const char *command, int option, const char *value)
{
	if (option >= OPT_WHERE)
		return listing_option(&conns->wish, command, option - OPT_WHERE, value);
	return select_option(&conns->select, command, option, value);
}

static int run_conns(int argc, char **argv)
{
	struct conns conns = {0};
	struct replay_options with = {
		.handlers = {.conn_end = on_conn_end, .context = &conns},
	};
	uint64_t memory;
	struct command_line line = {&conns_command, argc, argv, 0};
	const char *value;
	int option, status;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG || !take_option(&conns, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return command_fail(argv[0], "wants one recording; try 'socktape %s --help'",
				    argv[0]);
	if (!select_check(&conns.select, argv[0], argv[optind]))
		return STATUS_USAGE;
	status = select_resolve(&conns.select, argv[0], SELECT_OF_RECORDS);
	if (status)
		return status;
	with.selection = &conns.select.selection;
	with.keylog = conns.select.keylog;
	memory = conns.select.memory ? conns.select.memory : REPLAY_MEMORY_LIMIT;
	with.memory_limit = memory - memory / SORT_SHARE;
	conns.rows = sorter_new((size_t)(memory / SORT_SHARE));
	if (!conns.rows)
		return command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
	status = begin_listing(&conns, argv[0]);
	if (!status)
		status = reading_open(&conns.reading, argv[0], conns.select.operand.path, &with);
	if (!status) {
		status = run(&conns, argv[0]);
		select_explain(&conns.select, argv[0]);
		reading_close(&conns.reading);
	}
	listing_free(&conns.listing);
	if (conns.out && !output_free(conns.out) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	cells_free(&conns.cells);
	sorter_free(conns.rows);
	buffer_free(&conns.packed);
	buffer_free(&conns.spoken);
	return select_end(&conns.select, status);
}

const struct command conns_command = {
	.name = "conns",
	.run = run_conns,
	.arguments = "REC [options]",
	.summary = "one line a connection",
	.help = help,
	.options = options,
};
