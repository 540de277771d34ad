/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_BUDGET_H
#define SOCKTAPE_PROTOCOLS_ENGINE_BUDGET_H

#include <stdlib.h>

#include "format/buffer.h"

/*
 * The memory that a replay may hold, whatever its input: the one place that adds and subtracts.
 * Who keeps what input can make grow takes the bytes before and gives them back after. A budget of
 * NULL has no limit and counts nothing.
 */
struct budget {
	uint64_t limit;
	uint64_t used;
	uint64_t refused; /* bytes that were not kept because of the limit */
};

/* What the allocator adds to each piece of memory. */
#define BUDGET_OVERHEAD 16

/* Whether N more bytes would be given. */
static inline bool budget_has(const struct budget *b, uint64_t n)
{
	return !b || (n <= b->limit && b->used <= b->limit - n);
}

/* N more bytes. False, and counted as refused: they must not be kept. */
static inline bool budget_take(struct budget *b, uint64_t n)
{
	if (!b)
		return true;
	if (!budget_has(b, n)) {
		b->refused += n;
		return false;
	}
	b->used += n;
	return true;
}

static inline void budget_give(struct budget *b, uint64_t n)
{
	if (b)
		b->used -= n;
}

/* Gives up the oldest of what STATE keeps, as far as it came. False: it keeps nothing. */
typedef bool budget_give_up_fn(void *state);

/*
 * Room for SIZE bytes of a new entry, charged as budget_malloc() does: for want of it older ones
 * are given up, one by one. False: all were, and there is none.
 */
static inline bool budget_make_room(const struct budget *b, size_t size, budget_give_up_fn *give_up,
				    void *state)
{
	while (!budget_has(b, size + BUDGET_OVERHEAD))
		if (!give_up(state))
			return false;
	return true;
}

/* SIZE bytes, charged with what the allocator adds. NULL: refused, or there is no memory. */
static inline void *budget_malloc(struct budget *b, size_t size)
{
	void *p;

	if (!budget_take(b, size + BUDGET_OVERHEAD))
		return NULL;
	p = malloc(size);
	if (!p)
		budget_give(b, size + BUDGET_OVERHEAD);
	return p;
}

/* The same, of zero. (calloc() is slower for small ones: it has none of malloc()'s caches.) */
static inline void *budget_calloc(struct budget *b, size_t size)
{
	void *p = budget_malloc(b, size);

	return p ? memset(p, 0, size) : NULL;
}

/* Of both. */
static inline void budget_free(struct budget *b, void *p, size_t size)
{
	budget_give(b, size + BUDGET_OVERHEAD);
	free(p);
}

/* N bytes that are held already, and can't be refused: what a small, fixed state takes. */
static inline void budget_add(struct budget *b, uint64_t n)
{
	if (b)
		b->used += n;
}

/*
 * Whether BUFFER may grow by N bytes, if it has to; not yet taken. False: they are counted as
 * refused, and not what the buffer has, which would be copied.
 */
static inline bool budget_allows(struct budget *b, const struct buffer *buffer, size_t n)
{
	if (buffer->capacity - buffer->len >= n || budget_has(b, buffer->capacity + (uint64_t)n))
		return true;
	b->refused += n;
	return false;
}

/* Whether N more bytes may go into BUFFER, which holds MOST at most; refused only by the budget. */
static inline bool budget_has_room(struct budget *b, const struct buffer *buffer, size_t n,
				   size_t most)
{
	return buffer->len <= most && n <= most - buffer->len && budget_allows(b, buffer, n);
}

/* Makes *CHARGED N, of a state whose parts grow and shrink and are held in any case. */
static inline void budget_recharge(struct budget *b, uint64_t n, uint64_t *charged)
{
	if (b)
		b->used += n - *charged;
	*charged = n;
}

/* Makes *CHARGED what BUFFER's memory is now: after each change, and once it is freed. */
static inline void budget_settle(struct budget *b, const struct buffer *buffer, uint64_t *charged)
{
	if (!b || buffer->capacity == *charged)
		return;
	b->used += buffer->capacity - *charged;
	*charged = buffer->capacity;
}

#endif
