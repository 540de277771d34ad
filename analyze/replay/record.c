/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/record.h"

#include <stdio.h>

#include "protocols/value/wanted.h"

const struct column record_columns[RECORD_COLUMNS] = {
	[RECORD_PROTO] = {"proto", "TEXT", "", "name of the table whose columns follow"},
	[RECORD_TS] = {"ts", "BIGINT", COLUMN_MOMENT,
		       "first byte of the request (else of the response), since the epoch"},
	[RECORD_ID] = {"record_id", "TEXT", "",
		       "names the record: its connection and where it stands there"},
	[RECORD_CONN] = {"conn", "BIGINT", "", "connection id"},
	[RECORD_PID] = {"pid", "BIGINT", "", "recorded process; null: unknown"},
	[RECORD_COMM] = {"comm", "TEXT", "", "its name"},
	[RECORD_ROLE] = {"role", "TEXT", "", "client, server or unknown: of the recorded process"},
	[RECORD_LOCAL] = {"local", "TEXT", "", "its end of the connection"},
	[RECORD_REMOTE] = {"remote", "TEXT", "", "the other end"},
	[RECORD_CLIENT] =
		{"proxied_client", "TEXT", "",
		 "the client behind a proxy, as a PROXY header names it; null: none does"},
	[RECORD_TLS] = {"tls", "BOOLEAN", "", "whether this came out of TLS"},
	[RECORD_OUTCOME] = {"outcome", "TEXT", "", "ok, error, unanswered or partial"},
	[RECORD_LATENCY] = {"latency_ns", "BIGINT", "ns",
			    "first byte of the request to last byte of the response"},
	[RECORD_TTFB] = {"ttfb_ns", "BIGINT", "ns",
			 "first byte of the request to first byte of the response"},
	[RECORD_NOTE] = {"note", "TEXT", "", "what a person should know about this record"},
	[RECORD_TWIN] = {"twin", "TEXT", "",
			 "id of the same exchange as the other end saw it; null: not recorded"},
	[RECORD_PEER_PROCESS] = {"peer_process", "TEXT", "",
				 "name and id of the process at the other end; null: not recorded"},
	[RECORD_LATE] = {"late", "BOOLEAN", "",
			 "whether it ended too late to stand where it began, among the others"},
};

static struct value elapsed(int64_t ns)
{
	struct value v = value_int(ns);

	if (ns == TIME_UNKNOWN)
		v.type = VALUE_NULL;
	return v;
}

/* Nothing of a text that isn't among COLUMNS: to count its bytes takes longer than the rest. */
static struct span asked(uint64_t columns, enum record_column column, const char *text)
{
	return span_text(columns & wanted_bit(column) ? text : NULL);
}

/* What all records of a connection have in common, but for the peers of datagrams. */
static void fill_end(struct value *v, const struct row_end *end, uint64_t columns)
{
	v[RECORD_CONN] = value_int((int64_t)end->conn);
	v[RECORD_PID] = value_known_int(end->pid);
	v[RECORD_COMM] = value_known_text(asked(columns, RECORD_COMM, end->comm));
	v[RECORD_ROLE] = value_word(asked(columns, RECORD_ROLE, role_text(end->role)));
	v[RECORD_LOCAL] = value_known_text(asked(columns, RECORD_LOCAL, end->local_text));
	v[RECORD_REMOTE] = value_known_text(asked(columns, RECORD_REMOTE, end->remote_text));
	v[RECORD_CLIENT] = value_known_text(asked(columns, RECORD_CLIENT, end->client_text));
	v[RECORD_TLS] = value_bool(end->tls);
}

static void fill_own(struct record_values *to, const struct row *row, uint64_t columns)
{
	/* cppcheck-suppress ctuuninitvar ; this is who initialises it */
	struct value *v = to->values;

	size_t id_len = columns & wanted_bit(RECORD_ID) ? row_id(row, to->id) : 0;

	v[RECORD_PROTO] = value_word(asked(columns, RECORD_PROTO, row->table->name));
	v[RECORD_TS] = value_int(row->begin);
	v[RECORD_ID] = value_word(span_of(to->id, id_len));
	v[RECORD_OUTCOME] = value_word(asked(columns, RECORD_OUTCOME, outcome_text(row->outcome)));
	v[RECORD_LATENCY] = elapsed(row_latency(row));
	v[RECORD_TTFB] = elapsed(row_first_byte(row));
	v[RECORD_NOTE] = value_known_text(row->note);
	v[RECORD_TWIN].type = VALUE_NULL;
	v[RECORD_PEER_PROCESS].type = VALUE_NULL;
	v[RECORD_LATE] = value_bool(row->late);
	if (!row->twin)
		return;
	row_id(row->twin, to->twin);
	v[RECORD_TWIN] = value_word(span_text(to->twin));
	if (!row->twin->end->pid)
		return;
	snprintf(to->peer_process, sizeof(to->peer_process), "%s[%u]", row->twin->end->comm,
		 row->twin->end->pid);
	v[RECORD_PEER_PROCESS] = value_text(span_text(to->peer_process));
}

enum paint record_paint(enum outcome outcome)
{
	static const enum paint paints[] = {
		[OUTCOME_OK] = PAINT_GREEN,
		[OUTCOME_ERROR] = PAINT_RED,
		[OUTCOME_UNANSWERED] = PAINT_YELLOW,
		[OUTCOME_PARTIAL] = PAINT_YELLOW,
	};

	return paints[outcome];
}

void record_fill_columns(struct record_values *to, const struct row *row, uint64_t columns)
{
	fill_own(to, row, columns);
	fill_end(to->values, row->end, columns);
	if (row->peer)
		to->values[RECORD_REMOTE] = value_known_text(
			span_text(row_remote(row, to->remote)));
}

void record_fill(struct record_values *to, const struct row *row)
{
	record_fill_columns(to, row, UINT64_MAX);
}

/* The members from CONN to TLS, made once for all rows that share the end. */
static struct span end_members(struct row_end *end)
{
	struct value values[RECORD_COLUMNS];
	const struct row_part part = {
		.columns = record_columns + RECORD_CONN,
		.count = RECORD_OUTCOME - RECORD_CONN,
		.values = values + RECORD_CONN,
	};

	if (!end->members.len) {
		fill_end(values, end, UINT64_MAX);
		output_json_members(&part, &end->members);
	}
	return span_of(end->members.data, end->members.failed ? 0 : end->members.len);
}

/*
 * What nearly all rows have is printed from constant texts, in half of the time that going through
 * the columns takes. Tests compare it with what the columns give.
 */
#define PUT(to, text)  (memcpy(to, text, sizeof(text) - 1), (to) + sizeof(text) - 1)
#define PLAIN_NAME_MAX 64 /* of a table */
#define BEGINNING_ROOM (PLAIN_NAME_MAX + ROW_ID_MAX + OUTPUT_TIME_ROOM + 128)
#define ORDINARY_ROOM  256

/* The members from PROTO to ID, which all rows have. Empty: the name of the table is too long. */
static struct span put_beginning(struct output *o, const struct row *row, char text[BEGINNING_ROOM])
{
	struct span name = span_text(row->table->name);
	char *to = PUT(text, ",\"proto\":\"");

	if (name.len > PLAIN_NAME_MAX || row->begin < 0)
		return (struct span){0};
	to = span_put(to, name);
	*to++ = '"';
	to = output_put_time(o, to, row->begin);
	to = PUT(to, ",\"record_id\":\"");
	to += row_id(row, to);
	*to++ = '"';
	return span_of(text, (size_t)(to - text));
}

static char *put_elapsed(char *to, int64_t ns)
{
	return ns == TIME_UNKNOWN ? PUT(to, "null") : buffer_put_u64(to, (uint64_t)ns);
}

/* The members from OUTCOME to LATE of a row that says nothing special. Empty: it does. */
static struct span put_ordinary(const struct row *row, bool expected, char text[ORDINARY_ROOM])
{
	char *to = PUT(text, ",\"outcome\":\"");

	if (row->note.len || row->twin || row->late)
		return (struct span){0};
	to = span_put(to, span_text(outcome_text(row->outcome)));
	to = PUT(to, "\",\"latency_ns\":");
	to = put_elapsed(to, row_latency(row));
	to = PUT(to, ",\"ttfb_ns\":");
	to = put_elapsed(to, row_first_byte(row));
	to = expected ? PUT(to, ",\"note\":\"\"") : PUT(to, ",\"note\":null");
	to = PUT(to, ",\"twin\":null,\"peer_process\":null,\"late\":false");
	return span_of(text, (size_t)(to - text));
}

static void print_json(struct output *o, struct row *row, bool expected)
{
	char beginning[BEGINNING_ROOM], ordinary[ORDINARY_ROOM];
	struct record_values to;
	const struct value *v = to.values;
	struct row_part parts[] = {
		{.columns = record_columns, .count = RECORD_CONN, .values = v},
		{.columns = record_columns + RECORD_CONN,
		 .count = RECORD_OUTCOME - RECORD_CONN,
		 .values = v + RECORD_CONN},
		{.columns = record_columns + RECORD_OUTCOME,
		 .count = RECORD_COLUMNS - RECORD_OUTCOME,
		 .values = v + RECORD_OUTCOME},
		{.columns = row->table->columns,
		 .count = row->table->column_count,
		 .values = row->values},
	};

	parts[0].json = put_beginning(o, row, beginning);
	if (!row->peer)
		parts[1].json = end_members(row->end);
	parts[2].json = put_ordinary(row, expected, ordinary);
	if (!parts[0].json.len || !parts[1].json.len || !parts[2].json.len)
		record_fill(&to, row);
	if (!row->note.len && expected)
		to.values[RECORD_NOTE] = value_text(span_of("", 0));
	output_row(o, parts, 4);
}

void record_print_json(struct output *o, struct row *row)
{
	print_json(o, row, false);
}

void record_print_expected(struct output *o, struct row *row)
{
	print_json(o, row, true);
}
