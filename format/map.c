/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/map.h"

#include <stdlib.h>

#include "format/prefetch.h"

#define CAPACITY_MIN 64
#define CAPACITY_MAX (UINT32_MAX / 4)

static size_t mask(const struct map *m)
{
	return m->capacity * 2 - 1;
}

/* The slot where the search for KEY begins. */
static size_t home(const struct map *m, uint64_t key)
{
	uint64_t hash = key ^ m->seed;

	hash = (hash ^ hash >> 32) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 29 ^ m->seed) * UINT64_C(0x94d049bb133111eb);
	return (size_t)(hash >> 32) & mask(m);
}

/* The slot of KEY, or the free one where it belongs. */
static size_t find(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->slots[i] && m->entries[m->slots[i] - 1].key != key)
		i = (i + 1) & mask(m);
	return i;
}

void *map_get(const struct map *m, uint64_t key)
{
	uint32_t slot = m->capacity ? m->slots[find(m, key)] : 0;

	return slot ? m->entries[slot - 1].value : NULL;
}

void map_fetch_slot(const struct map *m, uint64_t key)
{
	if (m->capacity)
		prefetch(&m->slots[home(m, key)], sizeof(*m->slots));
}

void map_fetch_entry(const struct map *m, uint64_t key)
{
	uint32_t slot = m->capacity ? m->slots[home(m, key)] : 0;

	if (slot)
		prefetch(&m->entries[slot - 1], sizeof(*m->entries));
}

static void append(struct map *m, uint64_t key, void *value)
{
	size_t slot = find(m, key);

	m->entries[m->used] = (struct map_entry){key, value};
	m->slots[slot] = (uint32_t)++m->used;
	m->count++;
}

/* Makes room for one more: closes the gaps of what was taken out, and doubles where that's little.
 */
static bool grow(struct map *m)
{
	struct map bigger = {.capacity = m->capacity ? m->capacity : CAPACITY_MIN};
	struct map old = *m;

	if (m->count > m->capacity / 2)
		bigger.capacity *= 2;
	if (bigger.capacity > CAPACITY_MAX)
		return false;
	bigger.entries = malloc(bigger.capacity * sizeof(*bigger.entries));
	bigger.slots = calloc(bigger.capacity * 2, sizeof(*bigger.slots));
	if (!bigger.entries || !bigger.slots) {
		map_free(&bigger);
		return false;
	}
	/* Where the system puts memory is random, and enough of a secret here. */
	bigger.seed = ((uint64_t)(uintptr_t)bigger.entries >> 4) * UINT64_C(0x9e3779b97f4a7c15) ^
		      (uint64_t)(uintptr_t)&bigger;
	for (size_t i = 0; i < old.used; i++)
		if (old.entries[i].value)
			append(&bigger, old.entries[i].key, old.entries[i].value);
	*m = bigger;
	map_free(&old);
	return true;
}

bool map_put(struct map *m, uint64_t key, void *value)
{
	uint32_t slot = m->capacity ? m->slots[find(m, key)] : 0;

	if (slot) {
		m->entries[slot - 1].value = value;
		return true;
	}
	if (m->used == m->capacity && !grow(m))
		return false;
	append(m, key, value);
	return true;
}

/* Moves later slots of the same run up, so that no search stops at the gap. */
static void close_gap(struct map *m, size_t gap)
{
	for (size_t i = (gap + 1) & mask(m); m->slots[i]; i = (i + 1) & mask(m)) {
		size_t from_home = (i - home(m, m->entries[m->slots[i] - 1].key)) & mask(m);

		if (from_home < ((i - gap) & mask(m)))
			continue;
		m->slots[gap] = m->slots[i];
		gap = i;
	}
	m->slots[gap] = 0;
}

void *map_remove(struct map *m, uint64_t key)
{
	size_t slot = m->capacity ? find(m, key) : 0;
	struct map_entry *entry;
	void *value;

	if (!m->capacity || !m->slots[slot])
		return NULL;
	entry = &m->entries[m->slots[slot] - 1];
	value = entry->value;
	entry->value = NULL;
	m->count--;
	close_gap(m, slot);
	return value;
}

void *map_next(const struct map *m, size_t *at)
{
	while (*at < m->used) {
		void *value = m->entries[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}

void map_free(struct map *m)
{
	free(m->entries);
	free(m->slots);
	*m = (struct map){0};
}
