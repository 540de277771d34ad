/* SPDX-License-Identifier: BSD-2-Clause */
/* Recordings of events with any values: an export ends, and stays of a size that makes sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/command/command.h"
#include "format/recording.h"
#include "tests/unit/tape_build.h"

#define ROUNDS 60
#define EVENTS 120

/* xorshift64*: the same recordings in every run. */
static uint64_t random_u64(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* Small, or at an edge, or anything. */
static uint64_t odd_number(uint64_t *state)
{
	static const uint64_t edges[] = {0,	     1,		INT32_MAX,  UINT32_MAX,
					 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX};
	uint64_t kind = random_u64(state) % 4;

	if (kind == 0)
		return random_u64(state);
	if (kind == 1)
		return edges[random_u64(state) % (sizeof(edges) / sizeof(*edges))];
	return random_u64(state) % 1000;
}

static struct address odd_address(uint64_t *state)
{
	static const enum address_family families[] = {ADDRESS_NONE, ADDRESS_UNIX, ADDRESS_INET4,
						       ADDRESS_INET6};
	struct address address = {
		.family = families[random_u64(state) % 4],
		.port = (uint16_t)odd_number(state),
	};

	if (random_u64(state) % 2)
		address.ip[random_u64(state) % 16] = (uint8_t)random_u64(state);
	return address;
}

static struct event odd_conn(uint64_t *state)
{
	return (struct event){
		.type = EVENT_CONN,
		.snapshot = random_u64(state) % 4 == 0,
		.conn = {.conn = 1 + random_u64(state) % 6,
			 .opened_ts = (int64_t)odd_number(state),
			 .local = odd_address(state),
			 .remote = odd_address(state),
			 .local_path = span_of("\0\xff/x", random_u64(state) % 4),
			 .netns = (uint32_t)(random_u64(state) % 2),
			 .pid = (uint32_t)(random_u64(state) % 3),
			 .transport = (enum transport)(random_u64(state) % 6),
			 .role = (enum role)(random_u64(state) % 3),
			 .origin = (enum conn_origin)(random_u64(state) % 3)},
	};
}

static struct event odd_data(uint64_t *state)
{
	static const char payload[2000];
	struct event event = {
		.type = EVENT_DATA,
		.data = {.conn = 1 + random_u64(state) % 6,
			 .offset = odd_number(state),
			 .payload = span_of(payload, random_u64(state) % sizeof(payload)),
			 .pid = (uint32_t)(random_u64(state) % 3),
			 .direction = (enum direction)(random_u64(state) % 2),
			 .layer = (enum layer)(random_u64(state) % 5 == 0),
			 .cut = (enum cut)(random_u64(state) % 6),
			 .peer = odd_address(state)},
	};

	event.data.len = event.data.payload.len;
	if (random_u64(state) % 4 == 0)
		event.data.len += odd_number(state) % (UINT64_MAX - event.data.len);
	return event;
}

static struct event odd_event(uint64_t *state)
{
	switch (random_u64(state) % 8) {
	case 0:
		return odd_conn(state);
	case 1:
		return (struct event){.type = EVENT_LOSS,
				      .loss = {.conn = random_u64(state) % 8,
					       .events = odd_number(state),
					       .bytes = odd_number(state)}};
	case 2:
		if (random_u64(state) % 2)
			return (struct event){.type = EVENT_SECRET,
					      .secret = {random_u64(state) % 8,
							 span_text("CLIENT_RANDOM 00 \x01")}};
		return (struct event){
			.type = EVENT_CLOSE,
			.close = {1 + random_u64(state) % 6, odd_number(state), odd_number(state)}};
	default:
		return odd_data(state);
	}
}

static void round_trip(const char *dir, const char *file, uint64_t seed, const char *option)
{
	struct tape_build tape;
	uint64_t state = seed;
	struct stat st;

	tape_build_begin(&tape, dir);
	for (int i = 0; i < EVENTS; i++) {
		struct event event = odd_event(&state);

		if (random_u64(&state) % 16 == 0)
			tape.ts = (int64_t)(odd_number(&state) / 2);
		/* What no file can hold, the writer refuses. */
		event.ts = tape.ts;
		tape.ts = (int64_t)((uint64_t)tape.ts + 1000) & INT64_MAX;
		(void)!recording_writer_event(tape.writer, &event);
	}
	tape_build_end(&tape);
	{
		char *argv[] = {(char *)"export", tape.path,	  (char *)"-q", (char *)"-o",
				(char *)file,	  (char *)option, NULL};

		optind = 0; /* of getopt(3): start over */
		assert_int_equal(export_command.run(option ? 6 : 5, argv), STATUS_DONE);
	}
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size < 16 << 20);
}

static void test_any_values(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		char *dir = scratch_new(), file[80];

		snprintf(file, sizeof(file), "%s/x.pcapng", dir);
		round_trip(dir, file, round * 7919, round % 2 ? NULL : "--both-ends");
		scratch_remove(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
