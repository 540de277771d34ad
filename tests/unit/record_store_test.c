/* SPDX-License-Identifier: BSD-2-Clause */
/* From events to files by two threads: nothing is lost on the way, and what is is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "record/level.h"
#include "record/store.h"

#define PAYLOAD 1000

struct place {
	char path[64];
	struct recording_writer *writer;
	struct store *store;
	uint64_t next; /* number of the next event */
};

static void begin(struct place *place, uint64_t segment_len, const struct store_options *options)
{
	struct recording_writer_options with = {.path = place->path, .segment_len = segment_len};

	*place = (struct place){0};
	snprintf(place->path, sizeof(place->path), "/tmp/socktape-store-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	assert_int_equal(recording_writer_new(&with, &place->writer), TAPE_OK);
	place->store = store_new(place->writer, options);
	assert_non_null(place->store);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void end(struct place *place)
{
	store_free(place->store);
	recording_writer_free(place->writer);
	assert_int_equal(nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Bytes that don't compress, made once: giving must be faster than compressing them. */
static const char *noise_at(uint64_t number)
{
	static char noise[1 << 20];
	static bool made;
	uint32_t random = 1;

	for (size_t i = 0; !made && i < sizeof(noise); i++) {
		random = random * 1664525 + 1013904223;
		noise[i] = (char)(random >> 24);
	}
	made = true;
	return noise + number * 997 % (sizeof(noise) - PAYLOAD);
}

/* A kilobyte of them; each event has been cut by one byte more. */
static void give(struct place *place)
{
	struct event event = {.type = EVENT_DATA,
			      .ts = (int64_t)place->next,
			      .data = {.conn = 1,
				       .offset = place->next * (PAYLOAD + 1),
				       .len = PAYLOAD + 1,
				       .payload = span_of(noise_at(place->next), PAYLOAD),
				       .cut = CUT_PRESSURE}};

	store_event(place->store, &event);
	place->next++;
}

/* DATA events in the recording, whose positions follow each other. */
static uint64_t stored(const struct place *place)
{
	struct recording *rec;
	struct event event;
	uint64_t count = 0;

	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
	while (recording_next(rec, &event))
		if (event.type == EVENT_DATA)
			assert_int_equal(event.data.offset, count++ * (PAYLOAD + 1));
	assert_int_equal(recording_status(rec)->problems, 0);
	recording_free(rec);
	return count;
}

static void what_is_given_comes_back_in_order(void **state)
{
	const struct store_options options = {.backlog_len = 64 << 20};
	struct store_status status;
	struct place place;

	(void)state;
	begin(&place, 2000000, &options);
	give(&place); /* before there is a thread */
	assert_true(store_start(place.store));
	while (place.next < 20000) {
		give(&place);
		if (place.next % 3000 == 0)
			store_flush(place.store);
	}
	store_stop(place.store);
	status = store_status(place.store);
	assert_int_equal(status.error, TAPE_OK);
	assert_int_equal(status.given.events, 20000);
	assert_int_equal(status.written.stored_data_events, 20000);
	assert_int_equal(status.waiting, 0);
	assert_int_equal(store_unwritten(&status).events, 0);
	assert_int_equal(store_unwritten(&status).bytes, 0);
	assert_int_equal(recording_writer_finish(place.writer), TAPE_OK);
	assert_true(recording_writer_totals(place.writer).segments > 5);
	assert_int_equal(stored(&place), 20000);
	end(&place);
}

/* Compression that is slow fills the backlog to its limit and not beyond; all of it is written. */
static void a_backlog_takes_what_compression_can_not_follow(void **state)
{
	const struct store_options options = {.backlog_len = 8 << 20, .level = 19};
	struct store_status status;
	struct place place;
	bool room = true;

	(void)state;
	begin(&place, 0, &options);
	assert_true(store_start(place.store));
	while (room && place.next < 400000) {
		give(&place);
		room = store_has_room(place.store);
	}
	assert_false(room);
	status = store_status(place.store);
	assert_in_range(status.waiting_most, 8 << 20, 16 << 20);
	store_stop(place.store);
	status = store_status(place.store);
	assert_int_equal(status.waiting, 0);
	assert_int_equal(recording_writer_finish(place.writer), TAPE_OK);
	assert_int_equal(stored(&place), place.next);
	end(&place);
}

/* A smaller limit holds from then on; whatever it is, one block is always let in. */
static void a_limit_can_be_lowered(void **state)
{
	const struct store_options options = {.backlog_len = 64 << 20};
	struct store_status status;
	struct place place;

	(void)state;
	begin(&place, 0, &options); /* no thread: nothing leaves the backlog */
	assert_true(store_has_room(place.store));
	store_limit(place.store, 0);
	assert_true(store_has_room(place.store));
	while (place.next < 3000)
		give(&place);
	assert_false(store_has_room(place.store));
	store_limit(place.store, 32 << 20);
	assert_true(store_has_room(place.store));
	while (store_has_room(place.store))
		give(&place);
	store_limit(place.store, UINT64_MAX);
	while (store_has_room(place.store))
		give(&place);
	assert_in_range(store_status(place.store).waiting, 60 << 20, 66 << 20); /* as asked for */
	while (place.next < 200000) /* nobody looks at the limit: lost, and nothing worse */
		give(&place);
	status = store_status(place.store);
	assert_int_equal(status.error, TAPE_ERROR_MEMORY);
	assert_int_equal(status.given.events, 200000);
	end(&place);
}

static void what_can_not_be_written_is_counted(void **state)
{
	const struct store_options options = {.backlog_len = 64 << 20};
	struct rlimit saved;
	struct store_status status;
	struct place place;
	struct loss_sum lost;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){3 << 20, saved.rlim_max}), 0);
	begin(&place, 0, &options);
	assert_true(store_start(place.store));
	while (place.next < 10000)
		give(&place);
	store_stop(place.store);
	status = store_status(place.store);
	assert_int_equal(status.error, TAPE_ERROR_FILE_SIZE);
	lost = store_unwritten(&status);
	assert_in_range(lost.events, 1, 9000);
	assert_int_equal(status.written.stored_data_events + lost.events, 10000);
	assert_int_equal(status.written.stored_data_bytes +
				 status.written.stored_cut_bytes[CUT_PRESSURE] + lost.bytes,
			 10000 * (PAYLOAD + 1));
	assert_true(store_has_room(place.store)); /* nobody has to wait any more */
	assert_int_equal(recording_writer_last_words(place.writer, NULL, 0), TAPE_OK);
	assert_int_equal(stored(&place), status.written.stored_data_events);
	end(&place);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
}

static void what_breaks_a_rule_is_lost_and_nothing_else(void **state)
{
	const struct store_options options = {.backlog_len = 64 << 20};
	const struct event bad = {.type = EVENT_DATA, .data = {.conn = 0, .len = 5}};
	struct store_status status;
	struct place place;

	(void)state;
	begin(&place, 0, &options);
	assert_true(store_start(place.store));
	give(&place);
	store_event(place.store, &bad);
	give(&place);
	store_stop(place.store);
	status = store_status(place.store);
	assert_int_equal(status.error, TAPE_OK);
	assert_int_equal(status.refused, 1);
	assert_int_equal(store_unwritten(&status).events, 1);
	assert_int_equal(status.written.stored_data_events, 2);
	end(&place);
}

/* Waiting blocks in 1/16 of the backlog, and the level that follows. */
static void levels_follow_the_backlog(void **state)
{
	static const struct {
		uint64_t waiting;
		int level;
	} steps[] = {{0, 1},	 {1, 1},    {2, -5},  {3, -5},	{4, -20}, {7, -20}, {8, -100},
		     {16, -100}, {4, -100}, {3, -20}, {2, -20}, {1, -5},  {0, 1}};
	struct level_control control = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct level_situation now = {
			.waiting = steps[i].waiting << 20, .limit = 16 << 20, .compress_ns = 1000};

		assert_int_equal(level_choose(&control, &now), steps[i].level);
	}
}

/* Where the disk is what is slow, files that are larger only make it slower. */
static void levels_stay_where_the_disk_is_slow(void **state)
{
	struct level_control control = {0};
	struct level_situation now = {
		.waiting = 15 << 20, .limit = 16 << 20, .compress_ns = 1000, .write_ns = 100000};

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(level_choose(&control, &now), 1);
	now.write_ns = 10;
	for (int i = 0; i < 50; i++)
		(void)level_choose(&control, &now);
	assert_int_equal(level_choose(&control, &now), -100);
	now.limit = 0;
	assert_int_equal(level_choose(&control, &now), -100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_comes_back_in_order),
		cmocka_unit_test(a_backlog_takes_what_compression_can_not_follow),
		cmocka_unit_test(a_limit_can_be_lowered),
		cmocka_unit_test(what_can_not_be_written_is_counted),
		cmocka_unit_test(what_breaks_a_rule_is_lost_and_nothing_else),
		cmocka_unit_test(levels_follow_the_backlog),
		cmocka_unit_test(levels_stay_where_the_disk_is_slow),
	};

	return cmocka_run_group_tests_name("record store", tests, NULL, NULL);
}
