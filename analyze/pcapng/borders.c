/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/borders.h"

#include <stdlib.h>

/* Counting may begin anew inside of a segment, so that it has at most twice as many. */
#define MESSAGES_MAX 50

/* No segment is longer. */
#define SEGMENT_MAX 65536

void borders_event(struct borders *b, uint64_t position)
{
	b->event = position;
}

bool borders_message(struct borders *b, uint64_t position)
{
	if (position <= b->last)
		return true;
	/* The first that ends in the newest event: what came before is in other segments. */
	if (b->last <= b->event && position > b->event) {
		b->begin = b->event;
		b->messages = 0;
	}
	if (position - b->begin > SEGMENT_MAX) {
		b->begin = b->last;
		b->messages = 0;
	}
	b->last = position;
	if (++b->messages < MESSAGES_MAX)
		return true;
	b->begin = position;
	b->messages = 0;
	if (b->count == b->capacity) {
		size_t capacity = b->capacity ? b->capacity * 2 : 16;
		uint64_t *all = reallocarray(b->all, capacity, sizeof(*all));

		if (!all)
			return false;
		b->all = all;
		b->capacity = capacity;
	}
	b->all[b->count++] = position;
	return true;
}

void borders_free(struct borders *b)
{
	free(b->all);
	*b = (struct borders){0};
}
