/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_MAP_H
#define SOCKTAPE_FORMAT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A hash table from a number to a pointer: connections by id, processes by pid. Zero-initialised
 * is empty and valid. It doesn't own what the pointers point to.
 */
struct map_slot {
	uint64_t key;
	void *value; /* NULL: a free slot */
};

struct map {
	struct map_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/* The value of KEY, or NULL. */
void *map_get(const struct map *m, uint64_t key);

/* Sets KEY to VALUE (not NULL), in place of what was there. False when there is no memory. */
bool map_put(struct map *m, uint64_t key, void *value);

/* Takes KEY out and returns its value, or NULL. Not while going through it. */
void *map_remove(struct map *m, uint64_t key);

/* The value at or after *AT, which moves behind it; NULL after the last. Start with 0. */
void *map_next(const struct map *m, size_t *at);

void map_free(struct map *m);

#endif
