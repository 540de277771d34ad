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

static struct span copy_of(struct span bytes, char **to)
{
	struct span copy = span_of(*to, bytes.len);

	if (bytes.len)
		memcpy(*to, bytes.data, bytes.len);
	*to += bytes.len;
	return copy;
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

bool queue_put(struct queue *q, const struct queue_item *item)
{
	const struct pcapng_packet *packet = &item->packet;
	size_t len = packet->headers.len + packet->payload.len + packet->comment.len;
	struct entry *entry = malloc(sizeof(*entry) + len);
	char *to;

	if (entry && q->count == q->capacity) {
		size_t capacity = q->capacity ? q->capacity * 2 : 256;
		struct entry **heap = reallocarray(q->heap, capacity, sizeof(struct entry *));

		if (!heap) {
			free(entry);
			return false;
		}
		q->heap = heap;
		q->capacity = capacity;
	}
	if (!entry)
		return false;
	entry->number = q->arrived++;
	entry->len = sizeof(*entry) + len;
	entry->item = *item;
	to = entry->bytes;
	entry->item.packet.headers = copy_of(packet->headers, &to);
	entry->item.packet.payload = copy_of(packet->payload, &to);
	entry->item.packet.comment = copy_of(packet->comment, &to);
	q->heap[q->count++] = entry;
	q->bytes += entry->len;
	sift_up(q, q->count - 1);
	while (q->bytes > q->limit)
		give_first(q);
	return true;
}

void queue_advance(struct queue *q, int64_t now)
{
	/* Times in a file may be anything. */
	int64_t settled = now < INT64_MIN + q->wait ? INT64_MIN : now - q->wait;

	while (q->count && q->heap[0]->item.packet.ts < settled)
		give_first(q);
}

void queue_flush(struct queue *q)
{
	while (q->count)
		give_first(q);
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	while (q->count)
		free(q->heap[--q->count]);
	free(q->heap);
	free(q);
}
