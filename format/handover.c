/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/handover.h"

#include <pthread.h>
#include <stdlib.h>

/* Items that are held at most; a power of two. */
#define ITEMS 64

struct entry {
	void *item;
	size_t bytes;
};

struct handover {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* there is much to take, or much room, or something has ended */
	struct entry entries[ITEMS];
	size_t first;
	size_t count;
	size_t bytes;
	size_t bytes_max;
	size_t taken; /* bytes of the item that was taken last */
	bool ended;
	bool cancelled;
};

struct handover *handover_new(size_t bytes_max)
{
	struct handover *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	q->bytes_max = bytes_max;
	return q;
}

static bool has_room(const struct handover *q, size_t bytes)
{
	return !q->count || (q->count < ITEMS && q->bytes + bytes <= q->bytes_max);
}

/* To wake a thread costs more than to hand over an item: it is woken for many at once. */
static bool half_full(const struct handover *q)
{
	return q->bytes * 2 >= q->bytes_max || q->count * 2 >= ITEMS;
}

/* Of items larger than all that may be held there is one at a time, with the one in use. */
static void wait_until_used(struct handover *q)
{
	while (!q->cancelled && (q->count || q->taken))
		pthread_cond_wait(&q->changed, &q->lock);
}

bool handover_push(struct handover *q, void *item, size_t bytes)
{
	bool taken;

	pthread_mutex_lock(&q->lock);
	while (!q->cancelled && !has_room(q, bytes)) {
		pthread_cond_signal(&q->changed);
		pthread_cond_wait(&q->changed, &q->lock);
	}
	taken = !q->cancelled;
	if (taken) {
		q->entries[(q->first + q->count) % ITEMS] = (struct entry){item, bytes};
		q->count++;
		q->bytes += bytes;
		if (half_full(q))
			pthread_cond_signal(&q->changed);
		if (bytes > q->bytes_max)
			wait_until_used(q);
	}
	pthread_mutex_unlock(&q->lock);
	return taken;
}

static void set(struct handover *q, bool *flag)
{
	pthread_mutex_lock(&q->lock);
	*flag = true;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

void handover_end(struct handover *q)
{
	set(q, &q->ended);
}

void handover_cancel(struct handover *q)
{
	set(q, &q->cancelled);
}

void *handover_pop(struct handover *q)
{
	void *item = NULL;

	pthread_mutex_lock(&q->lock);
	if (q->taken > q->bytes_max)
		pthread_cond_signal(&q->changed);
	q->taken = 0;
	while (!q->count && !q->ended && !q->cancelled)
		pthread_cond_wait(&q->changed, &q->lock);
	if (q->count) {
		item = q->entries[q->first].item;
		q->taken = q->entries[q->first].bytes;
		q->bytes -= q->entries[q->first].bytes;
		q->first = (q->first + 1) % ITEMS;
		q->count--;
		if (!half_full(q))
			pthread_cond_signal(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return item;
}

void handover_free(struct handover *q)
{
	if (!q)
		return;
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}
