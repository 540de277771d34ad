/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "analyze/command/schema.h"
#include "analyze/command/select.h"
#include "analyze/output/text.h"

static const char arguments[] = "REC [options]";
static const char summary[] =
	"Prints the raw events in the order in which they were recorded: who\n"
	"moved how many bytes with which call, and the bytes.";

enum {
	OPT_HEX = SELECT_OPTIONS,
	OPT_ALL
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"hex", 'x', NULL, "payload in hexadecimal"},
	{"all", 'a', NULL, "connections, processes and losses too, not only data"},
	{0},
};

enum column_index {
	TS,
	EVENT,
	CONN,
	PID,
	TID,
	COMM,
	FD,
	CALL,
	DIR,
	LAYER,
	OFFSET,
	LEN,
	CAPTURED,
	CUT,
	PEER,
	PAYLOAD,
	DETAIL,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[TS] = {"ts", "BIGINT", "ns", "when the call returned, since the epoch"},
	[EVENT] = {"event", "TEXT", "", "data; with --all: conn, close, process, exit, loss, ..."},
	[CONN] = {"conn", "BIGINT", "", "connection id"},
	[PID] = {"pid", "BIGINT", "", "process; 0 when unknown"},
	[TID] = {"tid", "BIGINT", "", "thread"},
	[COMM] = {"comm", "TEXT", "", "name of the process"},
	[FD] = {"fd", "BIGINT", "", "file descriptor; -1 when unknown"},
	[CALL] = {"call", "TEXT", "", "the call that moved the bytes"},
	[DIR] = {"dir", "TEXT", "", "sent or received, by the process"},
	[LAYER] = {"layer", "TEXT", "", "wire, or tls: plaintext inside it"},
	[OFFSET] = {"offset", "BIGINT", "bytes", "position of the first byte in its stream"},
	[LEN] = {"len", "BIGINT", "bytes", "moved by the call"},
	[CAPTURED] = {"captured", "BIGINT", "bytes", "of them in the recording"},
	[CUT] = {"cut", "TEXT", "", "why captured is less than len; empty when it isn't"},
	[PEER] = {"peer", "TEXT", "", "other end of a datagram, where the call told it"},
	[PAYLOAD] = {"payload", "TEXT", "", "the captured bytes; with -x in hexadecimal"},
	[DETAIL] = {"detail", "TEXT", "", "what an event other than data says"},
};

const struct table events_table = {
	.name = "events",
	.summary = "what was recorded, call by call",
	.columns = columns,
	.column_count = COLUMNS,
};

struct events {
	struct reading reading;
	struct select select;
	bool hex;
	bool all;
	struct output *out;
	struct cells cells;
	struct buffer hex_text;
	struct buffer detail;
};

static struct span payload_text(struct events *e, struct span payload)
{
	static const char digits[] = "0123456789abcdef";
	struct buffer *b = &e->hex_text;

	if (!e->hex)
		return payload;
	buffer_clear(b);
	if (!buffer_reserve(b, payload.len * 2))
		return span_of(NULL, 0);
	for (size_t i = 0; i < payload.len; i++) {
		uint8_t byte = (uint8_t)payload.data[i];

		b->data[b->len++] = digits[byte >> 4];
		b->data[b->len++] = digits[byte & 15];
	}
	return buffer_span(b);
}

static void fill_data(struct events *e, const struct event_data *d, char peer[ADDRESS_TEXT_MAX],
		      struct value *v)
{
	const struct process *process = replay_process(e->reading.replay, d->pid);

	address_text(&d->peer, peer);
	v[CONN] = value_int((int64_t)d->conn);
	v[PID] = value_int(d->pid);
	v[TID] = value_int(d->tid);
	v[COMM] = value_text(span_text(process ? process->name : ""));
	v[FD] = value_int(d->fd);
	v[CALL] = value_word(span_text(call_text(d->call)));
	v[DIR] = value_word(span_text(direction_text(d->direction)));
	v[LAYER] = value_word(span_text(layer_text(d->layer)));
	v[OFFSET] = value_int((int64_t)d->offset);
	v[LEN] = value_int((int64_t)d->len);
	v[CAPTURED] = value_int((int64_t)d->payload.len);
	v[CUT] = value_text(span_text(d->cut == CUT_NONE ? "" : cut_text(d->cut)));
	v[PEER] = value_text(span_text(peer));
	v[PAYLOAD] = value_text(payload_text(e, d->payload));
}

static void append_loss(struct buffer *b, const struct event_loss *loss)
{
	buffer_printf(b, "%" PRIu64 " events, %" PRIu64 " bytes", loss->events, loss->bytes);
	if (loss->conn)
		buffer_printf(b, " %s", direction_text(loss->direction));
	if (loss->placed)
		buffer_printf(b, " at %" PRIu64, loss->position);
	buffer_printf(b, ": %s", loss_cause_text(loss->cause));
}

static void append_state(struct buffer *b, const struct event_state *state)
{
	buffer_append_text(b, conn_state_text(state->state));
	if (state->by != END_UNKNOWN)
		buffer_printf(b, " by the %s end", conn_end_text(state->by));
	if (state->error)
		buffer_printf(b, ", %s (%u)", conn_error_text(state->error), state->error);
}

static void append_totals(struct buffer *b, const struct event_totals *totals)
{
	buffer_printf(b,
		      "%" PRIu64 " bytes moved, %" PRIu64 " kept, %" PRIu64 " lost, %" PRIu64
		      " cut, %" PRIu64 " beyond the snap length",
		      totals->moved_bytes, totals->kept_bytes, totals->lost_bytes,
		      totals->cut_bytes, totals->snaplen_bytes);
}

static void append_tls(struct buffer *b, const struct event_tls *tls)
{
	static const char digits[] = "0123456789abcdef";

	buffer_printf(b, "tied by %s, library %" PRIu32 ", object 0x%" PRIx64 ", client random ",
		      tls_tie_text(tls->tie), tls->library, tls->object);
	for (size_t i = 0; i < sizeof(tls->random); i++) {
		buffer_append_char(b, digits[tls->random[i] >> 4]);
		buffer_append_char(b, digits[tls->random[i] & 15]);
	}
	buffer_printf(b, ", sent %" PRIu64 ", received %" PRIu64, tls->sent, tls->received);
}

static void append_library(struct buffer *b, const struct event_library *library)
{
	buffer_printf(b, "%" PRIu32 ": %s ", library->library, tls_library_text(library->kind));
	buffer_append_span(b, library->version);
	buffer_append_char(b, ' ');
	buffer_append_span(b, library->path);
	buffer_printf(b, ": %s", tls_hook_text(library->hook));
	if (library->note.len) {
		buffer_append_text(b, ", ");
		buffer_append_span(b, library->note);
	}
}

static const char *fill_other(struct events *e, const struct event *event,
			      const struct connection *conn, struct value *v)
{
	struct buffer *b = &e->detail;

	switch (event->type) {
	case EVENT_CLOCK:
		text_append_time_utc(b, event->clock.realtime);
		return "clock";
	case EVENT_HOST:
		buffer_append_span(b, event->host.hostname);
		buffer_append_text(b, ", ");
		buffer_append_span(b, event->host.recorder);
		return "host";
	case EVENT_PROCESS:
		v[PID] = value_int(event->process.pid);
		v[COMM] = value_text(event->process.name);
		buffer_append_span(b, event->process.exe);
		return "process";
	case EVENT_PROCESS_EXIT:
		v[PID] = value_int(event->process_exit.pid);
		buffer_printf(b, "status %d", event->process_exit.status);
		return "exit";
	case EVENT_CONN:
		v[CONN] = value_int((int64_t)event->conn.conn);
		v[PID] = value_int(event->conn.pid);
		v[FD] = value_int(event->conn.fd);
		if (conn)
			buffer_printf(b, "%s %s %s, %s, %s", transport_text(conn->transport),
				      conn->local_text, conn->remote_text,
				      role_text(event->conn.role),
				      conn_origin_text(event->conn.origin));
		return "conn";
	case EVENT_CLOSE:
		v[CONN] = value_int((int64_t)event->close.conn);
		buffer_printf(b, "sent %llu, received %llu", (unsigned long long)event->close.sent,
			      (unsigned long long)event->close.received);
		return "close";
	case EVENT_LOSS:
		v[CONN] = value_int((int64_t)event->loss.conn);
		append_loss(b, &event->loss);
		return "loss";
	case EVENT_SECRET:
		v[CONN] = value_int((int64_t)event->secret.conn);
		buffer_append_span(b, event->secret.line);
		return "secret";
	case EVENT_STATE:
		v[CONN] = value_int((int64_t)event->state.conn);
		append_state(b, &event->state);
		return "state";
	case EVENT_TOTALS:
		append_totals(b, &event->totals);
		return "totals";
	case EVENT_TLS:
		v[CONN] = value_int((int64_t)event->tls.conn);
		v[PID] = value_int(event->tls.pid);
		append_tls(b, &event->tls);
		return "tls";
	case EVENT_LIBRARY:
		v[PID] = value_int(event->library.pid);
		append_library(b, &event->library);
		return "library";
	case EVENT_DATA:
		break;
	}
	return "unknown";
}

static const struct text_column text_columns[] = {
	{"TIME", 15, false}, {"CONN", 5, true},	    {"PROCESS", 22, false}, {"FD", 4, true},
	{"CALL", 9, false},  {"DIR", 8, false},	    {"LAYER", 5, false},    {"OFFSET", 10, true},
	{"LEN", 8, true},    {"CAPTURED", 8, true}, {"PAYLOAD", 0, false},
};

static void append_number(struct cells *cells, const struct value *v)
{
	if (v->type == VALUE_INT)
		buffer_append_i64(&cells->text, v->integer);
	cells_end(cells, PAINT_NONE);
}

static void print_text(struct events *e, const struct value *v)
{
	struct cells *cells = &e->cells;
	struct buffer *b = &cells->text;
	bool data = v[CALL].type == VALUE_WORD;

	cells_clear(cells);
	text_append_time_of_day(b, v[TS].integer);
	cells_end(cells, PAINT_DIM);
	append_number(cells, &v[CONN]);
	if (v[PID].type == VALUE_INT && v[PID].integer) {
		buffer_append_span(b, v[COMM].type == VALUE_TEXT ? v[COMM].text : span_text(""));
		buffer_printf(b, "[%lld]", (long long)v[PID].integer);
	}
	cells_end(cells, PAINT_NONE);
	append_number(cells, &v[FD]);
	buffer_append_span(b, data ? v[CALL].text : v[EVENT].text);
	cells_end(cells, PAINT_CYAN);
	buffer_append_span(b, data ? v[DIR].text : span_text(""));
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, data ? v[LAYER].text : span_text(""));
	cells_end(cells, PAINT_NONE);
	append_number(cells, &v[OFFSET]);
	append_number(cells, &v[LEN]);
	append_number(cells, &v[CAPTURED]);
	buffer_append_span(b, data ? v[PAYLOAD].text : v[DETAIL].text);
	cells_end(cells, data ? PAINT_NONE : PAINT_YELLOW);
	output_cells(e->out, text_columns, cells);
}

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct events *e = context;
	struct value values[COLUMNS] = {0};
	const struct row_part part = {.columns = columns, .count = COLUMNS, .values = values};
	char peer[ADDRESS_TEXT_MAX];

	if (event->type != EVENT_DATA && !e->all)
		return;
	values[TS] = value_int(replay_realtime(e->reading.replay, event->ts));
	if (event->type == EVENT_DATA) {
		values[EVENT] = value_text(span_text("data"));
		fill_data(e, &event->data, peer, values);
	} else {
		buffer_clear(&e->detail);
		values[EVENT] = value_text(span_text(fill_other(e, event, conn, values)));
		values[DETAIL] = value_text(buffer_span(&e->detail));
	}
	if (e->select.format == OUTPUT_TEXT)
		print_text(e, values);
	else
		output_row(e->out, &part, 1);
	if (!output_alive(e->out))
		replay_stop(e->reading.replay);
}

int cmd_events(int argc, char **argv)
{
	struct events e = {0};
	struct replay_options with = {
		.handlers = {.event = on_event, .context = &e},
		.no_sessions = true,
	};
	const char *value;
	int option, status;

	while ((option = command_next_option(argc, argv, arguments, summary, options, &value)) !=
	       COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG)
			return STATUS_USAGE;
		if (option == OPT_HEX)
			e.hex = true;
		else if (option == OPT_ALL)
			e.all = true;
		else if (!select_option(&e.select, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return command_fail(argv[0], "wants one recording; try 'socktape %s --help'",
				    argv[0]);
	if (!select_check(&e.select, argv[0]))
		return STATUS_USAGE;
	if (e.select.keylog && !(e.select.selection.kinds & SELECT_OF_SESSIONS))
		command_warn(argv[0], "--keylog decrypts nothing here: events are as they were "
				      "recorded");
	status = select_resolve(&e.select, argv[0], argv[optind], SELECT_OF_SESSIONS);
	if (status)
		return status;
	with.selection = &e.select.selection;
	with.memory_limit = e.select.memory;
	with.window = true;
	status = reading_open(&e.reading, argv[0], argv[optind], &with);
	if (status)
		return status;
	e.out = output_new(e.select.format);
	if (!e.out)
		return command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
	status = reading_run(&e.reading);
	select_explain(&e.select, argv[0]);
	if (!output_free(e.out) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	cells_free(&e.cells);
	buffer_free(&e.hex_text);
	buffer_free(&e.detail);
	reading_close(&e.reading);
	select_free(&e.select);
	return status;
}
