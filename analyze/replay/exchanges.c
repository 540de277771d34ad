/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/exchanges.h"

#include <stdio.h>

/* The columns that each end has, in this order. */
enum end_column {
	END_ID,
	END_CONN,
	END_PROCESS,
	END_ADDRESS,
	END_REQUEST_FIRST,
	END_REQUEST_LAST,
	END_RESPONSE_FIRST,
	END_RESPONSE_LAST,
	END_LATENCY,
	END_COLUMNS,
};

enum {
	TS,
	PROTO,
	OUTCOME,
	RECORD,
	TLS,
	LATENCY,
	REQUEST_WAY,
	NOTE,
	LATE,
	CLIENT,
	SERVER = CLIENT + END_COLUMNS,
	COLUMNS = SERVER + END_COLUMNS,
};

_Static_assert(COLUMNS == EXCHANGE_COLUMNS, "exchanges.h says how many there are");

#define END(at, end)                                                                               \
	[(at) + END_ID] = {end "_record_id", "TEXT", "", "id of what the " end "'s process saw"},  \
		[(at) + END_CONN] = {end "_conn", "BIGINT", "", "its connection id"},              \
		[(at) + END_PROCESS] = {end "_process", "TEXT", "",                                \
					"name and id of the " end "'s process"},                   \
		[(at) + END_ADDRESS] = {end "_address", "TEXT", "",                                \
					"address of the " end "'s end"},                           \
		[(at) + END_REQUEST_FIRST] = {end "_request_first", "BIGINT", COLUMN_MOMENT,       \
					      "first byte of the request at the " end              \
					      ", since the epoch"},                                \
		[(at) + END_REQUEST_LAST] = {end "_request_last", "BIGINT", COLUMN_MOMENT,         \
					     "its last byte there"},                               \
		[(at) + END_RESPONSE_FIRST] = {end "_response_first", "BIGINT", COLUMN_MOMENT,     \
					       "first byte of the response there"},                \
		[(at) + END_RESPONSE_LAST] = {end "_response_last", "BIGINT", COLUMN_MOMENT,       \
					      "its last byte there"},                              \
		[(at) + END_LATENCY] = {                                                           \
			end "_latency_ns", "BIGINT", "ns",                                         \
			"first byte of the request to last byte of the response there"}

static const struct column columns[COLUMNS] = {
	[TS] = {"ts", "BIGINT", COLUMN_MOMENT, "when it began at the client, else at the server"},
	[PROTO] = {"proto", "TEXT", "", "name of the table that has the rest of it"},
	[OUTCOME] = {"outcome", "TEXT", "",
		     "ok, error, unanswered or partial; of the client's end"},
	[RECORD] = {"record", "TEXT", "", "the exchange in one line"},
	[TLS] = {"tls", "BOOLEAN", "", "whether this came out of TLS"},
	[LATENCY] = {"latency_ns", "BIGINT", "ns", "as the client saw it, else the server"},
	[REQUEST_WAY] = {"on_the_way_ns", "BIGINT", "ns",
			 "of the client's latency, what is not the server's; null: one end"},
	[NOTE] = {"note", "TEXT", "", "what a person should know about it"},
	[LATE] = {"late", "BOOLEAN", "",
		  "whether it ended too late to stand where it began, among the others"},
	END(CLIENT, "client"),
	END(SERVER, "server"),
};

const struct table exchanges_table = {
	.name = "exchanges",
	.summary = "requests with their responses, of all protocols, with what both ends saw",
	.columns = columns,
	.column_count = COLUMNS,
};

bool exchange_begins(const struct row *row)
{
	return !row->twin || !row->twin->released;
}

bool exchange_is_selected(const struct row *row, struct selection *selection)
{
	return exchange_begins(row) && (row_is_selected(row, selection) ||
					(row->twin && row_is_selected(row->twin, selection)));
}

static struct value moment(const struct row *row, int64_t distance)
{
	struct value v = {0};

	if (distance != TIME_UNKNOWN)
		v = value_int(row->begin + distance);
	return v;
}

/* What the process of ROW saw. */
static void fill_end(struct exchange_values *to, int at, const struct row *row)
{
	struct value *v = to->values + at;
	int which = at == SERVER;
	int64_t latency = row_latency(row);

	row_id(row, to->ids[which]);
	v[END_ID] = value_word(span_text(to->ids[which]));
	v[END_CONN] = value_int((int64_t)row->end->conn);
	if (row->end->pid) {
		snprintf(to->processes[which], sizeof(to->processes[which]), "%s[%u]",
			 row->end->comm, row->end->pid);
		v[END_PROCESS] = value_text(span_text(to->processes[which]));
	}
	v[END_ADDRESS] = value_text_if(span_text(row->end->local_text));
	v[END_REQUEST_FIRST] = moment(row, row->has_request ? 0 : TIME_UNKNOWN);
	v[END_REQUEST_LAST] = moment(row, row->request_last);
	v[END_RESPONSE_FIRST] = moment(row, row->response_first);
	v[END_RESPONSE_LAST] = moment(row, row->response_last);
	if (latency != TIME_UNKNOWN)
		v[END_LATENCY] = value_int(latency);
}

/* The end that wasn't recorded: its address, as the other one tells it. */
static void fill_stranger(struct exchange_values *to, int at, const struct row *other)
{
	const char *client = other->end->client_text;

	if (at == CLIENT && *client)
		to->values[at + END_ADDRESS] = value_text(span_text(client));
	else
		to->values[at + END_ADDRESS] = value_text_if(
			span_text(row_remote(other, to->addresses[at == SERVER])));
}

static void fill_common(struct exchange_values *to, const struct row *row)
{
	struct value *v = to->values;

	buffer_clear(&to->record);
	row->table->describe(row->values, &to->record);
	v[TS] = value_int(row->begin);
	v[PROTO] = value_word(span_text(row->table->name));
	v[OUTCOME] = value_word(span_text(outcome_text(row->outcome)));
	v[RECORD] = value_text(buffer_span(&to->record));
	v[TLS] = value_bool(row->end->tls);
	if (row_latency(row) != TIME_UNKNOWN)
		v[LATENCY] = value_int(row_latency(row));
	v[NOTE] = value_known_text(row->note);
	v[LATE] = value_bool(row->late);
}

void exchange_fill(struct exchange_values *to, const struct row *row)
{
	bool is_server = row->end->role == ROLE_SERVER;
	const struct row *client = is_server ? row->twin : row;
	const struct row *server = is_server ? row : row->twin;
	struct value *v = to->values;

	memset(v, 0, sizeof(to->values));
	fill_common(to, client ? client : server);
	v[LATE] = value_bool(row->late);
	if (client)
		fill_end(to, CLIENT, client);
	else
		fill_stranger(to, CLIENT, server);
	if (server)
		fill_end(to, SERVER, server);
	else
		fill_stranger(to, SERVER, client);
	if (v[CLIENT + END_LATENCY].type == VALUE_INT && v[SERVER + END_LATENCY].type == VALUE_INT)
		v[REQUEST_WAY] = value_int(v[CLIENT + END_LATENCY].integer -
					   v[SERVER + END_LATENCY].integer);
}

void exchange_free(struct exchange_values *values)
{
	buffer_free(&values->record);
}
