/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/id_set.h"

#define WORD 64

_Static_assert(sizeof(uintptr_t) == sizeof(uint64_t), "a pointer holds as many bits as a word");

static uint64_t word_of(const struct id_set *s, uint64_t id)
{
	return (uintptr_t)map_get(&s->words, id / WORD);
}

static uint64_t bit_of(uint64_t id)
{
	return UINT64_C(1) << id % WORD;
}

bool id_set_has(const struct id_set *s, uint64_t id)
{
	return word_of(s, id) & bit_of(id);
}

bool id_set_add(struct id_set *s, uint64_t id)
{
	uint64_t word = word_of(s, id), bit = bit_of(id);

	if (word & bit)
		return true;
	if (!map_put(&s->words, id / WORD, (void *)(uintptr_t)(word | bit)))
		return false;
	s->count++;
	return true;
}

bool id_set_next(const struct id_set *s, size_t *at, uint64_t *id)
{
	for (; *at / WORD < s->words.used; ++*at) {
		const struct map_entry *e = &s->words.entries[*at / WORD];

		if (!((uintptr_t)e->value & bit_of(*at)))
			continue;
		*id = e->key * WORD + (*at)++ % WORD;
		return true;
	}
	return false;
}

size_t id_set_size(const struct id_set *s)
{
	return s->words.capacity * (sizeof(*s->words.entries) + 2 * sizeof(*s->words.slots));
}

void id_set_free(struct id_set *s)
{
	map_free(&s->words);
	s->count = 0;
}
