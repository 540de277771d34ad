/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "analyze/map/listing.h"
#include "analyze/output/text.h"
#include "protocols/value/json.h"

enum row_column {
	ROW_TIME,
	ROW_CLIENT,
	ROW_CLIENT_KIND,
	ROW_CLIENT_DETAIL,
	ROW_CLIENT_CONTAINER,
	ROW_SERVER,
	ROW_SERVER_KIND,
	ROW_SERVER_DETAIL,
	ROW_SERVER_CONTAINER,
	ROW_SERVER_ADDRESSES,
	ROW_PROTO,
	ROW_TLS,
	ROW_COUNT,
	ROW_RATE,
	ROW_ERRORS,
	ROW_FAILURES,
	ROW_P50,
	ROW_P99,
	ROW_MAX,
	ROW_BYTES,
	ROW_REQUEST_BYTES,
	ROW_RESPONSE_BYTES,
	ROW_WORST,
	ROW_NAME, /* from here on of DNS alone */
	ROW_TYPE,
	ROW_ANSWERS,
	ROW_COLUMNS,
};

static const struct column columns[ROW_COLUMNS] = {
	[ROW_TIME] = {"time", "TEXT", "", "when the interval began, UTC; null: all is one"},
	[ROW_CLIENT] = {"client", "TEXT", "", "who asked"},
	[ROW_CLIENT_KIND] = {"client_kind", "TEXT", "", "process, name or address"},
	[ROW_CLIENT_DETAIL] = {"client_detail", "TEXT", "", "what tells it from others"},
	[ROW_CLIENT_CONTAINER] = {"client_container", "TEXT", "", "id of its container"},
	[ROW_SERVER] = {"server", "TEXT", "", "who was asked"},
	[ROW_SERVER_KIND] = {"server_kind", "TEXT", "", "process, name or address"},
	[ROW_SERVER_DETAIL] = {"server_detail", "TEXT", "", "what tells it from others"},
	[ROW_SERVER_CONTAINER] = {"server_container", "TEXT", "", "id of its container"},
	[ROW_SERVER_ADDRESSES] = {"server_addresses", "TEXT", "", "where it was asked"},
	[ROW_PROTO] = {"proto", "TEXT", "", "name of the protocol's table"},
	[ROW_TLS] = {"tls", "BOOLEAN", "", "whether this came out of TLS"},
	[ROW_COUNT] = {"count", "BIGINT", "", "of it"},
	[ROW_RATE] = {"per_second", "REAL", "", "of it"},
	[ROW_ERRORS] = {"errors", "BIGINT", "", "that are not ok"},
	[ROW_FAILURES] = {"failures", "JSON", "", "how many failed in which way"},
	[ROW_P50] = {"p50_ms", "REAL", "ms", "half of them took no longer"},
	[ROW_P99] = {"p99_ms", "REAL", "ms", "99 of a hundred took no longer"},
	[ROW_MAX] = {"max_ms", "REAL", "ms", "the longest"},
	[ROW_BYTES] = {"bytes", "BIGINT", "bytes", "of both ways, as the protocol counts them"},
	[ROW_REQUEST_BYTES] = {"req_bytes", "BIGINT", "bytes", "to the server"},
	[ROW_RESPONSE_BYTES] = {"resp_bytes", "BIGINT", "bytes", "to the client"},
	[ROW_WORST] = {"worst", "TEXT", "", "id of the record that took longest"},
	[ROW_NAME] = {"name", "TEXT", "", "that was asked for"},
	[ROW_TYPE] = {"type", "TEXT", "", "of record that was asked for"},
	[ROW_ANSWERS] = {"answers", "TEXT", "", "the first different ones, parted by commas"},
};

#define NUMBER_MAX 32

struct row_values {
	struct value values[ROW_COLUMNS];
	char numbers[ROW_COLUMNS][NUMBER_MAX];
	struct buffer time;
	struct buffer failures;
};

static size_t column_count(const struct graph *g)
{
	return g->dns ? ROW_COLUMNS : ROW_NAME;
}

static const char *kind_text(enum node_kind kind)
{
	static const char *const texts[] = {
		[NODE_PROCESS] = "process",
		[NODE_NAME] = "name",
		[NODE_ADDRESS] = "address",
	};

	return texts[kind];
}

static void set_number(struct row_values *to, enum row_column column, double d)
{
	int len = snprintf(to->numbers[column], NUMBER_MAX, "%.3f", d);

	to->values[column] = value_json(span_of(to->numbers[column], (size_t)len));
}

static void set_failures(struct row_values *to, const struct group *counts)
{
	struct buffer *b = &to->failures;

	buffer_clear(b);
	for (size_t i = 0; counts->failures && i < GROUP_FAILURES; i++) {
		const struct group_failure *f = &counts->failures[i];

		if (!f->count)
			continue;
		buffer_append_char(b, b->len ? ',' : '{');
		json_append_string(b, span_text(f->name));
		buffer_append_char(b, ':');
		buffer_append_u64(b, f->count);
	}
	if (b->len)
		buffer_append_char(b, '}');
	to->values[ROW_FAILURES] = value_json_if(b);
}

static void set_counts(struct row_values *to, const struct graph *g, const struct group *counts,
		       bool sized)
{
	struct value *v = to->values;
	double rate = graph_rate(g, counts);

	v[ROW_COUNT] = value_int((int64_t)counts->count);
	if (rate >= 0)
		set_number(to, ROW_RATE, rate);
	v[ROW_ERRORS] = value_int((int64_t)counts->failed);
	set_failures(to, counts);
	if (counts->latencies) {
		set_number(to, ROW_P50, quantiles_at(counts->latencies, 0.5) / 1e6);
		set_number(to, ROW_P99, quantiles_at(counts->latencies, 0.99) / 1e6);
		set_number(to, ROW_MAX, (double)counts->most_ns / 1e6);
	}
	v[ROW_WORST] = value_text_if(span_text(counts->worst));
	if (!sized)
		return;
	v[ROW_BYTES] = value_int((int64_t)counts->bytes);
	v[ROW_REQUEST_BYTES] = value_int((int64_t)(counts->bytes - counts->answer_bytes));
	v[ROW_RESPONSE_BYTES] = value_int((int64_t)counts->answer_bytes);
}

static void set_ends(struct row_values *to, const struct graph *g, const struct graph_edge *e)
{
	const struct graph_node *client = &g->nodes[e->from];
	const struct graph_node *server = &g->nodes[e->via == GRAPH_NONE ? e->to : e->via];
	struct value *v = to->values;

	v[ROW_CLIENT] = value_text(span_text(client->label));
	v[ROW_CLIENT_KIND] = value_word(span_text(kind_text(client->kind)));
	v[ROW_CLIENT_DETAIL] = value_text_if(span_text(client->detail));
	v[ROW_CLIENT_CONTAINER] = value_text_if(span_text(client->container));
	v[ROW_SERVER] = value_text(span_text(server->label));
	v[ROW_SERVER_KIND] = value_word(span_text(kind_text(server->kind)));
	v[ROW_SERVER_DETAIL] = value_text_if(span_text(server->detail));
	v[ROW_SERVER_CONTAINER] = value_text_if(span_text(server->container));
	v[ROW_SERVER_ADDRESSES] = value_text_if(span_text(server->addresses));
}

static void print_row(struct row_values *to, const struct graph *g, const struct graph_edge *e,
		      const struct group *counts, struct output *out)
{
	const struct row_part part = {
		.columns = columns, .count = column_count(g), .values = to->values};

	memset(to->values, 0, sizeof(to->values));
	if (counts->since) {
		buffer_clear(&to->time);
		text_append_time_utc(&to->time, counts->since);
		to->values[ROW_TIME] = value_text(buffer_span(&to->time));
	}
	set_ends(to, g, e);
	if (g->dns) {
		to->values[ROW_PROTO] = value_word(span_text("dns"));
		to->values[ROW_NAME] = value_text(span_text(g->nodes[e->to].label));
		to->values[ROW_TYPE] = value_text(span_text(e->what));
		to->values[ROW_ANSWERS] = value_text_if(span_text(e->extra));
	} else {
		to->values[ROW_PROTO] = value_text(span_text(e->what));
	}
	to->values[ROW_TLS] = value_bool(e->tls);
	set_counts(to, g, counts, e->sized);
	output_row(out, &part, 1);
}

void map_rows(const struct graph *g, struct output *out)
{
	const struct row_part part = {.columns = columns, .count = column_count(g)};
	struct row_values values = {0};

	output_header(out, &part, 1);
	for (size_t i = 0; i < g->edge_count && output_alive(out); i++) {
		const struct graph_edge *e = &g->edges[i];

		/* Of DNS, a row has all: who asked for what, and who answered. */
		if (!e->counts || (g->dns && e->via == GRAPH_NONE))
			continue;
		if (!g->over)
			print_row(&values, g, e, e->counts, out);
		for (size_t c = 0; g->over && c < e->course_count; c++)
			print_row(&values, g, e, e->courses[c], out);
	}
	buffer_free(&values.time);
	buffer_free(&values.failures);
}
