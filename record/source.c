/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/source.h"

/*
 * Elsewhere than on x86 the mark may be seen before what was written before it. What it said when
 * it was looked at the last time, milliseconds ago, has arrived.
 */
#if defined(__x86_64__)
#define MARK_IS_ORDERED true
#else
#define MARK_IS_ORDERED false
#endif

void source_look(struct source *source)
{
	uint64_t now;

	if (!source->lane)
		return;
	now = __atomic_load_n(&source->lane->mark, __ATOMIC_ACQUIRE);
	source->mark = MARK_IS_ORDERED ? now : source->seen;
	source->seen = now;
}

static bool record_makes_sense(const struct kernel_record *record, uint32_t room)
{
	return room >= sizeof(*record) && record->len >= sizeof(*record) && record->len <= room;
}

static const struct kernel_record *data_peek(struct source *source)
{
	const struct kernel_record *record = (const struct kernel_record *)(source->data +
									    source->at);

	if (source->at >= source->len)
		return NULL;
	source->broken = !record_makes_sense(record, source->len - source->at);
	return source->broken ? NULL : record;
}

/* The lane went on in another chunk: this one is free again. */
static void source_turn(struct source *source, const struct kernel_next *next)
{
	uint32_t chunk = (uint32_t)next->next;

	pool_free_chunk(source->pool, source->chunk - 1);
	source->chunk = chunk + 1;
	source->at = 0;
}

static bool lane_at_mark(const struct source *source)
{
	return source->chunk == source->mark >> 32 && source->at >= (uint32_t)source->mark;
}

const struct kernel_record *source_peek(struct source *source)
{
	if (source->broken)
		return NULL;
	if (!source->lane)
		return data_peek(source);
	if (source->mark == 0)
		return NULL;
	if (source->chunk == 0)
		source->chunk = source->lane->first + 1;
	while (!lane_at_mark(source)) {
		const struct kernel_record *record =
			(const struct kernel_record *)(pool_chunk(source->pool, source->chunk - 1) +
						       source->at);

		source->broken = !record_makes_sense(record,
						     source->pool->shape.chunk_bytes - source->at);
		if (source->broken)
			return NULL;
		if (record->kind != KERNEL_NEXT)
			return record;
		source_turn(source, (const struct kernel_next *)record);
	}
	return NULL;
}

void source_take(struct source *source, const struct kernel_record *record)
{
	source->at += (record->len + 7) & ~7u;
}
