/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SPILL_COLD_H
#define SOCKTAPE_ANALYZE_SPILL_COLD_H

#include "format/buffer.h"

/*
 * Bytes by a number, put aside in a file without a name and taken back later: for any number of
 * things that are open but not in use. It takes a fixed amount of memory, whatever it holds; a
 * thing costs a read and a write of the file, which the system keeps in memory as long as it can.
 */
struct cold;

/*
 * MEMORY: what there is for all that is in memory, of which this takes a tenth at most, but no less
 * than half a MiB, and no more than 6. NULL when there is no memory.
 */
struct cold *cold_new(uint64_t memory);

/* Sets KEY, which has nothing, to BYTES. False with errno. */
bool cold_put(struct cold *c, uint64_t key, struct span bytes);

/* Takes what KEY has into BYTES; false when it has nothing, or (cold_errno()) it is lost. */
bool cold_take(struct cold *c, uint64_t key, struct buffer *bytes);

/* The same, and it stays. */
bool cold_look(struct cold *c, uint64_t key, struct buffer *bytes);

uint64_t cold_count(const struct cold *c);

/*
 * The least key from *KEY on that has something: true, and *KEY is it. Cheap when it is asked for
 * ascending keys and nothing is put meanwhile.
 */
bool cold_next(struct cold *c, uint64_t *key);

int cold_errno(const struct cold *c); /* 0: nothing went wrong */

void cold_free(struct cold *c); /* NULL is fine */

#endif
