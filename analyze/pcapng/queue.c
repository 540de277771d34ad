/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/queue.h"

#include <stdlib.h>

struct entry {
	uint64_t number; /* in the order of arrival */
	struct queue_item item;
	size_t len;
	char bytes[]; /* headers, payload, comment */
};

/* A binary heap: the earliest first. */
struct queue {
	queue_give_fn *give;
	void *context;
	struct entry **heap;
	size_t count;
	size_t capacity;
	size_t bytes;
	size_t limit; /* of bytes */
	int64_t wait; /* ns */
	uint64_t arrived;
	struct entry *last; /* that came; not in the heap yet */
};

struct queue *queue_new(queue_give_fn *give, void *context, int64_t late, uint64_t limit)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q) {
		q->give = give;
		q->context = context;
		q->limit = limit && limit < QUEUE_BYTES ? (size_t)limit : QUEUE_BYTES;
		q->wait = QUEUE_NS + (late < QUEUE_MAX_NS ? late : QUEUE_MAX_NS);
	}
	return q;
}

static bool is_before(const struct entry *a, const struct entry *b)
{
	if (a->item.packet.ts != b->item.packet.ts)
		return a->item.packet.ts < b->item.packet.ts;
	return a->number < b->number;
}

static void swap(struct entry **a, struct entry **b)
{
	struct entry *saved = *a;

	*a = *b;
	*b = saved;
}

static void sift_up(struct queue *q, size_t i)
{
	while (i && is_before(q->heap[i], q->heap[(i - 1) / 2])) {
		swap(&q->heap[i], &q->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sift_down(struct queue *q, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->count)
			return;
		if (child + 1 < q->count && is_before(q->heap[child + 1], q->heap[child]))
			child++;
		if (!is_before(q->heap[child], q->heap[i]))
			return;
		swap(&q->heap[child], &q->heap[i]);
		i = child;
	}
}

/* Where headers, payload and comment stand in E. */
static void place(struct entry *e, size_t headers, size_t payload, size_t comment)
{
	struct pcapng_packet *p = &e->item.packet;

	p->headers = span_of(e->bytes, headers);
	p->payload = span_of(e->bytes + headers, payload);
	p->comment = span_of(e->bytes + headers + payload, comment);
}

static void give_first(struct queue *q)
{
	struct entry *first = q->heap[0];

	q->heap[0] = q->heap[--q->count];
	sift_down(q, 0);
	q->bytes -= first->len;
	q->give(q->context, &first->item);
	free(first);
}

/* False when there is no memory: it stays where it is. */
static bool settle_last(struct queue *q)
{
	if (!q->last)
		return true;
	if (q->count == q->capacity) {
		size_t capacity = q->capacity ? q->capacity * 2 : 256;
		struct entry **heap = reallocarray(q->heap, capacity, sizeof(struct entry *));

		if (!heap)
			return false;
		q->heap = heap;
		q->capacity = capacity;
	}
	q->heap[q->count++] = q->last;
	q->last = NULL;
	sift_up(q, q->count - 1);
	return true;
}

bool queue_put(struct queue *q, const struct queue_item *item)
{
	const struct pcapng_packet *packet = &item->packet;
	size_t len = packet->headers.len + packet->payload.len + packet->comment.len;
	struct entry *entry = malloc(sizeof(*entry) + len);

	if (!entry || !settle_last(q)) {
		free(entry);
		return false;
	}
	entry->number = q->arrived++;
	entry->len = sizeof(*entry) + len;
	entry->item = *item;
	place(entry, packet->headers.len, packet->payload.len, packet->comment.len);
	span_put(entry->bytes, packet->headers);
	span_put(entry->bytes + packet->headers.len, packet->payload);
	span_put(entry->bytes + packet->headers.len + packet->payload.len, packet->comment);
	q->last = entry;
	q->bytes += entry->len;
	while (q->bytes > q->limit && q->count)
		give_first(q);
	return true;
}

bool queue_amend(struct queue *q, const struct facts_end *end, enum layer layer, struct span text,
		 size_t max)
{
	struct entry *last = q->last, *more;
	size_t head, comment;

	if (!last || last->item.end != end || last->item.layer != layer)
		return false;
	comment = last->item.packet.comment.len;
	if (comment >= max)
		return true;
	head = last->item.packet.headers.len + last->item.packet.payload.len;
	more = realloc(last, sizeof(*last) + head + comment + 2 + text.len);
	if (!more)
		return true; /* that is what it costs */
	q->last = more;
	if (comment) {
		memcpy(more->bytes + head + comment, "; ", 2);
		comment += 2;
	}
	span_put(more->bytes + head + comment, text);
	place(more, more->item.packet.headers.len, more->item.packet.payload.len,
	      comment + text.len);
	q->bytes -= more->len;
	more->len = sizeof(*more) + head + comment + text.len;
	q->bytes += more->len;
	return true;
}

void queue_advance(struct queue *q, int64_t now)
{
	/* Times in a file may be anything. */
	int64_t settled = now < INT64_MIN + q->wait ? INT64_MIN : now - q->wait;

	if (q->last && q->last->item.packet.ts < settled && !settle_last(q))
		return;
	while (q->count && q->heap[0]->item.packet.ts < settled)
		give_first(q);
}

void queue_flush(struct queue *q)
{
	bool settled = settle_last(q);

	while (q->count)
		give_first(q);
	if (!settled) {
		q->give(q->context, &q->last->item);
		q->bytes -= q->last->len;
		free(q->last);
		q->last = NULL;
	}
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	while (q->count)
		free(q->heap[--q->count]);
	free(q->last);
	free(q->heap);
	free(q);
}
