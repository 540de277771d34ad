/* SPDX-License-Identifier: BSD-2-Clause */
/* What a reading must not get wrong where a recording is at its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyze/output/output.h"
#include "analyze/replay/process_table.h"
#include "analyze/replay/replay.h"
#include "analyze/replay/row.h"
#include "analyze/replay/rows.h"
#include "analyze/replay/selection.h"
#include "tests/unit/tape_build.h"

/* ---- processes ---- */

static struct event_process told(const char *cgroup)
{
	return (struct event_process){
		.pid = 7,
		.uid = 1,
		.start_ts = 5,
		.name = span_text("nginx"),
		.exe = span_text("/usr/sbin/nginx"),
		.cgroup = span_text(cgroup),
	};
}

/* Each of these makes it worth telling anew, and nothing else does. */
static void test_process_told_again(void **state)
{
	struct process_table t = {0};
	struct event_process p = told("/a");
	const struct process *first, *now;

	(void)state;
	assert_true(process_table_put(&t, &p));
	first = process_hold(&t, process_table_get(&t, 7));
	assert_non_null(first);
	for (int what = 0; what < 6; what++) {
		struct event_process other = told("/a");

		if (what == 1)
			other.cgroup = span_text("/b");
		else if (what == 2)
			other.name = span_text("worker");
		else if (what == 3)
			other.exe = span_text("/usr/sbin/other");
		else if (what == 4)
			other.uid = 2;
		else if (what == 5)
			other.start_ts = 6;
		assert_true(process_table_put(&t, &other));
		now = process_table_get(&t, 7);
		assert_non_null(now);
		assert_true(span_is(other.cgroup, now->cgroup));
		assert_true(span_is(other.name, now->name));
		assert_true(span_is(other.exe, now->exe));
		assert_int_equal(now->uid, other.uid);
		assert_int_equal(now->start_ts, other.start_ts);
		if (what == 0)
			assert_ptr_equal(now, first);
	}
	/* Who holds the first still has it as it was. */
	assert_string_equal(first->cgroup, "/a");
	process_release(&t, first);
	process_table_free(&t);
}

/* ---- time ---- */

static void test_since_and_until(void **state)
{
	struct selection s = {.since = 10, .until = 20};

	(void)state;
	assert_false(selection_has_time(&s, 9, 9));
	assert_true(selection_has_time(&s, 10, 10));
	assert_true(selection_has_time(&s, 19, 19));
	assert_false(selection_has_time(&s, 20, 20)); /* not included */
	assert_true(selection_has_time(&s, 5, 10));
	assert_true(selection_has_time(&s, 19, 30));
	assert_false(selection_has_time(&s, 20, 30));
	assert_false(selection_has_time(&s, 5, 9));
}

static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/* Threads may stamp a response before its request: its latency is nothing, not less. */
static void test_response_before_its_request(void **state)
{
	const struct tape_conn_spec web = {
		1, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED, "10.0.0.1:40000", "10.0.0.2:80", 100};
	const struct replay_options options = {0};
	char *dir = scratch_new();
	struct tape_build b;
	struct rows *rows;
	struct row *row;

	(void)state;
	tape_build_begin(&b, dir);
	tape_build_conn(&b, &web);
	b.ts = 9000000;
	tape_build_text(&b, 1, 100, DIRECTION_SENT, 0, get);
	b.ts = 8000000;
	tape_build_text(&b, 1, 100, DIRECTION_RECEIVED, 0, ok);
	tape_build_end(&b);
	assert_int_equal(rows_open(b.path, &options, &rows), TAPE_OK);
	row = rows_next(rows);
	assert_non_null(row);
	assert_int_equal(row_latency(row), 0);
	assert_int_equal(row_first_byte(row), 0);
	assert_null(rows_next(rows));
	rows_close(rows);
	scratch_remove(dir);
}

/* ---- connections ---- */

struct seen {
	char protocol[16];
	uint64_t lost;
	int ends;
};

static void on_conn_end(void *context, const struct connection *c)
{
	struct seen *seen = context;
	const struct session *wire = c->sessions[LAYER_WIRE];

	strcpy(seen->protocol, connection_protocol_name(c));
	seen->lost = wire ? session_counts(wire).lost_bytes : 0;
	seen->ends++;
}

static void give(struct replay *r, enum layer layer, enum direction direction, uint64_t offset,
		 const char *text)
{
	struct event event = {.type = EVENT_DATA,
			      .ts = 1000,
			      .data = {.conn = 1,
				       .offset = offset,
				       .len = strlen(text),
				       .payload = span_text(text),
				       .layer = layer,
				       .direction = direction}};

	replay_event(r, &event);
}

static struct replay *replay_of_conn(struct seen *seen, enum conn_origin origin, bool snapshot)
{
	struct replay_options options = {.handlers = {.conn_end = on_conn_end, .context = seen}};
	struct event event = {.type = EVENT_CONN,
			      .snapshot = snapshot,
			      .conn = {.conn = 1,
				       .local = tape_build_address("10.0.0.1:40000"),
				       .remote = tape_build_address("10.0.0.2:8123"),
				       .transport = TRANSPORT_TCP,
				       .role = ROLE_CLIENT,
				       .origin = origin}};
	struct replay *r = replay_new_fed(&options);

	*seen = (struct seen){0};
	assert_non_null(r);
	replay_event(r, &event);
	return r;
}

/* What the application says is in the plaintext, not in the TLS around it. */
static void test_plaintext_is_preferred(void **state)
{
	struct seen seen;
	struct replay *r = replay_of_conn(&seen, ORIGIN_OPENED, false);

	(void)state;
	give(r, LAYER_WIRE, DIRECTION_SENT, 0, "*1\r\n$4\r\nPING\r\n");
	give(r, LAYER_WIRE, DIRECTION_RECEIVED, 0, "+PONG\r\n");
	give(r, LAYER_TLS, DIRECTION_SENT, 0, get);
	give(r, LAYER_TLS, DIRECTION_RECEIVED, 0, ok);
	assert_int_equal(replay_end(r), TAPE_OK);
	assert_int_equal(seen.ends, 1);
	assert_string_equal(seen.protocol, "http");
	replay_free(r);
}

/* Positions of a connection that was there before count from the first byte that was seen. */
static void test_start_of_a_connection(void **state)
{
	static const struct {
		enum conn_origin origin;
		bool snapshot;
		uint64_t lost;
	} cases[] = {
		{ORIGIN_OPENED, false, 10},
		{ORIGIN_MIDSTREAM, false, 10},
		{ORIGIN_MIDSTREAM, true, 0}, /* a segment is missing: nobody knows */
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct seen seen;
		struct replay *r = replay_of_conn(&seen, cases[i].origin, cases[i].snapshot);

		give(r, LAYER_WIRE, DIRECTION_SENT, 10, get);
		assert_int_equal(replay_end(r), TAPE_OK);
		assert_int_equal(seen.ends, 1);
		assert_int_equal(seen.lost, cases[i].lost);
		replay_free(r);
	}
}

/* ---- rows ---- */

/* Each character that would break a line or a field, alone. */
static void test_csv_fields(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"a\rb", "\"a\rb\""},	{"a\nb", "\"a\nb\""}, {"a,b", "\"a,b\""},
		{"a\"b", "\"a\"\"b\""}, {"a b", "a b"},
	};
	static const struct column columns[] = {{"x", "TEXT", "", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct value value = value_text(span_text(cases[i].text));
		struct row_part part = {.columns = columns, .count = 1, .values = &value};
		struct buffer got = {0}, expected = {0};
		struct output *o = output_new_into(OUTPUT_CSV, &got);

		output_row(o, &part, 1);
		assert_true(output_free(o));
		buffer_printf(&expected, "x\n%s\n", cases[i].expected);
		assert_true(span_equal(buffer_span(&got), buffer_span(&expected)));
		buffer_free(&got);
		buffer_free(&expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process_told_again),
		cmocka_unit_test(test_since_and_until),
		cmocka_unit_test(test_response_before_its_request),
		cmocka_unit_test(test_plaintext_is_preferred),
		cmocka_unit_test(test_start_of_a_connection),
		cmocka_unit_test(test_csv_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
