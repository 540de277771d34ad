/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "analyze/command/schema.h"
#include "analyze/command/select.h"
#include "analyze/output/text.h"
#include "analyze/spill/sorter.h"
#include "format/pack.h"

static const char arguments[] = "REC [options]";
static const char summary[] =
	"Prints one line for each connection, in the order in which they began.";

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{0},
};

enum column_index {
	CONN,
	PID,
	COMM,
	PROTO,
	ROLE,
	LOCAL,
	REMOTE,
	TRANSPORT,
	START,
	END,
	CLOSED,
	STATE,
	STATE_BY,
	ERROR,
	CONNECT,
	RESET,
	SENT,
	RECEIVED,
	LOST,
	UNSEEN,
	MIDSTREAM,
	TLS,
	RECORDS,
	SPOKEN,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[CONN] = {"conn", "BIGINT", "", "connection id"},
	[PID] = {"pid", "BIGINT", "", "process that used it last; 0 when unknown"},
	[COMM] = {"comm", "TEXT", "", "its name"},
	[PROTO] = {"proto", "TEXT", "", "protocol that it began with, by inference; or empty"},
	[ROLE] = {"role", "TEXT", "", "client, server or unknown: of the recorded process"},
	[LOCAL] = {"local", "TEXT", "", "its end of the connection"},
	[REMOTE] = {"remote", "TEXT", "", "the other end"},
	[TRANSPORT] = {"transport", "TEXT", "", "tcp, udp, unix, ..."},
	[START] = {"start", "BIGINT", "ns", "opened, or first seen, since the epoch"},
	[END] = {"end", "BIGINT", "ns", "closed, or last seen, since the epoch"},
	[CLOSED] = {"closed", "BOOLEAN", "", "whether its end was seen"},
	[STATE] = {"state", "TEXT", "",
		   "opening, established, closing, closed, failed, reset; or unknown"},
	[STATE_BY] = {"state_by", "TEXT", "",
		      "local or remote: which end began to close, or reset; empty when unknown"},
	[ERROR] = {"error", "TEXT", "", "why it failed or was reset, as ECONNREFUSED"},
	[CONNECT] = {"connect_ns", "BIGINT", "ns", "time that the handshake took"},
	[RESET] = {"reset", "BIGINT", "ns", "when it was reset, since the epoch"},
	[SENT] = {"sent_bytes", "BIGINT", "bytes", "moved by the process, kept or not"},
	[RECEIVED] = {"received_bytes", "BIGINT", "bytes", "moved to the process, kept or not"},
	[LOST] = {"lost_bytes", "BIGINT", "bytes",
		  "of both that are not in the recording, other than by the snap length; those "
		  "that were moved before it begins are counted in"},
	[UNSEEN] = {"unseen_bytes", "BIGINT", "bytes", "of these, by calls that no hook saw"},
	[MIDSTREAM] = {"midstream", "BOOLEAN", "", "existed before the recording began"},
	[TLS] = {"tls", "BOOLEAN", "", "whether its TLS plaintext was recorded"},
	[RECORDS] = {"records", "BIGINT", "", "records that came out of it"},
	[SPOKEN] = {"spoken", "JSON", "",
		    "all that it spoke: proto, since, sent_bytes, received_bytes, records of each"},
};

const struct table conns_table = {
	.name = "conns",
	.summary = "connections",
	.columns = columns,
	.column_count = COLUMNS,
};

/* Of the memory that reading may use, the rows that wait take this part. */
#define SORT_SHARE 8

struct conns {
	struct reading reading;
	struct select select;
	struct sorter *rows; /* of the connections that ended, by start */
	struct buffer packed;
	struct buffer spoken; /* JSON of the row that is filled */
	int error;	      /* errno of a row that could not be kept; 0: none */
};

static void pack_row(struct buffer *b, const struct value *v)
{
	buffer_clear(b);
	for (int i = 0; i < COLUMNS; i++) {
		pack_u64(b, v[i].type);
		if (v[i].type == VALUE_INT)
			pack_i64(b, v[i].integer);
		else if (v[i].type == VALUE_BOOL)
			pack_u64(b, v[i].boolean);
		else if (v[i].type != VALUE_NULL)
			pack_span(b, v[i].text);
	}
}

/* The texts are borrowed from PACKED. */
static void unpack_row(struct span packed, struct value *v)
{
	struct unpack u = unpack_begin(packed);

	for (int i = 0; i < COLUMNS; i++) {
		v[i] = (struct value){.type = (enum value_type)unpack_u64(&u)};
		if (v[i].type == VALUE_INT)
			v[i].integer = unpack_i64(&u);
		else if (v[i].type == VALUE_BOOL)
			v[i].boolean = unpack_u64(&u);
		else if (v[i].type != VALUE_NULL)
			v[i].text = unpack_span(&u);
	}
}

static struct value text_value(const char *text)
{
	return value_text(span_text(text));
}

/* Protocols of one connection that are shown. */
#define SPOKEN_MAX 32

static struct value spoken_value(struct buffer *b, const struct replay *replay,
				 const struct connection *c)
{
	struct spoken list[SPOKEN_MAX];
	size_t count = connection_spoken(c, list, SPOKEN_MAX);

	buffer_clear(b);
	for (size_t i = 0; i < count && i < SPOKEN_MAX; i++) {
		buffer_printf(b, "%c{\"proto\":\"%s\",\"since\":", i ? ',' : '[',
			      list[i].protocol->name);
		if (list[i].since == TIME_UNKNOWN)
			buffer_append_text(b, "null");
		else
			buffer_append_i64(b, replay_realtime(replay, list[i].since));
		buffer_append_text(b, ",\"sent_bytes\":");
		buffer_append_u64(b, list[i].bytes[DIRECTION_SENT]);
		buffer_append_text(b, ",\"received_bytes\":");
		buffer_append_u64(b, list[i].bytes[DIRECTION_RECEIVED]);
		buffer_append_text(b, ",\"records\":");
		buffer_append_u64(b, list[i].records);
		buffer_append_char(b, '}');
	}
	buffer_append_char(b, ']');
	return count ? value_json(buffer_span(b)) : (struct value){0};
}

static void fill_row(struct value *v, struct buffer *spoken, const struct replay *replay,
		     const struct connection *c)
{
	const struct session *s = connection_session(c);

	v[CONN] = value_int((int64_t)c->id);
	v[PID] = value_int(c->pid);
	v[COMM] = text_value(c->process ? c->process->name : "");
	v[PROTO] = text_value(connection_protocol_name(c));
	v[ROLE] = text_value(role_text(connection_role(c)));
	v[LOCAL] = text_value(c->local_text);
	v[REMOTE] = text_value(c->remote_text);
	v[TRANSPORT] = text_value(transport_text(c->transport));
	v[START] = value_int(replay_realtime(replay, c->start_ts));
	v[END] = value_int(replay_realtime(replay, c->end_ts));
	v[CLOSED] = value_bool(c->closed);
	v[STATE] = text_value(conn_state_text(c->state));
	v[STATE_BY] = text_value(c->state_by == END_UNKNOWN ? "" : conn_end_text(c->state_by));
	v[ERROR] = text_value(conn_error_text(c->error));
	if (connection_connect_ns(c) >= 0)
		v[CONNECT] = value_int(connection_connect_ns(c));
	if (c->reset_ts)
		v[RESET] = value_int(replay_realtime(replay, c->reset_ts));
	v[SENT] = value_int((int64_t)c->moved[DIRECTION_SENT]);
	v[RECEIVED] = value_int((int64_t)c->moved[DIRECTION_RECEIVED]);
	v[LOST] = value_int((int64_t)c->lost_bytes);
	v[UNSEEN] = value_int((int64_t)(c->unseen_bytes[0] + c->unseen_bytes[1]));
	v[MIDSTREAM] = value_bool(c->origin == ORIGIN_MIDSTREAM);
	v[TLS] = value_bool(c->sessions[LAYER_TLS] != NULL);
	v[RECORDS] = value_int(s ? (int64_t)session_counts(s).records : 0);
	v[SPOKEN] = spoken_value(spoken, replay, c);
}

/* Rows wait until all are there. */
static void on_conn_end(void *context, const struct connection *c)
{
	struct conns *conns = context;
	struct value v[COLUMNS] = {0};

	if (conns->error)
		return;
	fill_row(v, &conns->spoken, conns->reading.replay, c);
	pack_row(&conns->packed, v);
	if (conns->packed.failed || conns->spoken.failed)
		conns->error = ENOMEM;
	else if (!sorter_add(conns->rows, v[START].integer, c->id, buffer_span(&conns->packed)))
		conns->error = errno;
}

static const struct text_column text_columns[] = {
	{"CONN", 5, true},    {"PROCESS", 22, false}, {"PROTO", 9, false},  {"ROLE", 7, false},
	{"LOCAL", 21, false}, {"REMOTE", 21, false},  {"START", 15, false}, {"LASTED", 8, true},
	{"SENT", 8, true},    {"RECEIVED", 8, true},  {"RECORDS", 7, true}, {"", 0, false},
};

/* How it stands, unless it just ended. */
static void append_state(struct buffer *b, const struct value *v)
{
	if (!span_is(v[STATE].text, "failed") && !span_is(v[STATE].text, "reset")) {
		if (!v[CLOSED].boolean)
			buffer_append_text(b, span_is(v[STATE].text, "opening") ? "opening "
										: "open ");
		return;
	}
	buffer_append_span(b, v[STATE].text);
	if (v[STATE_BY].text.len) {
		buffer_append_text(b, " by ");
		buffer_append_span(b, v[STATE_BY].text);
	}
	buffer_append_char(b, ' ');
	if (v[ERROR].text.len) {
		buffer_append_span(b, v[ERROR].text);
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

static void append_flags(struct buffer *b, const struct value *v)
{
	append_others(b, v[SPOKEN].text);
	append_state(b, v);
	if (v[LOST].integer) {
		buffer_append_text(b, "lost ");
		text_append_bytes(b, (uint64_t)v[LOST].integer);
		buffer_append_char(b, ' ');
	}
	if (v[MIDSTREAM].boolean)
		buffer_append_text(b, "midstream ");
	if (v[TLS].boolean)
		buffer_append_text(b, "tls ");
}

static void print_text(struct output *o, struct cells *cells, const struct value *v)
{
	struct buffer *b = &cells->text;

	cells_clear(cells);
	buffer_append_i64(b, v[CONN].integer);
	cells_end(cells, PAINT_NONE);
	if (v[PID].integer)
		buffer_printf(b, "%.*s[%lld]", (int)v[COMM].text.len, v[COMM].text.data,
			      (long long)v[PID].integer);
	else
		buffer_append_char(b, '-');
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, v[PROTO].text.len ? v[PROTO].text : span_text("-"));
	cells_end(cells, PAINT_CYAN);
	for (int i = ROLE; i <= REMOTE; i++) {
		buffer_append_span(b, v[i].text);
		cells_end(cells, PAINT_NONE);
	}
	text_append_time_of_day(b, v[START].integer);
	cells_end(cells, PAINT_DIM);
	text_append_duration(b, v[END].integer - v[START].integer);
	cells_end(cells, PAINT_NONE);
	for (int i = SENT; i <= RECEIVED; i++) {
		text_append_bytes(b, (uint64_t)v[i].integer);
		cells_end(cells, PAINT_NONE);
	}
	text_append_count(b, (uint64_t)v[RECORDS].integer);
	cells_end(cells, PAINT_NONE);
	append_flags(b, v);
	cells_end(cells, v[LOST].integer ? PAINT_RED : PAINT_DIM);
	output_cells(o, text_columns, cells);
}

/* Prints the rows in order; false when the output could not be written. */
static bool print_rows(struct conns *conns)
{
	struct output *o = output_new(conns->select.format);
	struct cells cells = {0};
	struct span packed;

	if (!o)
		return false;
	while (output_alive(o) && sorter_next(conns->rows, &packed)) {
		struct value v[COLUMNS];
		const struct row_part part = {.columns = columns, .count = COLUMNS, .values = v};

		unpack_row(packed, v);
		if (conns->select.format == OUTPUT_TEXT)
			print_text(o, &cells, v);
		else
			output_row(o, &part, 1);
	}
	if (!conns->error)
		conns->error = sorter_errno(conns->rows);
	cells_free(&cells);
	return output_free(o);
}

/* Reads all and prints: what to exit with. */
static int run(struct conns *conns, const char *name)
{
	int status = reading_run(&conns->reading);

	if (!print_rows(conns) && status != STATUS_USAGE)
		status = command_fail(name, "the output could not be written");
	if (conns->error)
		status = command_fail(name, "connections could not be put in order: %s",
				      strerror(conns->error));
	return status;
}

int cmd_conns(int argc, char **argv)
{
	struct conns conns = {0};
	struct replay_options with = {
		.handlers = {.conn_end = on_conn_end, .context = &conns},
	};
	uint64_t memory;
	const char *value;
	int option, status;

	while ((option = command_next_option(argc, argv, arguments, summary, options, &value)) !=
	       COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG ||
		    !select_option(&conns.select, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return command_fail(argv[0], "wants one recording; try 'socktape %s --help'",
				    argv[0]);
	if (!select_check(&conns.select, argv[0]))
		return STATUS_USAGE;
	status = select_resolve(&conns.select, argv[0], argv[optind], SELECT_OF_RECORDS);
	if (status)
		return status;
	with.selection = &conns.select.selection;
	with.keylog = conns.select.keylog;
	memory = conns.select.memory ? conns.select.memory : REPLAY_MEMORY_LIMIT;
	with.memory_limit = memory - memory / SORT_SHARE;
	conns.rows = sorter_new((size_t)(memory / SORT_SHARE));
	if (!conns.rows)
		return command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
	status = reading_open(&conns.reading, argv[0], argv[optind], &with);
	if (!status) {
		status = run(&conns, argv[0]);
		select_explain(&conns.select, argv[0]);
		reading_close(&conns.reading);
	}
	sorter_free(conns.rows);
	buffer_free(&conns.packed);
	buffer_free(&conns.spoken);
	select_free(&conns.select);
	return status;
}
