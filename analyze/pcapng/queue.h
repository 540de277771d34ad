/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_QUEUE_H
#define SOCKTAPE_ANALYZE_PCAPNG_QUEUE_H

#include "analyze/pcapng/block.h"
#include "analyze/pcapng/facts.h"

/*
 * Puts packets in the order of their times before they are written: those of different connections
 * come as their data was put in order, a little late. Packets of the same time keep their order.
 * What comes later than the queue waits, or when as many bytes wait as may, is written with its
 * time all the same.
 */
struct queue;

/* A packet, and which end's it is, where that is kept to the end; NULL: nobody knows. */
struct queue_item {
	struct pcapng_packet packet;
	struct facts_end *end;
	enum layer layer;
	uint32_t back; /* the interface of what goes the other way */
};

/* Takes what is next. */
typedef void queue_give_fn(void *context, const struct queue_item *item);

/* Packets are at least this late, and no later event is waited for longer. */
#define QUEUE_NS     (200 * 1000 * 1000ll)
#define QUEUE_MAX_NS (60 * 1000 * 1000 * 1000ll)
#define QUEUE_BYTES  (16u << 20)

/*
 * LATE: how late an event may be, ns. At most LIMIT bytes wait, 0 and more than QUEUE_BYTES are
 * QUEUE_BYTES. NULL when there is no memory.
 */
struct queue *queue_new(queue_give_fn *give, void *context, int64_t late, uint64_t limit);

/* Takes a copy. False when there is no memory. */
bool queue_put(struct queue *q, const struct queue_item *item);

/*
 * Adds TEXT to the comment of the packet that came last, if it is of this END and LAYER, and says
 * less than MAX bytes; beyond, it is left out. False: it is another's.
 */
bool queue_amend(struct queue *q, const struct facts_end *end, enum layer layer, struct span text,
		 size_t max);

/* It is NOW, in the time of packets: gives out what nothing can precede any more. */
void queue_advance(struct queue *q, int64_t now);

/* Gives out all. */
void queue_flush(struct queue *q);

void queue_free(struct queue *q); /* NULL is fine */

#endif
