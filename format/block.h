/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_BLOCK_H
#define SOCKTAPE_FORMAT_BLOCK_H

#include "format/error.h"
#include "format/event.h"

/*
 * Blocks of events, encoded as they will stand in a file but not yet compressed: so that one thread
 * can make them while another one writes them. Makers and blocks are used by one thread at a time.
 */
struct block;
struct block_maker;

/* A block is best ended when it has this many bytes. */
#define BLOCK_TARGET (1u << 20)

/* NULL when there is no memory. */
struct block_maker *block_maker_new(void);

/*
 * Adds an event to the block being made. TAPE_ERROR_LIMIT refuses one that breaks a rule of
 * format/event.h and changes nothing; after TAPE_ERROR_MEMORY what was in the block is gone.
 */
MUST_CHECK enum tape_error block_maker_event(struct block_maker *m, const struct event *event);

/* Bytes of events in the block being made. */
size_t block_maker_len(const struct block_maker *m);

/* Events in it. */
size_t block_maker_count(const struct block_maker *m);

/* Ends the block: it belongs to the caller. NULL when it is empty, or when there is no memory (then
 * it stays as it was). */
struct block *block_maker_take(struct block_maker *m);

/* Hands back the memory of a block that is no longer needed, for the next one. */
void block_maker_reuse(struct block_maker *m, struct block *block);

void block_maker_free(struct block_maker *m); /* NULL is fine */

/* Bytes of memory that it takes. */
size_t block_memory(const struct block *block);

void block_free(struct block *block); /* NULL is fine */

#endif
