/* SPDX-License-Identifier: BSD-2-Clause */
/* The ends of connections that rows refer to, as chunks come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analyze/replay/row.h"
#include "protocols/engine/session.h"

/* Connections that are so far apart take each other's place with the writer. */
#define APART  8192
#define CHUNKS 8

struct chunks {
	struct row_chunk *list[CHUNKS];
	size_t count;
};

static void take(void *context, struct row_chunk *chunk)
{
	struct chunks *chunks = context;

	assert_true(chunks->count < CHUNKS);
	chunks->list[chunks->count++] = chunk;
}

static void write_row(struct row_writer *w, struct replay *replay, uint64_t conn)
{
	static const struct table table = {.name = "nothing"};
	const struct session_options options = {.transport = TRANSPORT_TCP};
	const struct connection c = {.id = conn, .local_text = "here", .remote_text = "there"};
	const struct record record = {.table = &table,
				      .request_first = TIME_UNKNOWN,
				      .request_last = TIME_UNKNOWN,
				      .response_first = TIME_UNKNOWN,
				      .response_last = TIME_UNKNOWN};
	struct session *s = session_new(&options);

	assert_non_null(s);
	assert_true(row_write(w, replay, &c, s, &record));
	session_free(s);
}

static void check(struct row_chunk *chunk, uint64_t conn)
{
	struct row *row = row_chunk_next(chunk, NULL);

	assert_int_equal(row->end->conn, conn);
	assert_string_equal(row->end->remote_text, "there");
}

/* Chunks that refer to two ends, now the one and now the other; DROPPED while the writer lives. */
static void write_in_turns(size_t dropped, bool backwards)
{
	const struct replay_options options = {0};
	struct replay *replay = replay_new_fed(&options);
	struct chunks chunks = {0};
	struct row_writer *w = row_writer_new(take, &chunks);

	assert_non_null(replay);
	assert_non_null(w);
	for (size_t i = 0; i < CHUNKS; i++) {
		write_row(w, replay, 1 + i / 2 % 2 * APART);
		write_row(w, replay, 2);
		row_writer_flush(w);
	}
	for (size_t i = 0; i < CHUNKS; i++) {
		size_t at = backwards ? CHUNKS - 1 - i : i;

		if (i == dropped)
			row_writer_free(w);
		check(chunks.list[at], 1 + at / 2 % 2 * APART);
		row_chunk_drop(chunks.list[at]);
	}
	if (dropped == CHUNKS)
		row_writer_free(w);
	replay_free(replay);
}

/* An end lives as long as the last chunk that refers to it. The sanitizer tells if it lives on. */
static void test_in_turns(void **state)
{
	(void)state;
	for (size_t dropped = 0; dropped <= CHUNKS; dropped++) {
		write_in_turns(dropped, false);
		write_in_turns(dropped, true);
	}
}

/* The writer goes with a chunk that it has begun. */
static void test_begun(void **state)
{
	const struct replay_options options = {0};
	struct replay *replay = replay_new_fed(&options);
	struct chunks chunks = {0};
	struct row_writer *w = row_writer_new(take, &chunks);

	(void)state;
	assert_non_null(w);
	write_row(w, replay, 1);
	row_writer_flush(w);
	write_row(w, replay, 1);
	write_row(w, replay, 1 + APART);
	row_writer_fetch(w, 1);
	row_writer_free(w);
	check(chunks.list[0], 1);
	row_chunk_drop(chunks.list[0]);
	assert_int_equal(chunks.count, 1);
	replay_free(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_turns),
		cmocka_unit_test(test_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
