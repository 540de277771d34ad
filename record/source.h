/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_SOURCE_H
#define SOCKTAPE_RECORD_SOURCE_H

#include <linux/types.h>
#include <stdbool.h>

#include "bpf/event.h"
#include "record/pool.h"

/* The records of one lane, or those that came through the ring: each in the order of its time. */
struct source {
	const struct pool *pool;
	const struct kernel_lane *lane; /* NULL: records lie at `data` */
	uint64_t mark;			/* how far the lane may be read */
	uint64_t seen;			/* its mark when it was looked at last */
	uint32_t chunk;			/* that is being read, plus 1; 0: none yet */
	uint32_t at;			/* bytes of it, or of `data`, that were taken */
	const uint8_t *data;
	uint32_t len;
	bool broken; /* a record made no sense: nothing more is taken */
};

/* Looks how far the lane has come. */
void source_look(struct source *source);

/* The next record, which stays where it is until source_take(); NULL: there is none. */
const struct kernel_record *source_peek(struct source *source);

void source_take(struct source *source, const struct kernel_record *record);

#endif
