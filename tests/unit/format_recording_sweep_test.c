/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is written into recordings of many segments, and read of them in many ways: held by
 * tests/unit/format_recording_sweep.txt, as tests/unit/held.h says. Where the next segment begins
 * doesn't depend on how well a version of zstd compresses, as payload is noise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "format/recording.h"
#include "tests/unit/event_text.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"
#include "tests/unit/sample_events.h"
#include "tests/unit/tape_build.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void digest(struct buffer *out, const char *what, uint64_t which, struct buffer *text)
{
	assert_false(text->failed);
	buffer_printf(out, "%s %" PRIu64 " %016" PRIx64 "\n", what, which,
		      fnv_bytes(FNV_BEGIN, buffer_span(text)));
	buffer_clear(text);
}

#define START	 INT64_C(1000000000)
#define REALTIME INT64_C(1790000000000000000)

/* The sample's kinds, of few processes and connections, at intervals of STEP; data that isn't
 * compressed. */
static struct event vivid_event(uint64_t i, int64_t step)
{
	static char noise[1000];
	static uint32_t random;
	struct event e = sample_event(i);

	e.ts = START + (int64_t)i * step;
	e.snapshot = false;
	switch (e.type) {
	case EVENT_CLOCK:
		e.clock = (struct event_clock){REALTIME + (int64_t)i * step, (int64_t)i * step};
		break;
	case EVENT_PROCESS:
		e.process.pid = (uint32_t)(i / 15 % 5 + 1);
		break;
	case EVENT_PROCESS_EXIT:
		e.process_exit.pid = (uint32_t)(i / 15 % 7 + 1);
		break;
	case EVENT_CONN:
		e.conn.conn = i / 15 % 6 + 1;
		e.conn.pid = (uint32_t)(i / 15 % 4 + 1);
		break;
	case EVENT_CLOSE:
		e.close.conn = i / 15 % 11 + 1;
		break;
	case EVENT_STATE:
		e.state.conn = i / 15 % 6 + 1;
		break;
	case EVENT_TLS:
		e.tls.conn = i / 15 % 6 + 1;
		e.tls.pid = (uint32_t)(i / 15 % 4 + 1);
		break;
	case EVENT_LIBRARY:
		e.library.pid = (uint32_t)(i / 15 % 5 + 1);
		break;
	case EVENT_DATA:
		random = (uint32_t)i;
		for (size_t k = 0; k < sizeof(noise); k++) {
			random = random * 1664525 + 1013904223;
			noise[k] = (char)(random >> 24);
		}
		e.data.conn = i % 6 + 1;
		e.data.payload = span_of(noise, sizeof(noise));
		e.data.len = sizeof(noise) + i % 3;
		break;
	default:
		break;
	}
	return e;
}

static void make_recording(const char *dir, struct buffer *text, uint64_t segment_len,
			   uint64_t keep_len, int64_t step)
{
	const struct recording_writer_options options = {.path = dir,
							 .segment_len = segment_len,
							 .keep_len = keep_len,
							 .start_monotonic = START,
							 .start_realtime = REALTIME};
	struct recording_writer_totals totals;
	struct recording_writer *w;

	assert_int_equal(recording_writer_new(&options, &w), TAPE_OK);
	for (uint64_t i = 1; i <= 600; i++) {
		const struct event event = vivid_event(i, step);

		assert_int_equal(recording_writer_event(w, &event), TAPE_OK);
		if (i % 50 == 0)
			assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	totals = recording_writer_totals(w);
	buffer_printf(text,
		      "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		      totals.events, totals.data_events, totals.data_bytes, totals.stored_events,
		      totals.segments, totals.deleted_segments);
	recording_writer_free(w);
}

struct way {
	bool ahead;
	int64_t realtime; /* 0: all of it */
	unsigned wanted;  /* one block of so many; 0: all */
	unsigned asked;
	struct buffer *text;
};

static bool wants(void *context, const struct block_info *info)
{
	struct way *way = context;

	(void)info;
	return way->asked++ % way->wanted == 0;
}

static void count_problem(void *context, const char *path, const struct problem *problem)
{
	struct way *way = context;

	buffer_printf(way->text, "! %s %d %s\n", strrchr(path, '/'), (int)problem->error,
		      problem->what);
}

static void read_recording(const char *path, struct way *way)
{
	const struct recording_status *status;
	struct recording *rec;
	struct event event;
	enum tape_error error = recording_open(path, count_problem, way, &rec);

	if (error) {
		buffer_printf(way->text, "error %d\n", (int)error);
		return;
	}
	if (way->realtime || way->wanted)
		recording_restrict(rec, way->realtime, way->wanted ? wants : NULL, way);
	if (way->ahead)
		recording_read_ahead(rec);
	for (int again = 0; again < 2; again++) {
		while (recording_next(rec, &event)) {
			event_text(way->text, &event);
			buffer_printf(way->text, "%" PRId64 " %" PRIu64 "\n",
				      recording_realtime(rec, event.ts), recording_coming(rec));
		}
		status = recording_status(rec);
		buffer_printf(way->text, "= %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
			      status->segments, status->segment_count, status->passed_segments,
			      status->passed_blocks);
		buffer_printf(way->text, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n",
			      status->read_blocks, status->incomplete, status->problems,
			      status->first_segment,
			      status->bytes_total ? status->bytes_read == status->bytes_total : 2);
		if (recording_rewind(rec) != TAPE_OK)
			break;
	}
	recording_free(rec);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Each file alone, with its name, and then all: with one of them gone, and with one cut short. */
static void read_files(struct buffer *out, const char *dir, struct buffer *text)
{
	struct dirent **names;
	int count = scandir(dir, &names, NULL, by_name);
	char path[400];

	assert_true(count > 2);
	for (int i = 0; i < count; i++) {
		struct way way = {.text = text};

		if (names[i]->d_name[0] != '.') {
			buffer_printf(text, "%s\n", names[i]->d_name);
			snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
			read_recording(path, &way);
			digest(out, "file", (uint64_t)i, text);
			if (i == 3)
				assert_int_equal(truncate(path, 5000), 0);
			if (i == 4)
				assert_int_equal(unlink(path), 0);
		}
		free(names[i]);
	}
	free(names);
	for (int ahead = 0; ahead < 2; ahead++) {
		struct way way = {.text = text, .ahead = ahead};

		read_recording(dir, &way);
		digest(out, "damaged", (uint64_t)ahead, text);
	}
}

static void hold_recordings(struct buffer *out)
{
	static const struct {
		uint64_t segment_len, keep_len;
		int64_t step;
	} kinds[] = {{0, 0, 1000000},	      {70000, 0, 1000000},     {1, 0, 1000},
		     {70000, 0, 200000000},   {70000, 200000, 100000}, {1000000, 0, 120000000},
		     {200000, 1, 60000000000}};
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		char *scratch = scratch_new(), dir[80];

		snprintf(dir, sizeof(dir), "%s/rec", scratch);
		make_recording(dir, &text, kinds[i].segment_len, kinds[i].keep_len, kinds[i].step);
		digest(out, "totals", i, &text);
		for (unsigned k = 0; k < 40; k++) {
			struct way way = {.text = &text, .wanted = k % 4};

			way.ahead = k == 39;
			if (k > 3 && k < 39)
				way.realtime = REALTIME + 600 * kinds[i].step / 30 * (k - 4) +
					       (k % 3 == 0 ? 1000000000 : 0);
			read_recording(dir, &way);
			digest(out, "way", k, &text);
		}
		read_files(out, dir, &text);
		scratch_remove(scratch);
	}
	buffer_free(&text);
}

int main(void)
{
	static const struct held_section sections[] = {{"recordings", hold_recordings}};

	return held_run("format_recording_sweep", sections, COUNT(sections));
}
