/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/event_row.h"

#include <inttypes.h>
#include <string.h>

#include "analyze/output/text.h"
#include "analyze/replay/process_row.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"

static const struct column columns[EVENT_COLUMNS] = {
	[EVENT_COLUMN_TS] = {"ts", "BIGINT", COLUMN_MOMENT,
			     "when the call returned, since the epoch"},
	[EVENT_COLUMN_NAME] = {"event", "TEXT", "",
			       "data; with --all: conn, close, process, exit, loss, ..."},
	[EVENT_COLUMN_CONN] = {"conn", "BIGINT", "", "connection id"},
	[EVENT_COLUMN_PID] = {"pid", "BIGINT", "", "process; null: unknown"},
	[EVENT_COLUMN_TID] = {"tid", "BIGINT", "", "thread"},
	[EVENT_COLUMN_COMM] = {"comm", "TEXT", "", "name of the process"},
	[EVENT_COLUMN_FD] = {"fd", "BIGINT", "", "file descriptor; null: unknown"},
	[EVENT_COLUMN_CALL] = {"call", "TEXT", "", "the call that moved the bytes"},
	[EVENT_COLUMN_DIR] = {"dir", "TEXT", "", "sent or received, by the process"},
	[EVENT_COLUMN_LAYER] = {"layer", "TEXT", "", "wire, or tls: plaintext inside it"},
	[EVENT_COLUMN_OFFSET] = {"offset", "BIGINT", "bytes",
				 "position of the first byte in its stream"},
	[EVENT_COLUMN_LEN] = {"len", "BIGINT", "bytes", "moved by the call"},
	[EVENT_COLUMN_CAPTURED] = {"captured", "BIGINT", "bytes", "of them in the recording"},
	[EVENT_COLUMN_CUT] = {"cut", "TEXT", "",
			      "why captured is less than len; null when it isn't"},
	[EVENT_COLUMN_PEER] = {"peer", "TEXT", "",
			       "other end of a datagram, where the call told it"},
	[EVENT_COLUMN_BLOCKED] = {"blocked_ns", "BIGINT", "ns",
				  "since the call had to wait for the first time; null: not told"},
	[EVENT_COLUMN_PAYLOAD] = {"payload", "TEXT", "",
				  "the captured bytes; with -x in hexadecimal"},
	[EVENT_COLUMN_DETAIL] = {"detail", "TEXT", "",
				 "what an event other than data says, for people"},
	[EVENT_COLUMN_FIELDS] = {"fields", "JSON", "",
				 "the same for programs, by name; null: data"},
};

const struct table events_table = {
	.name = "events",
	.summary = "what was recorded, call by call",
	.columns = columns,
	.column_count = EVENT_COLUMNS,
};

static struct span hex_text(struct buffer *b, struct span payload)
{
	buffer_clear(b);
	hex_append(b, payload);
	return buffer_span(b);
}

static struct value descriptor(int32_t fd)
{
	struct value v = {0};

	if (fd >= 0)
		v = value_int(fd);
	return v;
}

static void fill_data(struct event_row *row, struct replay *replay, const struct event *event,
		      bool hex)
{
	const struct event_data *d = &event->data;
	const struct process *process = replay_process(replay, d->pid);
	struct value *v = row->values;

	address_text(&d->peer, row->peer);
	v[EVENT_COLUMN_CONN] = value_int((int64_t)d->conn);
	v[EVENT_COLUMN_PID] = value_known_int(d->pid);
	v[EVENT_COLUMN_TID] = value_known_int(d->tid);
	v[EVENT_COLUMN_COMM] = value_known_text(span_text(process ? process->name : ""));
	v[EVENT_COLUMN_FD] = descriptor(d->fd);
	v[EVENT_COLUMN_CALL] = value_word(span_text(call_text(d->call)));
	v[EVENT_COLUMN_DIR] = value_word(span_text(direction_text(d->direction)));
	v[EVENT_COLUMN_LAYER] = value_word(span_text(layer_text(d->layer)));
	v[EVENT_COLUMN_OFFSET] = value_int((int64_t)d->offset);
	v[EVENT_COLUMN_LEN] = value_int((int64_t)d->len);
	v[EVENT_COLUMN_CAPTURED] = value_int((int64_t)d->payload.len);
	v[EVENT_COLUMN_CUT] = value_known_text(
		span_text(d->cut == CUT_NONE ? "" : cut_text(d->cut)));
	v[EVENT_COLUMN_PEER] = value_known_text(span_text(row->peer));
	if (d->begin_ts)
		v[EVENT_COLUMN_BLOCKED] = value_int(event->ts - d->begin_ts);
	v[EVENT_COLUMN_PAYLOAD] = value_text(hex ? hex_text(&row->hex, d->payload) : d->payload);
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

/* What it is and of which connection, but not the secret itself: what is printed is passed on. */
static void append_secret(struct buffer *b, struct span line)
{
	const char *last = memrchr(line.data, ' ', line.len);

	if (last)
		buffer_append(b, line.data, (size_t)(last - line.data));
}

static void append_tls(struct buffer *b, const struct event_tls *tls)
{
	buffer_printf(b, "tied by %s, library %" PRIu32 ", object 0x%" PRIx64 ", client random ",
		      tls_tie_text(tls->tie), tls->library, tls->object);
	hex_append(b, span_of(tls->random, sizeof(tls->random)));
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

static const char *fill_other(struct event_row *row, const struct event *event,
			      const struct connection *conn)
{
	struct buffer *b = &row->detail;
	struct value *v = row->values;

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
		v[EVENT_COLUMN_PID] = value_int(event->process.pid);
		v[EVENT_COLUMN_COMM] = value_text(event->process.name);
		buffer_append_span(b, event->process.exe);
		return "process";
	case EVENT_PROCESS_EXIT:
		v[EVENT_COLUMN_PID] = value_int(event->process_exit.pid);
		buffer_printf(b, "status %d", event->process_exit.status);
		return "exit";
	case EVENT_CONN:
		v[EVENT_COLUMN_CONN] = value_int((int64_t)event->conn.conn);
		v[EVENT_COLUMN_PID] = value_known_int(event->conn.pid);
		v[EVENT_COLUMN_FD] = descriptor(event->conn.fd);
		if (conn)
			buffer_printf(b, "%s %s %s, %s, %s", transport_text(conn->transport),
				      conn->local_text, conn->remote_text,
				      role_text(event->conn.role),
				      conn_origin_text(event->conn.origin));
		return "conn";
	case EVENT_CLOSE:
		v[EVENT_COLUMN_CONN] = value_int((int64_t)event->close.conn);
		buffer_printf(b, "sent %llu, received %llu", (unsigned long long)event->close.sent,
			      (unsigned long long)event->close.received);
		return "close";
	case EVENT_LOSS:
		v[EVENT_COLUMN_CONN] = value_known_int((int64_t)event->loss.conn);
		append_loss(b, &event->loss);
		return "loss";
	case EVENT_SECRET:
		v[EVENT_COLUMN_CONN] = value_known_int((int64_t)event->secret.conn);
		append_secret(b, event->secret.line);
		return "secret";
	case EVENT_STATE:
		v[EVENT_COLUMN_CONN] = value_int((int64_t)event->state.conn);
		append_state(b, &event->state);
		return "state";
	case EVENT_TOTALS:
		append_totals(b, &event->totals);
		return "totals";
	case EVENT_TLS:
		v[EVENT_COLUMN_CONN] = value_int((int64_t)event->tls.conn);
		v[EVENT_COLUMN_PID] = value_int(event->tls.pid);
		append_tls(b, &event->tls);
		return "tls";
	case EVENT_LIBRARY:
		v[EVENT_COLUMN_PID] = value_int(event->library.pid);
		append_library(b, &event->library);
		return "library";
	case EVENT_DATA:
		break;
	}
	return "unknown";
}

/* ---- the same as fields ---- */

struct fields {
	struct buffer *b;
	bool first;
};

static void text_field(struct fields *f, const char *name, struct span text)
{
	if (!text.len)
		return;
	json_append_key(f->b, name, &f->first);
	json_append_string(f->b, text);
}

static void word_field(struct fields *f, const char *name, const char *word)
{
	text_field(f, name, span_text(word));
}

static void number_field(struct fields *f, const char *name, uint64_t number)
{
	json_append_key(f->b, name, &f->first);
	buffer_append_u64(f->b, number);
}

static void time_field(struct fields *f, const char *name, int64_t realtime)
{
	json_append_key(f->b, name, &f->first);
	buffer_append_char(f->b, '"');
	text_append_time_utc(f->b, realtime);
	buffer_append_char(f->b, '"');
}

static void host_fields(struct fields *f, const struct event_host *host)
{
	text_field(f, "hostname", host->hostname);
	text_field(f, "kernel", host->kernel);
	text_field(f, "machine", host->machine);
	text_field(f, "boot_id", host->boot_id);
	text_field(f, "recorder", host->recorder);
	text_field(f, "options", host->options);
	number_field(f, "cpus", host->cpus);
}

static void process_fields(struct fields *f, const struct event_process *p)
{
	number_field(f, "ppid", p->ppid);
	number_field(f, "uid", p->uid);
	number_field(f, "gid", p->gid);
	text_field(f, "user", p->user);
	text_field(f, "exe", p->exe);
	if (p->cmdline.len) {
		json_append_key(f->b, "args", &f->first);
		process_append_args(f->b, p->cmdline);
	}
	text_field(f, "cgroup", p->cgroup);
	text_field(f, "container", p->container);
}

static void conn_fields(struct fields *f, const struct event_conn *c, const struct connection *conn)
{
	word_field(f, "transport", transport_text(c->transport));
	word_field(f, "role", role_text(c->role));
	word_field(f, "origin", conn_origin_text(c->origin));
	if (conn) {
		word_field(f, "local", conn->local_text);
		word_field(f, "remote", conn->remote_text);
	}
	word_field(f, "state", conn_state_text(c->state));
	number_field(f, "sent", c->sent);
	number_field(f, "received", c->received);
	number_field(f, "netns", c->netns);
}

static void loss_fields(struct fields *f, const struct event_loss *loss)
{
	number_field(f, "events", loss->events);
	number_field(f, "bytes", loss->bytes);
	word_field(f, "cause", loss_cause_text(loss->cause));
	word_field(f, "layer", layer_text(loss->layer));
	if (loss->conn)
		word_field(f, "dir", direction_text(loss->direction));
	if (loss->placed)
		number_field(f, "position", loss->position);
}

static void state_fields(struct fields *f, const struct event_state *state)
{
	word_field(f, "state", conn_state_text(state->state));
	if (state->by != END_UNKNOWN)
		word_field(f, "by", conn_end_text(state->by));
	word_field(f, "error", conn_error_text(state->error));
}

static void totals_fields(struct fields *f, const struct event_totals *totals)
{
	number_field(f, "moved_bytes", totals->moved_bytes);
	number_field(f, "kept_bytes", totals->kept_bytes);
	number_field(f, "lost_events", totals->lost_events);
	number_field(f, "lost_bytes", totals->lost_bytes);
	number_field(f, "cut_bytes", totals->cut_bytes);
	number_field(f, "snaplen_bytes", totals->snaplen_bytes);
	number_field(f, "data_events", totals->data_events);
	number_field(f, "connections", totals->connections);
}

static void library_fields(struct fields *f, const struct event_library *library)
{
	number_field(f, "library", library->library);
	word_field(f, "kind", tls_library_text(library->kind));
	word_field(f, "hook", tls_hook_text(library->hook));
	text_field(f, "path", library->path);
	text_field(f, "build_id", library->build_id);
	text_field(f, "version", library->version);
	text_field(f, "note", library->note);
}

static void append_fields(struct fields *f, const struct event *event,
			  const struct connection *conn, struct span detail)
{
	switch (event->type) {
	case EVENT_CLOCK:
		time_field(f, "realtime", event->clock.realtime);
		break;
	case EVENT_HOST:
		host_fields(f, &event->host);
		break;
	case EVENT_PROCESS:
		process_fields(f, &event->process);
		break;
	case EVENT_PROCESS_EXIT:
		json_append_key(f->b, "status", &f->first);
		buffer_append_i64(f->b, event->process_exit.status);
		break;
	case EVENT_CONN:
		conn_fields(f, &event->conn, conn);
		break;
	case EVENT_CLOSE:
		number_field(f, "sent", event->close.sent);
		number_field(f, "received", event->close.received);
		break;
	case EVENT_LOSS:
		loss_fields(f, &event->loss);
		break;
	case EVENT_SECRET:
		text_field(f, "secret", detail);
		break;
	case EVENT_STATE:
		state_fields(f, &event->state);
		break;
	case EVENT_TOTALS:
		totals_fields(f, &event->totals);
		break;
	case EVENT_TLS:
		word_field(f, "tie", tls_tie_text(event->tls.tie));
		number_field(f, "library", event->tls.library);
		number_field(f, "sent", event->tls.sent);
		number_field(f, "received", event->tls.received);
		break;
	case EVENT_LIBRARY:
		library_fields(f, &event->library);
		break;
	case EVENT_DATA:
		break;
	}
}

void event_fill(struct event_row *row, struct replay *replay, const struct event *event,
		const struct connection *conn, bool hex)
{
	struct fields fields = {.b = &row->fields, .first = true};
	struct value *v = row->values;

	memset(v, 0, sizeof(row->values));
	v[EVENT_COLUMN_TS] = value_int(replay_realtime(replay, event->ts));
	if (event->type == EVENT_DATA) {
		v[EVENT_COLUMN_NAME] = value_text(span_text("data"));
		fill_data(row, replay, event, hex);
		return;
	}
	buffer_clear(&row->detail);
	v[EVENT_COLUMN_NAME] = value_text(span_text(fill_other(row, event, conn)));
	buffer_clear(&row->fields);
	buffer_append_char(&row->fields, '{');
	append_fields(&fields, event, conn, buffer_span(&row->detail));
	buffer_append_char(&row->fields, '}');
	v[EVENT_COLUMN_DETAIL] = value_text(buffer_span(&row->detail));
	v[EVENT_COLUMN_FIELDS] = value_json(buffer_span(&row->fields));
}

void event_row_free(struct event_row *row)
{
	buffer_free(&row->hex);
	buffer_free(&row->fields);
	buffer_free(&row->detail);
}
