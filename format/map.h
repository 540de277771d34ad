/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_MAP_H
#define SOCKTAPE_FORMAT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A hash table from a number to a pointer: connections by id, processes by pid. Zero-initialised
 * is empty and valid. It doesn't own what the pointers point to.
 *
 * Keys may come from a hostile file: they are hashed with a seed that it can't know. The order of
 * going through it is that of insertion all the same, so that the same input gives the same output.
 */
struct map_entry {
	uint64_t key;
	void *value; /* NULL: taken out */
};

struct map {
	struct map_entry *entries; /* in the order of insertion */
	uint32_t *slots;	   /* hash table: index of an entry + 1, or 0 */
	size_t capacity;	   /* of entries, a power of two or 0; slots are twice as many */
	size_t used;		   /* entries, those taken out included */
	size_t count;		   /* without them */
	uint64_t seed;
};

/* The value of KEY, or NULL. */
void *map_get(const struct map *m, uint64_t key);

/*
 * Asks for what map_get() of KEY will need (prefetch.h): a slot, and when that came, an entry. In
 * large tables both are elsewhere.
 */
void map_fetch_slot(const struct map *m, uint64_t key);
void map_fetch_entry(const struct map *m, uint64_t key);

/* Sets KEY to VALUE (not NULL), in place of what was there. False when there is no memory. */
bool map_put(struct map *m, uint64_t key, void *value);

/* Takes KEY out and returns its value, or NULL. */
void *map_remove(struct map *m, uint64_t key);

/*
 * The value at or after *AT, which moves behind it; NULL after the last. Start with 0. map_remove()
 * may be called meanwhile, map_put() may not.
 */
void *map_next(const struct map *m, size_t *at);

void map_free(struct map *m);

#endif
