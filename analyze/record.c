/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/record.h"

const struct column record_columns[RECORD_COLUMNS] = {
	[RECORD_PROTO] = {"proto", "TEXT", "", "protocol"},
	[RECORD_TS] = {"ts", "BIGINT", "ns",
		       "first byte of the request (else of the response), "
		       "since the epoch"},
	[RECORD_CONN] = {"conn", "BIGINT", "", "connection id"},
	[RECORD_PID] = {"pid", "BIGINT", "", "recorded process; 0 when unknown"},
	[RECORD_COMM] = {"comm", "TEXT", "", "its name"},
	[RECORD_ROLE] = {"role", "TEXT", "", "client, server or unknown: of the recorded process"},
	[RECORD_LOCAL] = {"local", "TEXT", "", "its end of the connection"},
	[RECORD_REMOTE] = {"remote", "TEXT", "", "the other end"},
	[RECORD_TLS] = {"tls", "BOOLEAN", "", "whether this came out of TLS"},
	[RECORD_OUTCOME] = {"outcome", "TEXT", "", "ok, error, unanswered or partial"},
	[RECORD_LATENCY] = {"latency_ns", "BIGINT", "ns",
			    "first byte of the request to last byte of the response"},
	[RECORD_TTFB] = {"ttfb_ns", "BIGINT", "ns",
			 "first byte of the request to first byte of the response"},
	[RECORD_NOTE] = {"note", "TEXT", "", "what a person should know about this record"},
};

/* Threads may stamp a response before its request; no latency is below zero. */
static struct value elapsed(int64_t from, int64_t to)
{
	if (from == TIME_UNKNOWN || to == TIME_UNKNOWN)
		return (struct value){0};
	return value_int(to > from ? to - from : 0);
}

static enum role record_role(const struct connection *conn, const struct session *s)
{
	enum role role = session_role(s);

	return role != ROLE_UNKNOWN ? role : conn->role;
}

void record_fill(struct record_row *row, const struct replay *replay, const struct connection *conn,
		 const struct session *s, const struct protocol *protocol,
		 const struct record *record)
{
	struct value *v = row->values;
	int64_t first = record->request_first != TIME_UNKNOWN ? record->request_first
							      : record->response_first;
	const char *remote = conn->remote_text;

	if (record->peer) {
		address_text(record->peer, row->remote);
		remote = row->remote;
	}
	v[RECORD_PROTO] = value_word(span_text(protocol->name));
	v[RECORD_TS] = value_int(replay_realtime(replay, first));
	v[RECORD_CONN] = value_int((int64_t)conn->id);
	v[RECORD_PID] = value_int(conn->pid);
	v[RECORD_COMM] = value_text(span_text(conn->process ? conn->process->name : ""));
	v[RECORD_ROLE] = value_word(span_text(role_text(record_role(conn, s))));
	v[RECORD_LOCAL] = value_text(span_text(conn->local_text));
	v[RECORD_REMOTE] = value_text(span_text(remote));
	v[RECORD_TLS] = value_bool(s == conn->sessions[LAYER_TLS]);
	v[RECORD_OUTCOME] = value_word(span_text(outcome_text(record->outcome)));
	v[RECORD_LATENCY] = elapsed(record->request_first, record->response_last);
	v[RECORD_TTFB] = elapsed(record->request_first, record->response_first);
	v[RECORD_NOTE] = value_text(record->note);
}

void record_print_json(struct output *o, const struct record_row *row,
		       const struct protocol *protocol, const struct record *record)
{
	const struct row_part parts[] = {
		{record_columns, RECORD_COLUMNS, row->values},
		{protocol->columns, protocol->column_count, record->values},
	};

	output_row(o, parts, 2);
}
