/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/order.h"

#include <stdlib.h>

#include "analyze/replay/counterpart.h"
#include "format/prefetch.h"

/* Twice the rows that are held, so that a chunk fits in on top; a power of two. */
#define RING (ORDER_ROWS * 2)

/* A row that came may be moved so far ahead in the ring; else it goes to the heap. */
#define MOVED_MAX 64

/* So many rows ahead of the one that comes out, so much of a row is asked for. */
#define AHEAD	4
#define FETCHED 2048

/* So many ahead, when the row is there, the end that it names; and then what that is printed as. */
#define END_AHEAD	2
#define MEMBERS_AHEAD	1
#define MEMBERS_FETCHED 192

struct held {
	int64_t begin;
	uint64_t number; /* of arrival: rows that began together stay in that order */
	struct row *row;
	size_t len; /* of it: what it says itself may have left the caches */
};

/*
 * Most rows come nearly in order: those stand in a ring. The stragglers stand in a heap. The next
 * one is at the head of the one or of the other.
 */
struct order {
	struct held *ring; /* ascending; RING of them */
	size_t first;
	size_t ring_count;
	struct held *heap; /* the earliest on top */
	size_t heap_count;
	size_t heap_room;
	uint64_t numbers;
	size_t bytes;
	size_t bytes_max;
	int64_t now;  /* latest completion seen */
	int64_t last; /* beginning of what came out last */
	int64_t hold; /* ORDER_NS, unless told otherwise */
	bool ended;
	bool given; /* what is held: nothing more comes for now */
	uint64_t late;
	struct counterpart *counterpart;
};

struct order *order_new(size_t bytes)
{
	struct order *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->ring = malloc(RING * sizeof(*o->ring));
	o->counterpart = counterpart_new();
	o->bytes_max = bytes;
	o->hold = ORDER_NS;
	o->now = INT64_MIN;
	o->last = INT64_MIN;
	if (!o->ring || !o->counterpart) {
		order_free(o);
		return NULL;
	}
	return o;
}

static bool before(const struct held *a, const struct held *b)
{
	return a->begin != b->begin ? a->begin < b->begin : a->number < b->number;
}

/* ---- the heap ---- */

static bool heap_add(struct order *o, const struct held *held)
{
	size_t at = o->heap_count;

	if (at == o->heap_room) {
		size_t room = o->heap_room ? o->heap_room * 2 : 256;
		struct held *heap = realloc(o->heap, room * sizeof(*heap));

		if (!heap)
			return false;
		o->heap = heap;
		o->heap_room = room;
	}
	o->heap_count++;
	while (at && before(held, &o->heap[(at - 1) / 2])) {
		o->heap[at] = o->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	o->heap[at] = *held;
	return true;
}

static void heap_drop(struct order *o)
{
	struct held last = o->heap[--o->heap_count];
	size_t at = 0;

	for (;;) {
		size_t child = at * 2 + 1;

		if (child + 1 < o->heap_count && before(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (child >= o->heap_count || !before(&o->heap[child], &last))
			break;
		o->heap[at] = o->heap[child];
		at = child;
	}
	o->heap[at] = last;
}

/* ---- the ring ---- */

static struct held *ring_at(struct order *o, size_t index)
{
	return &o->ring[(o->first + index) & (RING - 1)];
}

/* False when its place is too far ahead, or the ring is full. */
static bool ring_add(struct order *o, const struct held *held)
{
	size_t at = o->ring_count;
	size_t lowest = at > MOVED_MAX ? at - MOVED_MAX : 0;

	if (at == RING)
		return false;
	while (at > lowest && before(held, ring_at(o, at - 1)))
		at--;
	if (at && before(held, ring_at(o, at - 1)))
		return false;
	for (size_t i = o->ring_count; i > at; i--)
		*ring_at(o, i) = *ring_at(o, i - 1);
	*ring_at(o, at) = *held;
	o->ring_count++;
	return true;
}

/* ---- the interface ---- */

static bool add(struct order *o, struct row *row)
{
	struct held held = {
		.begin = row->begin, .number = o->numbers++, .row = row, .len = row->len};

	if (row->complete > o->now)
		o->now = row->complete;
	if (!ring_add(o, &held) && !heap_add(o, &held))
		return false;
	counterpart_meet(o->counterpart, row);
	o->bytes += row->len;
	return true;
}

bool order_add(struct order *o, struct row_chunk *chunk)
{
	struct row *row = NULL, *next;
	bool good = true;

	o->given = false;
	for (row = row_chunk_next(chunk, NULL); row; row = next) {
		next = row_chunk_next(chunk, row);
		if (next)
			__builtin_prefetch(next->end);
		if (add(o, row))
			continue;
		row_release(row);
		good = false;
	}
	return good;
}

void order_end(struct order *o)
{
	o->ended = true;
}

void order_hold(struct order *o, int64_t ns)
{
	o->hold = ns;
}

void order_give(struct order *o)
{
	o->given = true;
}

/* Whether to wait for something that belongs before HELD, or to its row. */
static bool must_wait(const struct order *o, const struct held *held)
{
	if (o->ended || o->given || o->ring_count + o->heap_count > ORDER_ROWS ||
	    o->bytes > o->bytes_max)
		return false;
	if (o->now - held->begin < o->hold)
		return true;
	return held->row->twin_waits && o->now - held->row->complete < ORDER_TWIN_NS;
}

/* A row has left the caches while it was held: asks for one whose turn comes soon. */
static void fetch_ahead(struct order *o)
{
	const struct held *held;

	if (o->ring_count <= AHEAD)
		return;
	held = ring_at(o, AHEAD);
	prefetch(held->row, held->len < FETCHED ? held->len : FETCHED);
	__builtin_prefetch(ring_at(o, END_AHEAD)->row->end);
	prefetch(ring_at(o, MEMBERS_AHEAD)->row->end->members.data, MEMBERS_FETCHED);
}

struct row *order_next(struct order *o)
{
	struct held *head = o->ring_count ? ring_at(o, 0) : NULL;
	bool from_heap = o->heap_count && (!head || before(&o->heap[0], head));
	struct row *row;

	if (from_heap)
		head = &o->heap[0];
	if (!head || must_wait(o, head))
		return NULL;
	row = head->row;
	if (from_heap) {
		heap_drop(o);
	} else {
		o->first++;
		o->ring_count--;
		fetch_ahead(o);
	}
	counterpart_give_up(o->counterpart, row);
	row->late = row->complete - row->begin >= o->hold || row->begin < o->last;
	o->late += row->late;
	if (row->begin > o->last)
		o->last = row->begin;
	return row;
}

/* The twins go together: each tells of the other. */
void order_done(struct order *o, struct row *row)
{
	struct row *twin = row->twin;

	o->bytes -= row->len;
	row->released = true;
	if (twin && !twin->released)
		return;
	row_release(row);
	if (twin)
		row_release(twin);
}

uint64_t order_late(const struct order *o)
{
	return o->late;
}

void order_free(struct order *o)
{
	struct row *row;

	if (!o)
		return;
	order_end(o);
	while (o->ring && (row = order_next(o)) != NULL)
		order_done(o, row);
	counterpart_free(o->counterpart);
	free(o->ring);
	free(o->heap);
	free(o);
}
