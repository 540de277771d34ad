/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_QUEUE_H
#define SOCKTAPE_ANALYZE_PCAPNG_QUEUE_H

#include "analyze/pcapng/block.h"

/*
 * Puts packets in the order of their times before they are written: those of different connections
 * come as their data was put in order, a little late. Packets of the same time keep their order.
 * What comes later than the queue waits, or when as many bytes wait as may, is written with its
 * time all the same.
 */
struct queue;

/* Packets are at least this late, and no later event is waited for longer. */
#define QUEUE_NS     (200 * 1000 * 1000ll)
#define QUEUE_MAX_NS (60 * 1000 * 1000 * 1000ll)
#define QUEUE_BYTES  (16u << 20)

/*
 * LATE: how late an event may be, ns. At most LIMIT bytes wait, 0 and more than QUEUE_BYTES are
 * QUEUE_BYTES. NULL when there is no memory. OUT outlives it.
 */
struct queue *queue_new(struct pcapng *out, int64_t late, uint64_t limit);

/* Takes a copy. False when there is no memory. */
bool queue_put(struct queue *q, const struct pcapng_packet *packet);

/* It is NOW, in the time of packets: writes what nothing can precede any more. */
void queue_advance(struct queue *q, int64_t now);

/* Writes all. */
void queue_flush(struct queue *q);

void queue_free(struct queue *q); /* NULL is fine */

#endif
