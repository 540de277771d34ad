/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/map.h"

#include <stdlib.h>

#define CAPACITY_MIN 64

/* Ids are counted up and pids are close together: multiply so that every bit of them matters. */
static size_t home(const struct map *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 32) & (m->capacity - 1);
}

static struct map_slot *find(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & (m->capacity - 1);
	return &m->slots[i];
}

void *map_get(const struct map *m, uint64_t key)
{
	return m->capacity ? find(m, key)->value : NULL;
}

static bool grow(struct map *m)
{
	struct map bigger = {.capacity = m->capacity ? m->capacity * 2 : CAPACITY_MIN};

	bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < m->capacity; i++)
		if (m->slots[i].value)
			*find(&bigger, m->slots[i].key) = m->slots[i];
	bigger.count = m->count;
	free(m->slots);
	*m = bigger;
	return true;
}

bool map_put(struct map *m, uint64_t key, void *value)
{
	struct map_slot *slot;

	/* At most three quarters full. */
	if (m->count >= m->capacity / 4 * 3 && !grow(m))
		return false;
	slot = find(m, key);
	if (!slot->value)
		m->count++;
	*slot = (struct map_slot){key, value};
	return true;
}

/* Moves later entries of the same run of slots up, so that no search stops at the gap. */
static void close_gap(struct map *m, size_t gap)
{
	size_t mask = m->capacity - 1;

	for (size_t i = (gap + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
		size_t from_home = (i - home(m, m->slots[i].key)) & mask;

		if (from_home < ((i - gap) & mask))
			continue;
		m->slots[gap] = m->slots[i];
		gap = i;
	}
	m->slots[gap].value = NULL;
}

void *map_remove(struct map *m, uint64_t key)
{
	struct map_slot *slot;
	void *value;

	if (!m->capacity)
		return NULL;
	slot = find(m, key);
	value = slot->value;
	if (value) {
		m->count--;
		close_gap(m, (size_t)(slot - m->slots));
	}
	return value;
}

void *map_next(const struct map *m, size_t *at)
{
	while (*at < m->capacity) {
		void *value = m->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}
