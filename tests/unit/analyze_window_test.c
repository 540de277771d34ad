/* SPDX-License-Identifier: BSD-2-Clause */
/* A selected result is the rows that match of the whole result, however little of it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analyze/replay/record.h"
#include "analyze/replay/rows.h"
#include "format/recording.h"
#include "tests/unit/tape_build.h"

#define SECOND 1000000000ll
#define START  TAPE_BUILD_REALTIME

/* Ten minutes; a block each second, a segment each few. */
#define SECONDS 600

struct tape {
	char *dir;
	char path[80];
	struct recording_writer *w;
	int64_t ts;
	uint64_t positions[2][20000];
};

static void write_event(struct tape *t, struct event event)
{
	event.ts = t->ts;
	t->ts += 1000;
	assert_int_equal(recording_writer_event(t->w, &event), TAPE_OK);
}

static void write_conn(struct tape *t, uint64_t id, uint32_t pid, const char *local,
		       const char *remote)
{
	write_event(t, (struct event){.type = EVENT_CONN,
				      .conn = {.conn = id,
					       .opened_ts = t->ts,
					       .netns = 1,
					       .pid = pid,
					       .fd = 3,
					       .transport = TRANSPORT_TCP,
					       .origin = ORIGIN_OPENED,
					       .local = tape_build_address(local),
					       .remote = tape_build_address(remote)}});
}

static void write_text(struct tape *t, uint64_t conn, uint32_t pid, enum direction direction,
		       const char *text)
{
	uint64_t *position = &t->positions[direction][conn];

	write_event(t, (struct event){.type = EVENT_DATA,
				      .data = {.conn = conn,
					       .offset = *position,
					       .len = strlen(text),
					       .payload = span_text(text),
					       .pid = pid,
					       .fd = 3,
					       .direction = direction}});
	*position += strlen(text);
}

/* One exchange, as the process at each end sees it; the answer takes NS. */
static void exchange_by(struct tape *t, const uint32_t pids[2], uint64_t client, uint64_t server,
			int number, int64_t ns)
{
	char request[64], reply[32];

	snprintf(request, sizeof(request), "*2\r\n$3\r\nGET\r\n$6\r\nk%05d\r\n", number);
	snprintf(reply, sizeof(reply), "$6\r\nv%05d\r\n", number);
	write_text(t, client, pids[0], DIRECTION_SENT, request);
	write_text(t, server, pids[1], DIRECTION_RECEIVED, request);
	t->ts += ns;
	write_text(t, server, pids[1], DIRECTION_SENT, reply);
	write_text(t, client, pids[0], DIRECTION_RECEIVED, reply);
}

static void exchange(struct tape *t, uint64_t client, uint64_t server, int number, int64_t ns)
{
	exchange_by(t, (const uint32_t[]){101, 102}, client, server, number, ns);
}

static void write_process(struct tape *t, uint32_t pid, const char *name, const char *container)
{
	write_event(t, (struct event){.type = EVENT_PROCESS,
				      .process = {.pid = pid,
						  .name = span_text(name),
						  .container = span_text(container)}});
}

static int make_tape(void **state)
{
	struct tape *t = calloc(1, sizeof(*t));
	struct recording_writer_options options = {
		.segment_len = 20000, .level = 1, .start_realtime = START};

	assert_non_null(t);
	t->dir = scratch_new();
	snprintf(t->path, sizeof(t->path), "%s/rec", t->dir);
	options.path = t->path;
	assert_int_equal(recording_writer_new(&options, &t->w), TAPE_OK);
	write_event(t, (struct event){.type = EVENT_CLOCK, .clock = {.realtime = START}});
	write_process(t, 101, "asker", "");
	write_process(t, 102, "answerer", "");
	write_process(t, 103, "rare", "c0ffee11");
	write_process(t, 104, "answers rarely", "");
	write_process(t, 105, "inherits", "");
	/* One pair lives through it all; another one comes and goes each twenty seconds. */
	write_conn(t, 1, 101, "127.0.0.1:40001", "127.0.0.1:6379");
	write_conn(t, 2, 102, "127.0.0.1:6379", "127.0.0.1:40001");
	/* And one that is silent most of the time. */
	write_conn(t, 5, 101, "127.0.0.1:40005", "127.0.0.1:6379");
	write_conn(t, 6, 102, "127.0.0.1:6379", "127.0.0.1:40005");
	/* Those of other processes; the connections go over to another one in the middle. */
	write_conn(t, 7, 103, "127.0.0.1:40007", "127.0.0.1:6379");
	write_conn(t, 8, 104, "127.0.0.1:6379", "127.0.0.1:40007");
	for (int second = 1; second < SECONDS; second++) {
		uint64_t id = 101 + (uint64_t)(second / 20) * 2;
		char local[32];

		t->ts = second * SECOND;
		if (second % 20 == 0) {
			snprintf(local, sizeof(local), "127.0.0.1:%d", 41000 + second);
			write_conn(t, id, 101, local, "127.0.0.1:6379");
			write_conn(t, id + 1, 102, "127.0.0.1:6379", local);
		}
		assert_int_equal(recording_writer_flush(t->w), TAPE_OK);
		for (int i = 0; i < 20; i++)
			exchange(t, 1, 2, second * 20 + i, 1000);
		if (second == 2 || second == 400)
			exchange(t, 5, 6, second, 3000);
		if (second % 100 == 30)
			exchange_by(t, (const uint32_t[]){second < 300 ? 103 : 105, 104}, 7, 8,
				    second, 3000);
		if (second >= 20)
			exchange(t, id, id + 1, second, second % 50 ? 2000 : 900000000);
	}
	assert_int_equal(recording_writer_finish(t->w), TAPE_OK);
	recording_writer_free(t->w);
	*state = t;
	return 0;
}

/* ---- an hour ---- */

#define HOUR	  3600
#define HOUR_CONN 1000

static void write_close(struct tape *t, uint64_t conn)
{
	write_event(t,
		    (struct event){.type = EVENT_CLOSE,
				   .close = {.conn = conn,
					     .sent = t->positions[DIRECTION_SENT][conn],
					     .received = t->positions[DIRECTION_RECEIVED][conn]}});
}

/* A segment, a block each second; one pair of connections lasts, and each second has two more. */
static int make_hour(void **state)
{
	struct tape *t = calloc(1, sizeof(*t));
	struct recording_writer_options options = {
		.segment_len = 1u << 30, .level = 1, .start_realtime = START};

	assert_non_null(t);
	t->dir = scratch_new();
	snprintf(t->path, sizeof(t->path), "%s/rec", t->dir);
	options.path = t->path;
	assert_int_equal(recording_writer_new(&options, &t->w), TAPE_OK);
	write_event(t, (struct event){.type = EVENT_CLOCK, .clock = {.realtime = START}});
	write_process(t, 101, "asker", "");
	write_process(t, 102, "answerer", "");
	write_conn(t, 1, 101, "127.0.0.1:40001", "127.0.0.1:6379");
	write_conn(t, 2, 102, "127.0.0.1:6379", "127.0.0.1:40001");
	for (int second = 1; second < HOUR; second++) {
		t->ts = second * SECOND;
		assert_int_equal(recording_writer_flush(t->w), TAPE_OK);
		for (uint64_t i = 0; i < 4; i += 2) {
			uint64_t id = HOUR_CONN + (uint64_t)second * 4 + i;
			char local[32];

			snprintf(local, sizeof(local), "127.0.0.1:%d",
				 10000 + (second * 2 + (int)i / 2) % 20000);
			write_conn(t, id, 101, local, "127.0.0.1:6379");
			write_conn(t, id + 1, 102, "127.0.0.1:6379", local);
			for (int k = 0; k < 20; k++)
				exchange(t, id, id + 1, second, 1000);
			write_close(t, id);
			write_close(t, id + 1);
			exchange(t, 1, 2, second, 1000);
		}
	}
	assert_int_equal(recording_writer_finish(t->w), TAPE_OK);
	recording_writer_free(t->w);
	*state = t;
	return 0;
}

static int drop_tape(void **state)
{
	struct tape *t = *state;

	scratch_remove(t->dir);
	free(t);
	return 0;
}

/* What was not read because of a selection. */
struct left_out {
	uint64_t segments;
	uint64_t blocks;
	uint64_t read;	   /* blocks that were */
	uint64_t all;	   /* that there are */
	uint64_t doubtful; /* rows that say that they may differ */
};

static bool is_doubtful(const struct row *row)
{
	const char *words[] = {"before --since", "after --until"};

	for (size_t i = 0; i < 2; i++)
		if (memmem(row->note.data, row->note.len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* The rows that S selects, one a line; READ tells the replay of it, too. */
static void rows_of(const struct tape *t, struct selection *s, bool read, struct buffer *lines,
		    struct left_out *out)
{
	const struct replay_options options = {.selection = read ? s : NULL, .window = read};
	struct output *o = output_new_into(OUTPUT_JSON, lines);
	struct rows *rows;
	struct row *row;

	assert_int_equal(rows_open(t->path, &options, &rows), TAPE_OK);
	while ((row = rows_next(rows)) != NULL) {
		if (!row_is_selected(row, s))
			continue;
		if (is_doubtful(row))
			out->doubtful++;
		record_print_json(o, row);
	}
	assert_int_equal(rows_error(rows), TAPE_OK);
	out->segments = replay_status(rows_replay(rows))->passed_segments;
	out->blocks = replay_status(rows_replay(rows))->passed_blocks;
	out->read = replay_status(rows_replay(rows))->read_blocks;
	rows_close(rows);
	assert_true(output_free(o));
}

/* The id stands in a line; a doubtful line is left out of the comparison. */
static struct left_out compare(const struct tape *t, struct selection *s)
{
	struct buffer whole = {0}, part = {0};
	struct left_out all = {0}, some = {0};
	size_t a = 0, b = 0, lines = 0;

	rows_of(t, s, false, &whole, &all);
	rows_of(t, s, true, &part, &some);
	assert_int_equal(all.doubtful, 0);
	while (a < whole.len && b < part.len) {
		size_t x = (size_t)((char *)memchr(whole.data + a, '\n', whole.len - a) -
				    (whole.data + a));
		size_t y = (size_t)((char *)memchr(part.data + b, '\n', part.len - b) -
				    (part.data + b));
		bool doubtful = memmem(part.data + b, y, "before --since", 14) ||
				memmem(part.data + b, y, "after --until", 13);

		lines++;
		if (!doubtful) {
			assert_int_equal(x, y);
			assert_memory_equal(whole.data + a, part.data + b, x);
		}
		a += x + 1;
		b += y + 1;
	}
	assert_true(a == whole.len && b == part.len && lines > 0);
	buffer_free(&whole);
	buffer_free(&part);
	some.all = all.read;
	return some;
}

static struct selection select_one(enum selection_kind kind, const char *value)
{
	struct selection s = {0};

	assert_true(selection_add(&s, kind, value));
	return s;
}

static void test_every_kind(void **state)
{
	static const struct {
		enum selection_kind kind;
		const char *value;
	} cases[] = {
		{SELECT_CONN, "1"},	 {SELECT_CONN, "2"},	    {SELECT_CONN, "103"},
		{SELECT_PID, "101"},	 {SELECT_NAME, "answerer"}, {SELECT_PROTOCOL, "redis"},
		{SELECT_ROLE, "server"}, {SELECT_OUTCOME, "ok"},    {SELECT_RECORD, "1.0"},
		{SELECT_PID, "103"},	 {SELECT_NAME, "rare"},	    {SELECT_CONTAINER, "c0ffee"},
		{SELECT_PID, "105"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct selection s = select_one(cases[i].kind, cases[i].value);

		compare(*state, &s);
		selection_free(&s);
	}
}

/* In the middle of ten minutes: most of it is not read at all. */
static void test_time(void **state)
{
	static const int windows[][2] = {{300, 302}, {0, 30}, {590, 0}, {250, 251}, {61, 130}};

	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		struct selection s = {0};
		struct left_out out;

		s.since = windows[i][0] ? START + windows[i][0] * SECOND : 0;
		s.until = windows[i][1] ? START + windows[i][1] * SECOND : 0;
		out = compare(*state, &s);
		assert_true(windows[i][0] < 100 || out.segments > 0);
		/* The old connection's first exchange was a minute before: it is settled. */
		assert_int_equal(out.doubtful, 0);
	}
}

/* One second of an hour: no more than two of a hundred blocks, and the minute before. */
static void test_a_second_of_an_hour(void **state)
{
	static const int seconds[] = {200, 1801, 3000, 3590};

	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		struct selection s = {
			.since = START + seconds[i] * SECOND,
			.until = START + (seconds[i] + 1) * SECOND,
		};
		struct left_out out = compare(*state, &s);

		assert_true(out.all >= HOUR);
		assert_in_range(out.read, 1, out.all * 2 / 100 + out.all / 60);
		assert_int_equal(out.doubtful, 0);
	}
}

/* What was not seen from its beginning, and not for the minute before either, says so. */
static void test_doubts(void **state)
{
	struct selection s = {.since = START + 399 * SECOND, .until = START + 402 * SECOND};

	assert_int_equal(compare(*state, &s).doubtful, 2);
}

/* Of a connection that says little only its own blocks, and those of its other end. */
static void test_blocks_are_passed(void **state)
{
	struct selection s = select_one(SELECT_CONN, "141");
	struct left_out out = compare(*state, &s);

	assert_true(out.blocks > 500);
	selection_free(&s);
}

/* The same of a process, whatever names it; and where it changes, what it inherits is read whole.
 */
static void test_processes_pass_blocks(void **state)
{
	static const struct {
		enum selection_kind kind;
		const char *value;
	} cases[] = {
		{SELECT_PID, "103"},	      {SELECT_PID, "105"},	 {SELECT_NAME, "rare"},
		{SELECT_CONTAINER, "c0ffee"}, {SELECT_NAME, "inherits"},
	};
	struct selection busy = select_one(SELECT_PID, "101");

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct selection s = select_one(cases[i].kind, cases[i].value);

		assert_true(compare(*state, &s).blocks > 500);
		selection_free(&s);
	}
	/* One that most blocks name: all are read, and by as many threads as there are. */
	assert_int_equal(compare(*state, &busy).blocks, 0);
	selection_free(&busy);
}

/* Of a process that isn't there nothing is shown, and all is read, to tell which are. */
static void test_process_that_is_missing(void **state)
{
	struct selection s = select_one(SELECT_PID, "4242");
	struct buffer lines = {0};
	struct left_out out = {0};

	rows_of(*state, &s, true, &lines, &out);
	assert_int_equal(lines.len, 0);
	assert_int_equal(out.blocks, 0);
	assert_true(selection_explain(&s, &lines));
	assert_non_null(memmem(lines.data, lines.len, "101", 3));
	buffer_free(&lines);
	selection_free(&s);
}

static void test_together(void **state)
{
	struct selection s = select_one(SELECT_CONN, "141");

	assert_true(selection_add(&s, SELECT_CONN, "142"));
	assert_true(selection_add(&s, SELECT_ROLE, "server"));
	s.since = START + 405 * SECOND;
	compare(*state, &s);
	selection_free(&s);
}

/* What comes out is the same, however many threads work on it. */
static void test_threads(void **state)
{
	const struct tape *t = *state;
	struct buffer lines[2] = {{0}, {0}};

	for (unsigned i = 0; i < 2; i++) {
		const struct replay_options options = {.threads = i + 1};
		struct output *o = output_new_into(OUTPUT_JSON, &lines[i]);
		struct rows *rows;
		struct row *row;

		assert_int_equal(rows_open(t->path, &options, &rows), TAPE_OK);
		while ((row = rows_next(rows)) != NULL)
			record_print_json(o, row);
		assert_int_equal(rows_error(rows), TAPE_OK);
		assert_true(replay_status(rows_replay(rows))->segments > 10);
		rows_close(rows);
		assert_true(output_free(o));
	}
	assert_true(lines[0].len > 100000 &&
		    span_equal(buffer_span(&lines[0]), buffer_span(&lines[1])));
	buffer_free(&lines[0]);
	buffer_free(&lines[1]);
}

/* Who has enough stops, wherever the other threads are. */
static void test_stop(void **state)
{
	const struct replay_options options = {.threads = 2};
	const struct tape *t = *state;

	for (int count = 0; count < 40; count += 13) {
		struct rows *rows;

		assert_int_equal(rows_open(t->path, &options, &rows), TAPE_OK);
		for (int i = 0; i < count; i++)
			assert_non_null(rows_next(rows));
		rows_stop(rows);
		assert_true(replay_status(rows_replay(rows))->error == TAPE_OK);
		rows_close(rows);
	}
}

/* Wherever it is that a replay ends: each ends with its connections, once. */
static void test_end_anywhere(void **state)
{
	const struct replay_options options = {.resolve = true};
	const struct tape *t = *state;

	for (int count = 0; count < 200; count++) {
		struct replay *replay;

		assert_int_equal(replay_new(t->path, &options, &replay), TAPE_OK);
		for (int i = 0; i < count; i++)
			assert_true(replay_step(replay));
		assert_int_equal(replay_end(replay), TAPE_OK);
		replay_free(replay);
	}
}

int main(void)
{
	const struct CMUnitTest hour[] = {
		cmocka_unit_test(test_a_second_of_an_hour),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_doubts),
		cmocka_unit_test(test_blocks_are_passed),
		cmocka_unit_test(test_processes_pass_blocks),
		cmocka_unit_test(test_process_that_is_missing),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_end_anywhere),
	};

	int failed = cmocka_run_group_tests_name("window", tests, make_tape, drop_tape);

	return failed + cmocka_run_group_tests_name("an hour", hour, make_hour, drop_tape);
}
