/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/record.h"

#include <stdlib.h>

const struct column record_columns[RECORD_COLUMNS] = {
	[RECORD_PROTO] = {"proto", "TEXT", "", "name of the table whose columns follow"},
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

enum role record_role(const struct connection *conn, const struct session *s)
{
	enum role role = session_role(s);

	return role != ROLE_UNKNOWN ? role : conn->role;
}

static int64_t first_ts(const struct record *record)
{
	return record->request_first != TIME_UNKNOWN ? record->request_first
						     : record->response_first;
}

/* What all records of a connection have in common, but for the peers of datagrams. */
static void fill_connection(struct value *v, const struct connection *conn, const struct session *s)
{
	v[RECORD_CONN] = value_int((int64_t)conn->id);
	v[RECORD_PID] = value_int(conn->pid);
	v[RECORD_COMM] = value_text(span_text(conn->process ? conn->process->name : ""));
	v[RECORD_ROLE] = value_word(span_text(role_text(record_role(conn, s))));
	v[RECORD_LOCAL] = value_text(span_text(conn->local_text));
	v[RECORD_REMOTE] = value_text(span_text(conn->remote_text));
	v[RECORD_TLS] = value_bool(s == conn->sessions[LAYER_TLS]);
}

/* What is the record's own: from OUTCOME on. */
static void fill_record(struct value *v, const struct record *record)
{
	v[RECORD_OUTCOME] = value_word(span_text(outcome_text(record->outcome)));
	v[RECORD_LATENCY] = elapsed(record->request_first, record->response_last);
	v[RECORD_TTFB] = elapsed(record->request_first, record->response_first);
	v[RECORD_NOTE] = value_text(record->note);
}

void record_fill(struct record_row *row, const struct replay *replay, const struct connection *conn,
		 const struct session *s, const struct record *record)
{
	struct value *v = row->values;

	v[RECORD_PROTO] = value_word(span_text(record->table->name));
	v[RECORD_TS] = value_int(replay_realtime(replay, first_ts(record)));
	fill_connection(v, conn, s);
	fill_record(v, record);
	if (record->peer) {
		address_text(record->peer, row->remote);
		v[RECORD_REMOTE] = value_text(span_text(row->remote));
	}
}

/* ---- JSON ---- */

#define REMEMBERED 1024 /* a power of two */

/* The members from CONN to TLS of a connection's records, and what they were made from. */
struct remembered {
	uint64_t conn;
	uint64_t revision;
	const struct session *session;
	const struct process *process;
	uint32_t pid;
	enum role role;
	struct buffer members;
};

struct record_printer {
	struct output *out;
	const struct replay *replay;
	struct remembered remembered[REMEMBERED];
};

struct record_printer *record_printer_new(struct output *o, const struct replay *replay)
{
	struct record_printer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->out = o;
	p->replay = replay;
	return p;
}

static bool still_true(const struct remembered *m, const struct connection *conn,
		       const struct session *s)
{
	return m->conn == conn->id && m->revision == conn->revision && m->session == s &&
	       m->process == conn->process && m->pid == conn->pid &&
	       m->role == record_role(conn, s);
}

static struct span connection_members(struct record_printer *p, const struct connection *conn,
				      const struct session *s)
{
	struct remembered *m = &p->remembered[conn->id & (REMEMBERED - 1)];
	struct value values[RECORD_COLUMNS];
	struct row_part part = {
		.columns = record_columns + RECORD_CONN,
		.count = RECORD_OUTCOME - RECORD_CONN,
		.values = values + RECORD_CONN,
	};

	if (still_true(m, conn, s))
		return buffer_span(&m->members);
	fill_connection(values, conn, s);
	buffer_clear(&m->members);
	output_json_members(&part, &m->members);
	m->conn = m->members.failed ? 0 : conn->id;
	m->revision = conn->revision;
	m->session = s;
	m->process = conn->process;
	m->pid = conn->pid;
	m->role = record_role(conn, s);
	return buffer_span(&m->members);
}

void record_print(struct record_printer *p, const struct connection *conn, const struct session *s,
		  const struct record *record)
{
	struct record_row row;
	struct value *v = row.values;
	struct row_part parts[] = {
		{.columns = record_columns, .count = RECORD_CONN, .values = v},
		{.columns = record_columns + RECORD_CONN,
		 .count = RECORD_OUTCOME - RECORD_CONN,
		 .values = v + RECORD_CONN},
		{.columns = record_columns + RECORD_OUTCOME,
		 .count = RECORD_COLUMNS - RECORD_OUTCOME,
		 .values = v + RECORD_OUTCOME},
		{.columns = record->table->columns,
		 .count = record->table->column_count,
		 .values = record->values},
	};

	if (record->peer) {
		record_fill(&row, p->replay, conn, s, record);
	} else {
		v[RECORD_PROTO] = value_word(span_text(record->table->name));
		v[RECORD_TS] = value_int(replay_realtime(p->replay, first_ts(record)));
		parts[1].json = connection_members(p, conn, s);
		fill_record(v, record);
	}
	output_row(p->out, parts, 4);
}

void record_printer_free(struct record_printer *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < REMEMBERED; i++)
		buffer_free(&p->remembered[i].members);
	free(p);
}
