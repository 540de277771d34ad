/* SPDX-License-Identifier: BSD-2-Clause */
/* Which exchange was asked in answer to which; tests/live/trace.sh has real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/trace/trace.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

/* The ids in COLUMN of TABLE. */
static size_t ids_of(const char *table, const char *column, struct value value,
		     struct trace_id ids[static TRACE_IDS_MAX])
{
	const struct table *t = protocol_table_find(table, NULL);
	struct value *values = calloc(t->column_count, sizeof(*values));
	struct row row = {.table = t, .values = values};
	size_t count;

	for (size_t i = 0; i < t->column_count; i++)
		if (strcmp(t->columns[i].name, column) == 0)
			values[i] = value;
	count = trace_ids(&row, ids);
	free(values);
	return count;
}

static size_t header(const char *json, struct trace_id ids[static TRACE_IDS_MAX])
{
	return ids_of("http", "req_headers", value_json(span_text(json)), ids);
}

static void ids(void **state)
{
	struct trace_id one[TRACE_IDS_MAX], other[TRACE_IDS_MAX];

	(void)state;
	assert_int_equal(header("{\"Traceparent\":\"00-" TRACE "-00f067aa0ba902b7-01\"}", one), 1);
	assert_int_equal(one[0].kind, TRACE_ID_TRACEPARENT);
	assert_int_equal(ids_of("pgsql", "statement",
				value_text(span_text("SELECT 1 /*a='b',traceparent='00-" TRACE
						     "-ffffffffffffffff-01'*/")),
				other),
			 1);
	assert_int_equal(one[0].hash, other[0].hash);
	assert_int_equal(header("{\"traceparent\":\"00-" TRACE "\"}", one), 0);
	assert_int_equal(header("{\"traceparent\":\"00-12-00f067aa0ba902b7-01\"}", one), 0);

	assert_int_equal(
		header("{\"b3\":\"80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1\"}", one), 1);
	assert_int_equal(
		header("{\"X-B3-TraceId\":[\"80f198ee56343ba864fe8b2a57d3eff7\",\"x\"]}", other),
		1);
	assert_int_equal(one[0].kind, TRACE_ID_B3);
	assert_int_equal(one[0].hash, other[0].hash);

	assert_int_equal(
		header("{\"x-request-id\":\"7f6d1f9c-1\",\"uber-trace-id\":\"abcdef0123:1:0:1\"}",
		       one),
		2);
	assert_int_equal(one[0].kind, TRACE_ID_REQUEST);
	assert_int_equal(one[1].kind, TRACE_ID_UBER);
	/* Too short to tell one from another. */
	assert_int_equal(header("{\"x-request-id\":\"12\"}", one), 0);
	assert_int_equal(ids_of("mux", "trace_id", value_text(span_text("00000000deadbeef")), one),
			 1);
	assert_int_equal(one[0].kind, TRACE_ID_FINAGLE);
}

/* A node from FROM to TO, at both ends. */
static struct trace_node node(const char *id, uint64_t client, uint64_t server, int64_t from,
			      int64_t to)
{
	return (struct trace_node){.record_id = id,
				   .client = client,
				   .server = server,
				   .begin = from,
				   .served_begin = from,
				   .end = to,
				   .served_end = to};
}

static void link_nodes(struct trace_node *nodes, size_t count)
{
	struct trace_node *list[8];

	for (size_t i = 0; i < count; i++)
		list[i] = &nodes[count - 1 - i];
	assert_true(trace_link_all(list, count));
}

/* Nothing but time is known: one that takes it in, or none. */
static void by_time(void **state)
{
	struct trace_node n[] = {
		node("a", 1, 2, 0, 100),   node("b", 2, 3, 10, 20),   node("c", 2, 3, 30, 101),
		node("d", 1, 2, 110, 200), node("e", 1, 2, 120, 200), node("f", 2, 3, 130, 140),
		node("g", 9, 3, 15, 16),   node("h", 3, 4, 12, 18),
	};

	(void)state;
	link_nodes(n, 8);
	assert_ptr_equal(n[1].parent, &n[0]);
	assert_int_equal(n[1].link, TRACE_BY_TIME);
	assert_null(n[2].parent); /* it ended later */
	assert_null(n[5].parent); /* two were being answered */
	assert_null(n[6].parent); /* somebody else asked */
	assert_ptr_equal(n[7].parent, &n[1]);
	assert_ptr_equal(n[0].first_child, &n[1]);
	assert_ptr_equal(n[1].first_child, &n[7]);
	assert_null(n[1].next_sibling);
}

static void by_thread(void **state)
{
	struct trace_node n[] = {
		node("a", 1, 2, 0, 100), node("b", 1, 2, 0, 100), node("c", 2, 3, 10, 20),
		node("d", 2, 3, 30, 40), node("e", 2, 3, 50, 60),
	};

	(void)state;
	n[0].server_tid = 7;
	n[1].server_tid = 8;
	n[2].client_tid = 8;
	n[3].client_tid = 8;
	n[4].client_tid = 9;
	link_nodes(n, 5);
	assert_ptr_equal(n[2].parent, &n[1]);
	assert_int_equal(n[2].link, TRACE_BY_THREAD);
	assert_ptr_equal(n[1].first_child, &n[2]);
	assert_ptr_equal(n[2].next_sibling, &n[3]);
	assert_null(n[4].parent); /* of a thread that answered nothing */
}

static void by_id(void **state)
{
	const struct trace_id one = {TRACE_ID_REQUEST, 1}, other = {TRACE_ID_REQUEST, 2};
	struct trace_node n[] = {
		node("a", 1, 2, 0, 100),
		node("b", 1, 2, 0, 100),
		node("c", 2, 3, 10, 20),
		node("d", 2, 3, 30, 40),
	};

	(void)state;
	for (int i = 0; i < 4; i++) {
		n[i].id_count = 1;
		n[i].ids[0] = i == 1 || i == 2 ? other : one;
		n[i].server_tid = n[i].client_tid = 5;
	}
	n[3].ids[0].hash = 3;
	link_nodes(n, 4);
	assert_ptr_equal(n[2].parent, &n[1]);
	assert_int_equal(n[2].link, TRACE_BY_ID);
	assert_string_equal(trace_link_text(n[2].link, n[2].kind), "request-id");
	assert_string_equal(trace_sure_text(n[2].link), "certain");
	assert_null(n[3].parent); /* another id than both */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(by_time),
		cmocka_unit_test(by_thread),
		cmocka_unit_test(by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
