/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool that kernel programs and the recorder share: its shapes, what is read of a lane whose
 * records end anywhere or make no sense, and which connections are told to be tied. Held by
 * tests/unit/record_lanes_sweep.txt as in record_sweep_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "record/pool.h"
#include "record/source.h"
#include "tests/unit/held.h"

static void hold_shapes(struct buffer *out)
{
	for (int lanes = 1; lanes <= 256; lanes *= 2)
		for (unsigned bits = 17; bits < 31; bits++)
			for (int by = -1; by < 2; by++) {
				struct pool_shape s = pool_shape(
					(UINT64_C(1) << bits) + (uint64_t)by, lanes);

				buffer_printf(out, "%d %u%+d: %u %u\n", lanes, bits, by,
					      s.chunk_bytes, s.slabs);
			}
}

/* A pool of two slabs, and one lane. */
struct tank {
	struct pool pool;
	struct kernel_control *control;
	struct kernel_lane lane;
	uint8_t *memory;
};

static void tank_begin(struct tank *t, uint32_t chunk_bytes)
{
	size_t slab = (size_t)chunk_bytes * KERNEL_SLAB_CHUNKS + KERNEL_SLAB_MARGIN;

	*t = (struct tank){.control = calloc(1, sizeof(*t->control)), .memory = calloc(2, slab)};
	assert_true(t->control && t->memory);
	t->pool = (struct pool){.shape = {chunk_bytes, 2},
				.lanes_count = 1,
				.free_chunks = -1,
				.memory = t->memory,
				.control = t->control};
}

static void tank_end(struct tank *t)
{
	free(t->control);
	free(t->memory);
}

static void put(const struct tank *t, uint32_t chunk, uint32_t at, uint32_t len, uint16_t kind,
		uint64_t next)
{
	const struct kernel_next record = {{.ts = at, .len = len, .kind = kind}, next};

	memcpy((uint8_t *)pool_chunk(&t->pool, chunk) + at, &record, sizeof(record));
}

/* All that comes out. */
static void empty(struct source *s, const struct tank *t, struct buffer *out)
{
	const struct kernel_record *record;

	source_look(s);
	while ((record = source_peek(s)) != NULL) {
		buffer_printf(out, " %" PRIu64 "+%u", (uint64_t)record->ts, record->len);
		source_take(s, record);
	}
	buffer_printf(out, " | chunk %u at %u freed %u%s\n", s->chunk, s->at, t->control->freed,
		      s->broken ? " broken" : "");
}

/* Records of LEN bytes, and the mark at the end of the last, or not quite there. */
static void hold_lane(uint32_t len, int32_t short_of, struct buffer *out)
{
	struct tank t;
	struct source s;
	uint32_t at = 0, step = (len + 7) & ~7u;

	tank_begin(&t, 4096);
	s = (struct source){.pool = &t.pool, .lane = &t.lane};
	buffer_printf(out, "%u %d:", len, short_of);
	empty(&s, &t, out);
	t.lane.first = 3;
	for (uint32_t chunk = 3; chunk < 16; chunk += 6) {
		for (at = 0; at + step + sizeof(struct kernel_next) <= 300; at += step)
			put(&t, chunk, at, len, KERNEL_EXIT, 0);
		if (chunk < 15) {
			put(&t, chunk, at, sizeof(struct kernel_next), KERNEL_NEXT, chunk + 6);
			at = 0;
		}
	}
	t.lane.mark = UINT64_C(16) << 32 | (uint32_t)((int32_t)at - short_of);
	empty(&s, &t, out);
	t.lane.mark = UINT64_C(16) << 32 | at;
	empty(&s, &t, out);
	tank_end(&t);
}

/* The last record of a chunk, which may be longer than what is left of it. */
static void hold_end(uint32_t left, uint32_t len, struct buffer *out)
{
	struct tank t;
	struct source s;

	tank_begin(&t, 1024);
	s = (struct source){.pool = &t.pool, .lane = &t.lane};
	put(&t, 0, 0, 1024 - left, KERNEL_EXIT, 0);
	put(&t, 0, 1024 - left, len, KERNEL_EXIT, 0);
	t.lane.mark = UINT64_C(1) << 32 | 1024;
	buffer_printf(out, "left %u, %u:", left, len);
	empty(&s, &t, out);
	/* The same where they lie in memory of the drain's own. */
	s = (struct source){.data = t.memory, .len = 1024};
	empty(&s, &t, out);
	tank_end(&t);
}

static void hold_lanes(struct buffer *out)
{
	for (uint32_t len = 16; len < 64; len += 3)
		for (int32_t short_of = 0; short_of < 20; short_of += 4)
			hold_lane(len, short_of, out);
	for (uint32_t left = 8; left <= 40; left += 8)
		for (uint32_t len = 0; len <= 48; len += 4)
			hold_end(left, len, out);
}

static void hold_ties(struct buffer *out)
{
	struct tank t;

	tank_begin(&t, 1024);
	for (uint64_t i = 0; i < 48; i++) {
		uint64_t conn = 5 + i * 7 % 3 * KERNEL_TIES;

		pool_tie(&t.pool, conn, i / 3 % 2 ? DIRECTION_SENT : DIRECTION_RECEIVED, i % 5 < 2);
		buffer_printf(out, " %" PRIx64, (uint64_t)t.control->ties[5]);
	}
	buffer_append_text(out, "\n");
	tank_end(&t);
}

static const struct held_section sections[] = {
	{"shapes", hold_shapes},
	{"lanes", hold_lanes},
	{"ties", hold_ties},
};

int main(void)
{
	return held_run("record_lanes_sweep", sections, sizeof(sections) / sizeof(sections[0]));
}
