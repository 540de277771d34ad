/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/detail.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyze/command/conversation.h"
#include "analyze/output/escape.h"
#include "analyze/output/text.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/record.h"
#include "analyze/trace/children.h"
#include "protocols/value/json.h"

/* More events than these are counted. */
#define EVENTS_TOLD 50

static const char *const phase_names[PHASE_COUNT] = {
	[PHASE_CONNECT] = "connect", [PHASE_TLS] = "tls",   [PHASE_IDLE] = "idle",
	[PHASE_REQUEST] = "request", [PHASE_WAIT] = "wait", [PHASE_RESPONSE] = "response",
};

static const struct column phase_columns[PHASE_COUNT + 1] = {
	{"connect_ns", "BIGINT", "ns", "handshake of TCP, if this is the first exchange"},
	{"tls_ns", "BIGINT", "ns", "handshake of TLS, the same"},
	{"idle_ns", "BIGINT", "ns", "from there to the request"},
	{"request_ns", "BIGINT", "ns", "from the request's first byte to its last"},
	{"wait_ns", "BIGINT", "ns", "until the response's first byte"},
	{"response_ns", "BIGINT", "ns", "until its last byte"},
	{"whole_ns", "BIGINT", "ns", "the sum of all these"},
};

int64_t phases_measure(const struct moments *m, int64_t phases[static PHASE_COUNT])
{
	int64_t at = m->begin;

	for (int i = 0; i < PHASE_COUNT; i++) {
		phases[i] = TIME_UNKNOWN;
		if (m->ends[i] == TIME_UNKNOWN)
			continue;
		phases[i] = m->ends[i] > at ? m->ends[i] - at : 0;
		at += phases[i];
	}
	return at - m->begin;
}

struct detail {
	const char *command;
	struct select *select;
	struct replay_options options;
	struct reading rows;
	struct reading events;
	struct conversation_text text;
	const struct row *row;
	struct children children;

	/* Of the connection. */
	int64_t opened; /* realtime; 0: not known */
	int64_t established;
	int64_t tls_begin;
	int64_t tls_end;
	int64_t earlier; /* when an earlier record of the same layer began; 0: there was none */

	struct buffer event_lines;
	uint64_t event_count;
};

/* ---- what the connection tells ---- */

static int64_t realtime(const struct detail *d, int64_t ts)
{
	return replay_realtime(d->events.replay, ts);
}

static int64_t row_end(const struct row *row)
{
	int64_t end = row->begin;
	const int64_t parts[] = {row->request_last, row->response_first, row->response_last};

	for (size_t i = 0; i < 3; i++)
		if (parts[i] != TIME_UNKNOWN && row->begin + parts[i] > end)
			end = row->begin + parts[i];
	return end;
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct detail *d = context;

	if (c->established_ts > c->start_ts) {
		d->opened = realtime(d, c->start_ts);
		d->established = realtime(d, c->established_ts);
	}
}

static void on_record(void *context, const struct connection *conn, const struct session *s,
		      const struct record *record)
{
	struct detail *d = context;
	int64_t first = record->request_first != TIME_UNKNOWN ? record->request_first
							      : record->response_first;
	int64_t last = record->response_last != TIME_UNKNOWN ? record->response_last
							     : record->request_last;

	(void)conn;
	(void)s;
	if (first == TIME_UNKNOWN)
		return;
	first = realtime(d, first);
	if (strcmp(record->table->name, "tls") == 0 && record->table != d->row->table &&
	    !d->tls_begin) {
		d->tls_begin = first;
		d->tls_end = last != TIME_UNKNOWN ? realtime(d, last) : first;
	} else if (said_is_whole(record->table) && first < d->row->begin) {
		d->earlier = first;
	}
}

static void tell_event(struct detail *d, const struct event *event, int64_t at)
{
	const struct event_data *data = &event->data;
	struct buffer *b = &d->event_lines;
	const struct process *process = replay_process(d->events.replay, data->pid);

	buffer_append_text(b, "  ");
	text_append_time_of_day(b, at);
	buffer_printf(b, "  %-8s %-8s %10" PRIu64 " bytes at %" PRIu64, call_text(data->call),
		      direction_text(data->direction), data->len, data->offset);
	if (data->payload.len < data->len)
		buffer_printf(b, ", %zu kept: %s", data->payload.len, cut_text(data->cut));
	if (data->layer == LAYER_TLS)
		buffer_append_text(b, ", plaintext");
	if (process) {
		buffer_append_text(b, "  ");
		escape_append(b, span_text(process->name));
		buffer_printf(b, "[%u]", data->tid ? data->tid : data->pid);
	}
	buffer_append_char(b, '\n');
}

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct detail *d = context;
	int64_t at = realtime(d, event->ts);

	if (!conn || event->type != EVENT_DATA || at < d->row->begin || at > row_end(d->row))
		return;
	if (d->event_count++ < EVENTS_TOLD)
		tell_event(d, event, at);
}

/* Reads the connection once more, with what the row doesn't have. */
static int learn(struct detail *d)
{
	struct selection conn = {0};
	struct replay_options with = d->options;
	char id[24];
	int status;

	with.handlers = (struct replay_handlers){
		.context = d,
		.event = on_event,
		.record = on_record,
		.conn_end = on_conn_end,
	};
	with.selection = &conn;
	with.window = false;
	with.threads = 1;
	snprintf(id, sizeof(id), "%" PRIu64, d->row->end->conn);
	if (!selection_add(&conn, SELECT_CONN, id))
		return command_fail(d->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	d->events.again = true;
	status = reading_open(&d->events, d->command, d->select->operand.path, &with);
	if (!status) {
		status = reading_run(&d->events);
		reading_close(&d->events);
	}
	selection_free(&conn);
	return status;
}

/* ---- phases ---- */

static int64_t after(const struct row *row, int64_t part)
{
	return part == TIME_UNKNOWN ? TIME_UNKNOWN : row->begin + part;
}

static struct moments moments_of(const struct detail *d)
{
	const struct row *row = d->row;
	bool first = !d->earlier && row->has_request && d->opened;
	struct moments m = {
		.begin = first ? d->opened : row->begin,
		.ends =
			{
				[PHASE_CONNECT] = first ? d->established : TIME_UNKNOWN,
				[PHASE_TLS] = first && d->tls_begin ? d->tls_end : TIME_UNKNOWN,
				[PHASE_IDLE] = first ? row->begin : TIME_UNKNOWN,
				[PHASE_REQUEST] = after(row, row->request_last),
				[PHASE_WAIT] = row->has_request ? after(row, row->response_first)
								: TIME_UNKNOWN,
				[PHASE_RESPONSE] = after(row, row->response_last),
			},
	};

	return m;
}

static void print_phases(struct detail *d, const int64_t phases[static PHASE_COUNT], int64_t whole)
{
	struct buffer *b = &d->text.text;

	buffer_append_text(b, "\ntiming\n");
	for (int i = 0; i < PHASE_COUNT; i++) {
		if (phases[i] == TIME_UNKNOWN)
			continue;
		buffer_printf(b, "  %-12s", phase_names[i]);
		text_append_duration(b, phases[i]);
		buffer_append_char(b, '\n');
	}
	buffer_printf(b, "  %-12s", "whole");
	text_append_duration(b, whole);
	buffer_append_char(b, '\n');
}

/* ---- text ---- */

static void line(struct detail *d, const char *name, const char *text)
{
	struct buffer *b = &d->text.text;

	if (!*text)
		return;
	buffer_printf(b, "%-14s", name);
	escape_append(b, span_text(text));
	buffer_append_char(b, '\n');
}

static void print_ends(struct detail *d)
{
	const struct row *row = d->row;
	char text[ADDRESS_TEXT_MAX], id[ROW_ID_MAX];
	struct buffer b = {0};

	said_who(row, SIDE_CLIENT, text);
	line(d, "client", text);
	said_who(row, SIDE_SERVER, text);
	line(d, "server", text);
	buffer_printf(&b, "%s%s%s", row->end->local_text, *row->end->local_text ? " to " : "",
		      row_remote(row, text));
	buffer_append_char(&b, '\0');
	line(d, "addresses", b.failed ? "" : b.data);
	line(d, "proxied", row->end->client_text);
	line(d, "container", row->end->container ? row->end->container : "");
	buffer_free(&b);
	if (!row->twin)
		return;
	row_id(row->twin, id);
	line(d, "twin", id);
}

/* What the table has beside what both sides said: counts, sizes, reasons. */
static void print_columns(struct detail *d)
{
	const struct row *row = d->row;
	struct buffer *b = &d->text.text;

	buffer_append_text(b, "\ncolumns\n");
	for (size_t i = 0; i < row->table->column_count; i++) {
		const struct value *v = &row->values[i];

		if (v->type == VALUE_NULL || v->type == VALUE_JSON ||
		    (value_has_text(v) && (!v->text.len || v->text.len > 60)))
			continue;
		buffer_printf(b, "  %-22s ", row->table->columns[i].name);
		if (v->type == VALUE_INT)
			buffer_append_i64(b, v->integer);
		else if (v->type == VALUE_BOOL)
			buffer_append_text(b, v->boolean ? "true" : "false");
		else
			escape_append(b, v->text);
		buffer_append_char(b, '\n');
	}
}

/* What was asked of others to answer it, and how that is known. */
static void print_children(struct detail *d)
{
	const struct trace_node *parent = d->children.parent;
	const struct trace_node *node = parent ? parent->first_child : NULL;
	struct buffer *b = &d->text.text;

	if (node)
		buffer_append_text(b, "\nchildren\n");
	for (; node; node = node->next_sibling) {
		buffer_append_text(b, "  +");
		text_append_duration(b, node->begin - parent->begin);
		buffer_printf(b, "  %s  %s  by %s (%s)  ", node->record_id,
			      outcome_text(node->outcome), trace_link_text(node->link, node->kind),
			      trace_sure_text(node->link));
		escape_append(b, span_text(node->server_name));
		buffer_printf(b, "  %s: ", node->table->name);
		escape_append(b, span_text(node->line));
		buffer_append_char(b, '\n');
	}
	if (d->children.cut)
		buffer_append_text(b, "\nmore was asked at that time than is looked at for "
				      "children; socktape trace looks at all\n");
}

static void print_text(struct detail *d)
{
	const struct row *row = d->row;
	struct buffer *b = &d->text.text;
	int64_t phases[PHASE_COUNT];
	struct moments m = moments_of(d);
	int64_t whole = phases_measure(&m, phases);
	char id[ROW_ID_MAX];

	row_id(row, id);
	line(d, "record", id);
	line(d, "protocol", row->table->name);
	buffer_printf(b, "%-14s", "began");
	text_append_time(b, row->begin);
	buffer_append_char(b, '\n');
	line(d, "outcome", outcome_text(row->outcome));
	if (row->note.len) {
		buffer_printf(b, "%-14s", "note");
		escape_append(b, row->note);
		buffer_append_char(b, '\n');
	}
	print_ends(d);
	print_phases(d, phases, whole);
	print_columns(d);
	print_children(d);
	buffer_printf(b, "\nevents        %" PRIu64 "\n", d->event_count);
	buffer_append_span(b, buffer_span(&d->event_lines));
	if (d->event_count > EVENTS_TOLD)
		buffer_printf(b, "  ... %" PRIu64 " more\n", d->event_count - EVENTS_TOLD);
	buffer_append_char(b, '\n');
	conversation_row(&d->text, row);
}

/* ---- JSON and CSV ---- */

static const struct column children_column = {
	"children", "JSON", "", "what was asked of others to answer it, as trace tells; or null"};

static void member(struct buffer *b, const char *name, const char *text, bool *first)
{
	json_append_key(b, name, first);
	json_append_string(b, span_text(text));
}

static void append_children(struct buffer *b, const struct trace_node *parent)
{
	buffer_append_char(b, '[');
	for (const struct trace_node *node = parent->first_child; node; node = node->next_sibling) {
		bool first = true;

		buffer_append_text(b, node == parent->first_child ? "{" : ",{");
		member(b, "record_id", node->record_id, &first);
		member(b, "by", trace_link_text(node->link, node->kind), &first);
		member(b, "sure", trace_sure_text(node->link), &first);
		json_append_key(b, "offset_ns", &first);
		buffer_append_i64(b, node->begin - parent->begin);
		member(b, "outcome", outcome_text(node->outcome), &first);
		member(b, "proto", node->table->name, &first);
		member(b, "server", node->server_name, &first);
		member(b, "record", node->line, &first);
		buffer_append_char(b, '}');
	}
	buffer_append_char(b, ']');
}

static bool print_row(struct detail *d)
{
	struct output *o = output_new(d->select->format);
	struct value values[PHASE_COUNT + 1];
	int64_t phases[PHASE_COUNT];
	struct moments m = moments_of(d);
	struct record_values common;
	struct buffer children = {0};
	struct value child = {0};
	bool good;
	const struct row_part parts[] = {
		{.columns = record_columns, .count = RECORD_COLUMNS, .values = common.values},
		{.columns = d->row->table->columns,
		 .count = d->row->table->column_count,
		 .values = d->row->values},
		{.columns = phase_columns, .count = PHASE_COUNT + 1, .values = values},
		{.columns = &children_column, .count = 1, .values = &child},
	};

	if (!o)
		return false;
	values[PHASE_COUNT] = value_int(phases_measure(&m, phases));
	for (int i = 0; i < PHASE_COUNT; i++) {
		values[i] = value_int(phases[i]);
		if (phases[i] == TIME_UNKNOWN)
			values[i].type = VALUE_NULL;
	}
	if (d->children.parent) {
		append_children(&children, d->children.parent);
		child = value_json(buffer_span(&children));
	}
	record_fill(&common, d->row);
	output_row(o, parts, 4);
	good = output_free(o) && !children.failed;
	buffer_free(&children);
	return good;
}

/* ---- both ---- */

static int show_found(struct detail *d)
{
	int status = learn(d);
	bool good;

	if (status != STATUS_USAGE && d->row->has_request)
		status = command_worse(status,
				       children_find(&d->children, d->command,
						     d->select->operand.path, d->row, &d->options));
	if (status == STATUS_USAGE)
		return status;
	if (d->select->format == OUTPUT_TEXT) {
		print_text(d);
		good = conversation_end(&d->text);
	} else {
		good = print_row(d);
	}
	return good ? status : command_fail(d->command, "the output could not be written");
}

int detail_show(struct select *select, const char *command, const char *name, const char *id,
		const struct replay_options *options)
{
	struct detail d = {.command = command, .select = select, .options = *options};
	int status, ended;

	d.options.keep = SESSION_KEEP_ALL;
	status = reading_open_rows(&d.rows, command, select->operand.path, &d.options);
	if (status)
		return status;
	conversation_begin(&d.text, false);
	while ((d.row = reading_row(&d.rows)) != NULL &&
	       !row_is_selected(d.row, &d.select->selection))
		;
	if (d.row)
		status = show_found(&d);
	ended = reading_end(&d.rows);
	if (!d.row)
		status = command_fail(command, "%s: there is no record %s", name, id);
	children_free(&d.children);
	buffer_free(&d.event_lines);
	reading_close(&d.rows);
	return status ? status : ended;
}
