/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_POOL_H
#define SOCKTAPE_RECORD_POOL_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/event.h"

/*
 * The memory that the kernel programs and the drain share: chunks and lanes, as bpf/event.h has
 * them. Functions that return int give 0 or a negative errno.
 */

/* How the pool is divided. */
struct pool_shape {
	uint32_t chunk_bytes;
	uint32_t slabs; /* of KERNEL_SLAB_CHUNKS each */
};

struct pool {
	struct pool_shape shape;
	int lanes_count;
	int free_chunks; /* descriptors of maps */
	int ring;
	const uint8_t *memory; /* the chunks */
	size_t memory_len;
	const uint8_t *lanes;
	size_t lane_len;
	size_t lanes_len;
	struct kernel_control *control;
	void *bss; /* that it is in */
	size_t bss_len;
};

/*
 * A pool of about LEN bytes for so many LANES: each has a chunk of its own all the time, and as
 * much again is free.
 */
struct pool_shape pool_shape(uint64_t len, int lanes);

/* Gives the maps of OBJECT, which isn't loaded yet, their sizes. */
int pool_size(struct bpf_object *object, const struct pool_shape *shape, int lanes);

/* Maps the memory of OBJECT, which is loaded; CONTROL is the offset of `control` in its bss. */
int pool_open(struct pool *p, struct bpf_object *object, size_t control);

const struct kernel_lane *pool_lane(const struct pool *p, int lane);
const uint8_t *pool_chunk(const struct pool *p, uint32_t chunk);

/* The chunk may be filled again. */
void pool_free_chunk(const struct pool *p, uint32_t chunk);

/* Whether plaintext is recorded of what connection CONN moves in DIRECTION. */
void pool_tie(const struct pool *p, uint64_t conn, enum direction direction, bool tied);

/* Asks to be woken, once, when more has come than can wait for the next look. */
void pool_await(const struct pool *p);

void pool_close(struct pool *p); /* zero-initialised is fine */

#endif
