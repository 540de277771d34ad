/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/drain.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "record/clock.h"
#include "record/source.h"
#include "record/translate.h"

/* Bytes of records that are taken at once: some milliseconds of work. */
#define TURN_BYTES (8 << 20)

/* What is younger than this may not be the oldest yet. */
#define SETTLE_NS (CLOCK_SECOND / 1000)

/* Records of the ring that are kept at once, at most. */
#define RING_KEPT (1 << 20)

struct drain {
	const struct pool *pool;
	struct process_table *processes;
	struct drain_takers takers;
	struct ring_buffer *ring;
	uint8_t *ring_data;	/* records that came through the ring */
	struct source *sources; /* the ring's is the last one */
	int source_count;
	struct source **heap; /* those that have a record, the oldest one first */
	int heap_count;
	struct drain_totals totals;
};

static struct source *ring_source(const struct drain *drain)
{
	return &drain->sources[drain->source_count - 1];
}

static int ring_keep(void *context, void *data, size_t len)
{
	struct drain *drain = context;
	struct source *source = ring_source(drain);
	const struct kernel_record *record = data;

	if (len < sizeof(*record) || record->kind == KERNEL_WAKE)
		return 0;
	memcpy(drain->ring_data + source->len, data, len);
	source->len += (uint32_t)(len + 7) & ~7u;
	return source->len + sizeof(struct kernel_conn) > RING_KEPT ? -EAGAIN : 0;
}

/* Takes what came through the ring; it is little. */
static void ring_look(struct drain *drain)
{
	struct source *source = ring_source(drain);

	if (source->at < source->len)
		return;
	source->at = 0;
	source->len = 0;
	ring_buffer__consume(drain->ring);
}

static uint64_t oldest(struct source *source)
{
	return source_peek(source)->ts;
}

static void heap_sink(struct drain *drain, int at)
{
	struct source **heap = drain->heap;

	for (;;) {
		int least = at;

		for (int child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < drain->heap_count && oldest(heap[child]) < oldest(heap[least]))
				least = child;
		if (least == at)
			return;

		struct source *other = heap[at];

		heap[at] = heap[least];
		heap[least] = other;
		at = least;
	}
}

static void heap_fill(struct drain *drain)
{
	drain->heap_count = 0;
	for (int i = 0; i < drain->source_count; i++) {
		source_look(&drain->sources[i]);
		if (source_peek(&drain->sources[i]))
			drain->heap[drain->heap_count++] = &drain->sources[i];
	}
	for (int i = drain->heap_count / 2; i >= 0; i--)
		if (i < drain->heap_count)
			heap_sink(drain, i);
}

static void record_take(struct drain *drain, const struct kernel_record *record)
{
	struct process_gaps gaps;
	const struct drain_takers *to = &drain->takers;
	struct tls_secret secret;
	struct tls_sight sight;
	struct event event;

	if (translate_sight(record, record->len, &sight)) {
		to->sight(to->context, &sight);
		return;
	}
	if (translate_secret(record, record->len, &secret)) {
		to->secret(to->context, &secret);
		return;
	}
	if (!translate_record(record, record->len, &event, &gaps)) {
		drain->totals.malformed++;
		return;
	}
	if (event.type == EVENT_PROCESS)
		process_table_complete(drain->processes, &gaps, &event.process);
	if (event.type == EVENT_DATA) {
		drain->totals.data_events++;
		drain->totals.data_bytes += event.data.payload.len;
	}
	to->event(to->context, &event);
}

/* True when all records that are older than UNTIL were taken. */
static bool drain_until(struct drain *drain, int64_t until)
{
	size_t left = TURN_BYTES;

	ring_look(drain);
	heap_fill(drain);
	while (drain->heap_count > 0) {
		struct source *source = drain->heap[0];
		const struct kernel_record *record = source_peek(source);
		size_t len = record->len;

		if ((int64_t)record->ts > until)
			return true;
		record_take(drain, record);
		source_take(source, record);
		if (!source_peek(source))
			drain->heap[0] = drain->heap[--drain->heap_count];
		if (source->broken)
			drain->totals.malformed++;
		heap_sink(drain, 0);
		if (len >= left)
			return false;
		left -= len;
	}
	return true;
}

bool drain_some(struct drain *drain)
{
	bool all = drain_until(drain, clock_monotonic() - SETTLE_NS);

	if (all)
		pool_await(drain->pool);
	return all;
}

bool drain_rest(struct drain *drain)
{
	return drain_until(drain, INT64_MAX);
}

static bool sources_make(struct drain *drain, const struct pool *pool)
{
	drain->pool = pool;
	drain->source_count = pool->lanes_count + 1;
	drain->sources = calloc((size_t)drain->source_count, sizeof(*drain->sources));
	drain->heap = calloc((size_t)drain->source_count, sizeof(struct source *));
	drain->ring_data = malloc(RING_KEPT);
	if (!drain->sources || !drain->heap || !drain->ring_data)
		return false;
	for (int i = 0; i < pool->lanes_count; i++)
		drain->sources[i] = (struct source){
			.pool = pool,
			.lane = pool_lane(pool, i),
		};
	ring_source(drain)->data = drain->ring_data;
	drain->ring = ring_buffer__new(pool->ring, ring_keep, drain, NULL);
	return drain->ring;
}

struct drain *drain_new(const struct pool *pool, struct process_table *processes,
			const struct drain_takers *takers)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (!drain)
		return NULL;
	drain->processes = processes;
	drain->takers = *takers;
	if (!sources_make(drain, pool)) {
		drain_free(drain);
		return NULL;
	}
	return drain;
}

const struct drain_totals *drain_totals(const struct drain *drain)
{
	return &drain->totals;
}

void drain_free(struct drain *drain)
{
	if (!drain)
		return;
	ring_buffer__free(drain->ring);
	free(drain->ring_data);
	free(drain->sources);
	free(drain->heap);
	free(drain);
}
