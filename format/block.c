/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/block.h"

#include <stdlib.h>

#include "format/codec.h"

/* An event that goes beyond the target doesn't make the buffer twice as large. */
#define RESERVE (BLOCK_TARGET + (192u << 10))

struct block_maker {
	struct encoder encoder;
	struct buffer spare; /* empty, with memory */
};

struct block_maker *block_maker_new(void)
{
	return calloc(1, sizeof(struct block_maker));
}

/* Memory for a block all at once, rather than by moving it again and again as it grows. */
static void prepare(struct block_maker *m)
{
	struct buffer *raw = &m->encoder.raw;

	if (raw->data)
		return;
	*raw = m->spare;
	m->spare = (struct buffer){0};
	if (raw->data)
		return;
	raw->data = malloc(RESERVE);
	raw->capacity = raw->data ? RESERVE : 0;
}

enum tape_error block_maker_event(struct block_maker *m, const struct event *event)
{
	enum tape_error error;

	prepare(m);
	error = encoder_event(&m->encoder, event);
	if (error == TAPE_ERROR_MEMORY)
		encoder_reset(&m->encoder);
	return error;
}

size_t block_maker_len(const struct block_maker *m)
{
	return m->encoder.raw.len;
}

size_t block_maker_count(const struct block_maker *m)
{
	return m->encoder.stats.event_count;
}

struct block *block_maker_take(struct block_maker *m)
{
	return m->encoder.raw.len ? encoder_take(&m->encoder) : NULL;
}

void block_maker_reuse(struct block_maker *m, struct block *block)
{
	buffer_free(&m->spare);
	m->spare = block->raw;
	buffer_clear(&m->spare);
	block->raw = (struct buffer){0};
	block_free(block);
}

void block_maker_free(struct block_maker *m)
{
	if (!m)
		return;
	encoder_free(&m->encoder);
	buffer_free(&m->spare);
	free(m);
}

size_t block_memory(const struct block *block)
{
	return sizeof(*block) + block->position_count * sizeof(block->positions[0]) +
	       block->raw.capacity;
}

void block_free(struct block *block)
{
	if (!block)
		return;
	buffer_free(&block->raw);
	free(block);
}
