/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine below the protocols, with a protocol of its own: a frame is a digit N and N bytes;
 * 'X' is bad. Each frame becomes a record whose one column is its text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/engine/session.h"

struct toy {
	struct session *session;
};

static void toy_describe(const struct value *values, struct buffer *out)
{
	buffer_append_span(out, values[0].text);
}

static const struct column toy_columns[] = {{"text", "TEXT", "", "the frame"}};

static const struct table toy_table = {
	.name = "toy",
	.summary = "frames",
	.columns = toy_columns,
	.column_count = 1,
	.describe = toy_describe,
};
static const struct table *const toy_tables[] = {&toy_table, NULL};

static void toy_infer(const struct sample *sample, struct verdict *verdict)
{
	(void)sample;
	verdict->score = 100;
}

static void *toy_open(struct session *s)
{
	struct toy *toy = calloc(1, sizeof(*toy));

	if (toy)
		toy->session = s;
	return toy;
}

static enum frame_status toy_frame(const void *state, enum side side, const struct cursor *in,
				   struct frame *frame)
{
	struct cursor c = *in;
	uint8_t digit = cursor_u8(&c);

	(void)state;
	(void)side;
	if (digit == 'L') { /* a large frame: three more bytes tell how many kilobytes follow */
		const uint8_t *digits = cursor_take(&c, 3);

		if (!digits)
			return FRAME_MORE;
		frame->len = 4 + 1024ull * (uint64_t)((digits[0] - '0') * 100 +
						      (digits[1] - '0') * 10 + digits[2] - '0');
		return FRAME_DONE;
	}
	if (digit < '1' || digit > '9')
		return FRAME_BAD;
	frame->len = 1 + (uint64_t)(digit - '0');
	return FRAME_DONE;
}

static bool toy_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	while (cursor_left(in)) {
		if (*in->pos >= '1' && *in->pos <= '9')
			return true;
		cursor_skip(in, 1);
	}
	return false;
}

static void emit_text(struct toy *toy, struct span text, const struct frame *frame)
{
	struct value value = value_text(text);
	struct record record = {
		.table = &toy_table,
		.outcome = frame && frame->lost ? OUTCOME_PARTIAL : OUTCOME_OK,
		.request_first = frame ? frame->ts_first : TIME_UNKNOWN,
		.request_last = frame ? frame->ts_last : TIME_UNKNOWN,
		.response_first = TIME_UNKNOWN,
		.response_last = TIME_UNKNOWN,
		.values = &value,
	};

	session_emit(toy->session, &record);
}

static void toy_message(void *state, const struct frame *frame)
{
	struct toy *toy = state;

	if (frame->len == 3 && memcmp(frame->data + 1, "SW", 2) == 0)
		session_switch(toy->session, NULL);
	emit_text(toy, span_of(frame->data, frame->available), frame);
}

static void toy_lost(void *state, enum side side, uint64_t missing)
{
	(void)missing;
	emit_text(state, span_text(side == SIDE_CLIENT ? "<lost" : ">lost"), NULL);
}

static void toy_finish(void *state)
{
	emit_text(state, span_text("end"), NULL);
}

static const uint16_t toy_ports[] = {0};

static const struct protocol toy_protocol = {
	.name = "toy",
	.summary = "for tests",
	.tables = toy_tables,
	.ports = toy_ports,
	.stream = true,
	.infer = toy_infer,
	.open = toy_open,
	.close = free,
	.framing = {toy_frame, 0, toy_resync, toy_message, NULL, toy_lost},
	.finish = toy_finish,
};

/* ---- a session and what came out of it ---- */

struct fixture {
	struct session *s;
	struct budget budget;
	struct buffer log; /* texts of the records, parted by spaces; partial ones end in '~' */
	int64_t first_ts;
	int64_t last_ts;
	size_t longest;
	uint64_t position[2];
	int64_t ts;
};

static void on_record(void *context, struct session *s, const struct record *record)
{
	struct fixture *f = context;
	struct span text = record->values[0].text;

	(void)s;
	if (text.len > f->longest)
		f->longest = text.len;
	buffer_append(&f->log, text.data, text.len < 32 ? text.len : 32);
	if (record->outcome == OUTCOME_PARTIAL)
		buffer_append_char(&f->log, '~');
	buffer_append_char(&f->log, ' ');
	f->first_ts = record->request_first;
	f->last_ts = record->request_last;
}

static struct session_options options_of(struct fixture *f)
{
	return (struct session_options){
		.transport = TRANSPORT_TCP,
		.role = ROLE_CLIENT,
		.decode_as = &toy_protocol,
		.budget = &f->budget,
		.record = on_record,
		.context = f,
	};
}

static void setup(struct fixture *f, uint64_t limit)
{
	struct session_options options = options_of(f);

	*f = (struct fixture){.budget = {.limit = limit}};
	f->s = session_new(&options);
	assert_non_null(f->s);
}

static void put_at(struct fixture *f, uint64_t offset, const char *text, size_t len, size_t kept,
		   enum cut cut)
{
	struct event_data data = {
		.offset = offset,
		.len = len,
		.payload = span_of(text, kept),
		.direction = DIRECTION_SENT,
		.cut = cut,
	};

	f->ts += 1000;
	session_data(f->s, &data, f->ts);
}

static void put(struct fixture *f, const char *text)
{
	put_at(f, f->position[0], text, strlen(text), strlen(text), CUT_NONE);
	f->position[0] += strlen(text);
}

/* Ends the session and compares what came out; the memory must be back in the budget. */
static void finish(struct fixture *f, const char *expected)
{
	session_finish(f->s);
	session_free(f->s);
	buffer_append_char(&f->log, '\0');
	assert_string_equal(f->log.data, expected);
	assert_int_equal(f->budget.used, 0);
	buffer_free(&f->log);
}

static void test_frames(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put(&f, "1a2bb");
	put(&f, "3c");
	put(&f, "cc1d");
	finish(&f, "1a 2bb 3ccc 1d end ");
}

/* A frame's times are those of the events with its first and its last byte. */
static void test_times(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put(&f, "1a3c");
	put(&f, "c");
	put(&f, "c");
	assert_int_equal(f.first_ts, 1000);
	assert_int_equal(f.last_ts, 3000);
	finish(&f, "1a 3ccc end ");
}

static void test_late_and_repeated(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put_at(&f, 0, "1a", 2, 2, CUT_NONE);
	put_at(&f, 5, "1c", 2, 2, CUT_NONE);  /* early */
	put_at(&f, 0, "1a", 2, 2, CUT_NONE);  /* twice */
	put_at(&f, 1, "a2b", 3, 3, CUT_NONE); /* overlapping */
	put_at(&f, 4, "b", 1, 1, CUT_NONE);
	finish(&f, "1a 2bb 1c end ");
}

/* Bytes lost inside a frame of known length cost that frame alone. */
static void test_hole_inside(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put_at(&f, 0, "1a5bb", 5, 5, CUT_NONE);
	put_at(&f, 7, "b1c", 3, 3, CUT_NONE);
	session_finish(f.s);
	assert_int_equal(session_counts(f.s).lost_bytes, 2);
	finish(&f, "1a 5bb~ 1c end ");
}

static void test_hole_between(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put_at(&f, 0, "1a", 2, 2, CUT_NONE);
	put_at(&f, 10, "zz1c", 4, 4, CUT_NONE);
	finish(&f, "1a <lost 1c end ");
}

/* What the user's snap length cut off is no loss. */
static void test_snap_length(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put_at(&f, 0, "9aa", 10, 3, CUT_SNAPLEN);
	put_at(&f, 10, "1b", 2, 2, CUT_NONE);
	session_finish(f.s);
	assert_int_equal(session_counts(f.s).lost_bytes, 0);
	finish(&f, "9aa 1b end ");
}

static void test_bad(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put(&f, "1aX?1b");
	session_finish(f.s);
	assert_int_equal(session_counts(f.s).bad, 1);
	finish(&f, "1a <lost 1b end ");
}

static void test_end_inside_a_frame(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put(&f, "1a5bb");
	finish(&f, "1a 5bb~ end ");
}

/* The closing position tells what is missing at the end. */
static void test_lost_at_the_end(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put(&f, "1a");
	session_final(f.s, (const uint64_t[2]){12, 0}, 5000);
	session_finish(f.s);
	assert_int_equal(session_counts(f.s).lost_bytes, 10);
	finish(&f, "1a <lost end ");
}

/* After a switch the rest of the bytes goes to whatever comes next. */
static void test_switch(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	put(&f, "1a2SW1b");
	finish(&f, "1a 2SW end 1b end ");
}

/* However often it switches, accounts have an end; who comes again goes on with the first. */
static void test_many_switches(void **state)
{
	const struct spoken *spoken;
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	for (int i = 0; i < 15; i++)
		put(&f, "2SW");
	put(&f, "1a");
	assert_int_equal(session_spoken(f.s, &spoken), 16);
	assert_int_equal(spoken[0].bytes[DIRECTION_SENT], 3);
	assert_int_equal(spoken[15].bytes[DIRECTION_SENT], 2);
	put(&f, "2SW");
	put(&f, "1b");
	assert_int_equal(session_spoken(f.s, &spoken), 16);
	assert_int_equal(spoken[0].bytes[DIRECTION_SENT], 3 + 2);
	/* What follows a switch begins there, and not in the middle of something. */
	assert_false(session_midstream(f.s));
	session_finish(f.s);
	session_free(f.s);
	assert_int_equal(f.budget.used, 0);
	buffer_free(&f.log);
}

/* A frame that comes in a thousand pieces, almost as long as is kept. */
/* Without memory to go on, what was known stays, and what comes goes on in the middle. */
static void test_restart(void **state)
{
	const struct encryption told = {.version = span_text("TLS 1.3"),
					.sni = span_text("a.example")};
	const struct address client = {.family = ADDRESS_INET4, .ip = {192, 0, 2, 1}, .port = 5555};
	struct session_options options;
	const struct spoken *spoken;
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	options = options_of(&f);
	options.role = ROLE_UNKNOWN;
	options.midstream = true;
	options.start[0] = options.start[1] = SESSION_START_UNKNOWN;
	session_introduce(f.s, &client);
	session_encrypted(f.s, &told);
	put(&f, "1a3b");
	for (int i = 0; i < 2; i++) {
		f.s = session_restart(f.s, &options);
		assert_non_null(f.s);
		assert_int_equal(session_role(f.s), ROLE_CLIENT);
		assert_true(address_equal(session_client(f.s), &client));
		assert_true(span_is(session_encryption(f.s)->sni, "a.example"));
		assert_int_equal(session_spoken(f.s, &spoken), 1);
		assert_ptr_equal(spoken->protocol, &toy_protocol);
		assert_int_equal(spoken->bytes[DIRECTION_SENT], 4 + 2 * i);
		put(&f, "1c");
	}
	assert_int_equal(session_spoken(f.s, &spoken), 1);
	assert_int_equal(spoken->bytes[DIRECTION_SENT], 4 + 2 * 2);
	finish(&f, "1a 3b~ end 1c end 1c end ");
}

static void test_large_frame(void **state)
{
	static char part[65536];
	struct fixture f;

	(void)state;
	setup(&f, 16 << 20);
	memset(part, 'x', sizeof(part));
	put(&f, "L999");
	for (size_t sent = 0; sent < 999 * 1024; sent += 1024) {
		put_at(&f, f.position[0], part, 1024, 1024, CUT_NONE);
		f.position[0] += 1024;
	}
	put(&f, "1a");
	assert_int_equal(f.longest, 4 + 999 * 1024);
	finish(&f, "L999xxxxxxxxxxxxxxxxxxxxxxxxxxxx 1a end ");
}

/* Where the memory is used up, frames are cut, and the connection goes on. */
static void test_budget(void **state)
{
	static char part[4096];
	struct fixture f;

	(void)state;
	setup(&f, 64 << 10);
	memset(part, 'x', sizeof(part));
	put(&f, "L512");
	for (size_t sent = 0; sent < 512 * 1024; sent += sizeof(part)) {
		put_at(&f, f.position[0], part, sizeof(part), sizeof(part), CUT_NONE);
		f.position[0] += sizeof(part);
		assert_true(f.budget.used <= 160 << 10);
	}
	put(&f, "1a");
	session_finish(f.s);
	assert_int_equal(session_counts(f.s).capped, 1);
	assert_in_range(f.budget.refused, 1, 512 << 10);
	assert_true(f.longest < 128 << 10);
	finish(&f, "L512xxxxxxxxxxxxxxxxxxxxxxxxxxxx 1a end ");
}

/* What there is no room for counts, and not what is there: else a small recording lacks gigabytes.
 */
static void test_refused(void **state)
{
	struct budget b = {.limit = 5000};
	struct buffer kept = {0};

	(void)state;
	assert_non_null(buffer_reserve(&kept, 4000));
	kept.len = kept.capacity;
	for (int i = 0; i < 10; i++)
		assert_false(budget_allows(&b, &kept, 2000));
	assert_int_equal(b.refused, 10 * 2000);
	assert_int_equal(b.used, 0);
	b.limit = 2 * kept.capacity;
	assert_true(budget_allows(&b, &kept, kept.capacity));
	kept.len -= 2000;
	b.limit = 0;
	assert_true(budget_allows(&b, &kept, 2000));
	assert_int_equal(b.refused, 10 * 2000);
	buffer_free(&kept);
}

/* A frame that never ends and nothing that looks like one: neither memory nor time runs away. */
static void test_garbage(void **state)
{
	static char part[65536];
	struct fixture f;

	(void)state;
	setup(&f, 1 << 20);
	memset(part, 'X', sizeof(part));
	for (int i = 0; i < 100; i++) {
		put_at(&f, f.position[0], part, sizeof(part), sizeof(part), CUT_NONE);
		f.position[0] += sizeof(part);
		assert_true(f.budget.used <= 1 << 20);
	}
	/* What comes behind so much that wasn't understood may begin anywhere. */
	assert_true(session_midstream(f.s));
	session_free(f.s);
	buffer_free(&f.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_late_and_repeated),
		cmocka_unit_test(test_hole_inside),
		cmocka_unit_test(test_hole_between),
		cmocka_unit_test(test_snap_length),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_end_inside_a_frame),
		cmocka_unit_test(test_lost_at_the_end),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_many_switches),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_large_frame),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
