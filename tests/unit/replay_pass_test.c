/* SPDX-License-Identifier: BSD-2-Clause */
/* What only another connection can tell, perhaps later: the recording is read twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analyze/replay/replay.h"
#include "protocols/engine/knowledge.h"

/*
 * Each letter and byte is a frame: "=x" teaches that the server's fact is x, "?x" asks for it, ".x"
 * is nothing but x. Each becomes a record.
 */

struct facts {
	struct session *session;
};

static const struct column columns[] = {{"text", "TEXT", "", "what it said"}};
static const struct table facts_table = {"facts", "facts", columns, 1, NULL};
static const struct table *const tables[] = {&facts_table, NULL};

static void *facts_open(struct session *s)
{
	struct facts *st = calloc(1, sizeof(*st));

	assert_non_null(st);
	st->session = s;
	return st;
}

static enum frame_status facts_frame(const void *state, enum side side, const struct cursor *in,
				     struct frame *frame)
{
	(void)state;
	(void)side;
	frame->len = 2;
	return cursor_left(in) < 2 ? FRAME_MORE : FRAME_DONE;
}

static bool facts_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	return cursor_left(in) > 0;
}

static void facts_message(void *state, const struct frame *frame)
{
	static const char *const words[] = {"unknown", "own ", "inferred "};
	struct facts *st = state;
	struct fact fact = {1, FACT_SERVER, span_text("key"), span_of(frame->data + 1, 1)};
	struct buffer text = {0};
	struct value value;
	struct record record = {.table = &facts_table, .values = &value};

	if (frame->data[0] == '=')
		session_learn(st->session, &fact);
	if (frame->data[0] == '?') {
		enum recall how;

		fact.value = (struct span){0};
		how = session_recall(st->session, &fact);
		buffer_append_text(&text, words[how]);
		if (how == RECALL_NONE)
			buffer_printf(&text, " (%s)", session_unresolved(st->session));
	}
	buffer_append_span(&text, fact.value);
	value = value_text(buffer_span(&text));
	session_emit(st->session, &record);
	buffer_free(&text);
}

static void facts_lost(void *state, enum side side, uint64_t missing)
{
	(void)state;
	(void)side;
	(void)missing;
}

static void facts_infer(const struct sample *sample, struct verdict *verdict)
{
	(void)sample;
	verdict->score = INFER_CERTAIN;
}

static void facts_finish(void *state)
{
	(void)state;
}

static const struct protocol facts = {
	.name = "facts",
	.tables = tables,
	.stream = true,
	.infer = facts_infer,
	.open = facts_open,
	.close = free,
	.framing = {facts_frame, 0, facts_resync, facts_message, NULL, facts_lost},
	.finish = facts_finish,
};

/* ---- a recording of three connections, two of them to one server ---- */

static void feed_conn(struct replay *r, uint64_t id, uint8_t server)
{
	const struct event event = {
		.type = EVENT_CONN,
		.ts = 1,
		.conn = {
			.conn = id,
			.transport = TRANSPORT_TCP,
			.role = ROLE_CLIENT,
			.origin = ORIGIN_OPENED,
			.opened_ts = 1,
			.local = {ADDRESS_INET4, (uint16_t)(1000 + id), 0, {10, 0, 0, 1}},
			.remote = {ADDRESS_INET4, 80, 0, {10, 0, 0, server}},
		}};

	replay_event(r, &event);
}

/* One step of a script: which connection says what. */
struct saying {
	uint64_t conn;
	const char *text;
};

static void feed_all(struct replay *r, const struct saying *said)
{
	uint64_t position[4] = {0};

	feed_conn(r, 1, 2);
	feed_conn(r, 2, 2);
	feed_conn(r, 3, 3);
	for (int64_t ts = 2; said->text; said++, ts++) {
		const struct event event = {.type = EVENT_DATA,
					    .ts = ts,
					    .data = {
						    .conn = said->conn,
						    .offset = position[said->conn],
						    .len = strlen(said->text),
						    .payload = span_text(said->text),
					    }};

		replay_event(r, &event);
		position[said->conn] += event.data.len;
	}
}

struct log {
	struct buffer text;
	unsigned ended;
};

static void on_record(void *context, const struct connection *conn, const struct session *s,
		      const struct record *record)
{
	struct log *log = context;

	(void)s;
	buffer_printf(&log->text, "%llu:", (unsigned long long)conn->id);
	buffer_append_span(&log->text, record->values[0].text);
	buffer_append_char(&log->text, '\n');
}

static void on_conn_end(void *context, const struct connection *conn)
{
	struct log *log = context;

	(void)conn;
	log->ended++;
}

static void check(const struct saying *said, struct replay_options options, unsigned passes,
		  unsigned ended, const char *expected)
{
	struct log log = {0};
	struct replay *r;
	unsigned fed = 0;

	options.handlers = (struct replay_handlers){
		.record = on_record, .conn_end = on_conn_end, .context = &log};
	options.decode_as = &facts;
	r = replay_new_fed(&options);
	assert_non_null(r);
	do {
		feed_all(r, said);
		fed++;
	} while (replay_again(r));
	assert_int_equal(replay_end(r), TAPE_OK);
	buffer_append_char(&log.text, '\0');
	assert_string_equal(log.text.data, expected);
	assert_int_equal(fed, passes);
	assert_int_equal(log.ended, ended);
	buffer_free(&log.text);
	replay_free(r);
}

static const struct saying asked_before_told[] = {
	{1, ".a"}, {2, "?."}, {3, "?."}, {1, ".b=v?."}, {2, ".c"}, {0, NULL},
};

/* Each record once, in its place, with all that the recording can tell. */
static void test_two_passes(void **state)
{
	(void)state;
	check(asked_before_told, (struct replay_options){.resolve = true}, 2, 3,
	      "1:a\n2:inferred v\n3:unknown (nowhere told in this recording)\n"
	      "1:b\n1:v\n1:own v\n2:c\n");
}

/* From a pipe there is one pass, and what is told too late isn't known yet. */
static void test_one_pass(void **state)
{
	(void)state;
	check(asked_before_told, (struct replay_options){0}, 1, 3,
	      "1:a\n2:unknown (not resolved yet)\n3:unknown (not resolved yet)\n"
	      "1:b\n1:v\n1:own v\n2:c\n");
}

/* Without an open question nothing is read twice. */
static void test_no_question(void **state)
{
	const struct saying said[] = {{1, "=v?."}, {2, ".c"}, {0, NULL}};

	(void)state;
	check(said, (struct replay_options){.resolve = true}, 1, 3, "1:v\n1:own v\n2:c\n");
}

/* A filter leaves rows out, not what they can be understood by. */
static void test_filtered(void **state)
{
	struct selection selection = {0};

	(void)state;
	assert_true(selection_add(&selection, SELECT_CONN, "2"));
	check(asked_before_told, (struct replay_options){.resolve = true, .selection = &selection},
	      3, 1, "2:inferred v\n2:c\n");
	selection_free(&selection);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_passes),
		cmocka_unit_test(test_one_pass),
		cmocka_unit_test(test_no_question),
		cmocka_unit_test(test_filtered),
	};

	return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
