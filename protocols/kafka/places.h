/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_PLACES_H
#define SOCKTAPE_PROTOCOLS_KAFKA_PLACES_H

#include "format/buffer.h"

/*
 * A number for each partition that one half of an exchange names, for who reads the other half.
 * Halves name them in the same order, or nearly; those beyond 256 Ki are left out. The topics are
 * borrowed: they stand in a message.
 */
struct kafka_places {
	struct buffer list;
	size_t next;   /* where to look first */
	size_t effort; /* comparisons that may still be made */
};

/* Forgets all, keeps the memory. */
void kafka_places_clear(struct kafka_places *p);

/* TOPIC: its name or its id, whichever both halves have. */
void kafka_places_add(struct kafka_places *p, struct span topic, int64_t partition, int64_t number);

/* False: it isn't there. */
bool kafka_places_find(struct kafka_places *p, struct span topic, int64_t partition,
		       int64_t *number);

void kafka_places_free(struct kafka_places *p);

#endif
