/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/pool.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/event.h"

/* Chunks for each lane, at least. */
#define LANE_CHUNKS 2

static uint32_t chunks_of(const struct pool_shape *shape)
{
	return shape->slabs * KERNEL_SLAB_CHUNKS;
}

static size_t slab_bytes(const struct pool_shape *shape)
{
	return (size_t)shape->chunk_bytes * KERNEL_SLAB_CHUNKS + KERNEL_SLAB_MARGIN;
}

static uint32_t slabs_for(uint64_t chunks)
{
	return (uint32_t)((chunks + KERNEL_SLAB_CHUNKS - 1) / KERNEL_SLAB_CHUNKS);
}

struct pool_shape pool_shape(uint64_t len, int lanes)
{
	struct pool_shape shape = {.chunk_bytes = KERNEL_CHUNK_MAX};
	uint64_t least = (uint64_t)lanes * LANE_CHUNKS;

	/* Many chunks, so that those which are only held don't count for much. */
	while (shape.chunk_bytes > KERNEL_CHUNK_MIN && len / shape.chunk_bytes < 8 * least)
		shape.chunk_bytes /= 2;
	shape.slabs = slabs_for(len / shape.chunk_bytes);
	if (chunks_of(&shape) < least)
		shape.slabs = slabs_for(least);
	return shape;
}

static int map_shape(struct bpf_object *object, const char *name, uint32_t entries, size_t value)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	int error = map ? bpf_map__set_max_entries(map, entries) : -ENOENT;

	return error || !value ? error : bpf_map__set_value_size(map, (uint32_t)value);
}

int pool_size(struct bpf_object *object, const struct pool_shape *shape, int lanes)
{
	int error = map_shape(object, "pool", shape->slabs, slab_bytes(shape));

	if (!error)
		error = map_shape(object, "free_chunks", chunks_of(shape), 0);
	if (!error)
		error = map_shape(object, "lanes", (uint32_t)lanes, 0);
	return error;
}

/* Maps LEN bytes of map NAME; NULL with errno. */
static void *map_memory(struct bpf_object *object, const char *name, size_t len)
{
	void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_object__find_map_fd_by_name(object, name), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* The last chunk is put on the stack first. */
static int chunks_give(const struct pool *p)
{
	for (uint32_t chunk = chunks_of(&p->shape); chunk > 0; chunk--) {
		uint32_t number = chunk - 1;

		if (bpf_map_update_elem(p->free_chunks, NULL, &number, BPF_ANY) != 0)
			return -errno;
	}
	return 0;
}

int pool_open(struct pool *p, struct bpf_object *object, size_t control)
{
	struct bpf_map *pool = bpf_object__find_map_by_name(object, "pool");
	struct bpf_map *lanes = bpf_object__find_map_by_name(object, "lanes");
	struct bpf_map *bss = bpf_object__find_map_by_name(object, ".bss");

	if (!pool || !lanes || !bss || bpf_map__value_size(bss) < control + sizeof(*p->control))
		return -ENOENT;
	p->shape.slabs = bpf_map__max_entries(pool);
	p->shape.chunk_bytes = (bpf_map__value_size(pool) - KERNEL_SLAB_MARGIN) /
			       KERNEL_SLAB_CHUNKS;
	p->lanes_count = (int)bpf_map__max_entries(lanes);
	p->lane_len = bpf_map__value_size(lanes);
	p->free_chunks = bpf_object__find_map_fd_by_name(object, "free_chunks");
	p->ring = bpf_object__find_map_fd_by_name(object, "ring");
	p->memory_len = (size_t)p->shape.slabs * slab_bytes(&p->shape);
	p->lanes_len = (size_t)p->lanes_count * p->lane_len;
	p->bss_len = bpf_map__value_size(bss);
	p->memory = map_memory(object, "pool", p->memory_len);
	p->lanes = p->memory ? map_memory(object, "lanes", p->lanes_len) : NULL;
	p->bss = p->lanes ? map_memory(object, ".bss", p->bss_len) : NULL;
	if (!p->bss)
		return -errno;
	p->control = (struct kernel_control *)((uint8_t *)p->bss + control);
	return chunks_give(p);
}

const struct kernel_lane *pool_lane(const struct pool *p, int lane)
{
	return (const struct kernel_lane *)(p->lanes + (size_t)lane * p->lane_len);
}

const uint8_t *pool_chunk(const struct pool *p, uint32_t chunk)
{
	return p->memory + chunk / KERNEL_SLAB_CHUNKS * slab_bytes(&p->shape) +
	       (size_t)(chunk % KERNEL_SLAB_CHUNKS) * p->shape.chunk_bytes;
}

void pool_free_chunk(const struct pool *p, uint32_t chunk)
{
	bpf_map_update_elem(p->free_chunks, NULL, &chunk, BPF_ANY);
	__atomic_fetch_add(&p->control->freed, 1, __ATOMIC_RELEASE);
}

void pool_tie(const struct pool *p, uint64_t conn, enum direction direction, bool tied)
{
	__u64 *place = &p->control->ties[conn % KERNEL_TIES];
	__u64 bit = UINT64_C(1) << direction;
	__u64 tie = *place >> 2 == conn ? *place : conn << 2;

	tie = tied ? tie | bit : tie & ~bit;
	if (tied || *place >> 2 == conn)
		__atomic_store_n(place, tie, __ATOMIC_RELAXED);
}

static void unmap(const void *memory, size_t len)
{
	if (memory)
		munmap((void *)memory, len);
}

void pool_await(const struct pool *p)
{
	__atomic_store_n(&p->control->woken, 0, __ATOMIC_RELEASE);
}

void pool_close(struct pool *p)
{
	unmap(p->memory, p->memory_len);
	unmap(p->lanes, p->lanes_len);
	unmap(p->bss, p->bss_len);
	*p = (struct pool){0};
}
