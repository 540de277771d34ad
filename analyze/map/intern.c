/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/intern.h"

#include <stdlib.h>

#include "format/hash.h"

struct intern_text {
	size_t len;
	char text[];
};

static size_t *slot_of(const struct intern *t, struct span text)
{
	size_t mask = t->slot_count - 1;
	size_t at = (size_t)hash_bytes(t->seed, text.data, text.len) & mask;

	while (t->slots[at] && !span_equal(intern_text(t, t->slots[at] - 1), text))
		at = (at + 1) & mask;
	return &t->slots[at];
}

static bool grow(struct intern *t)
{
	size_t slot_count = t->slot_count ? t->slot_count * 2 : 64;
	size_t *slots = calloc(slot_count, sizeof(*slots));
	struct intern_text **texts = realloc(t->texts,
					     slot_count / 2 * sizeof(struct intern_text *));

	if (texts)
		t->texts = texts;
	if (!slots || !texts) {
		free(slots);
		return false;
	}
	if (!t->slot_count)
		t->seed = hash_seed();
	free(t->slots);
	t->slots = slots;
	t->used += (slot_count - t->slot_count) *
		   (sizeof(*slots) + sizeof(struct intern_text *) / 2);
	t->slot_count = slot_count;
	for (size_t i = 0; i < t->count; i++)
		*slot_of(t, intern_text(t, i)) = i + 1;
	return true;
}

size_t intern_find(const struct intern *t, struct span text)
{
	size_t found = t->slot_count ? *slot_of(t, text) : 0;

	return found ? found - 1 : INTERN_NONE;
}

size_t intern_put(struct intern *t, struct span text)
{
	size_t found = intern_find(t, text);
	struct intern_text *copy;

	if (found != INTERN_NONE)
		return found;
	if (t->count >= t->slot_count / 2 && !grow(t))
		return INTERN_NONE;
	copy = malloc(sizeof(*copy) + text.len + 1);
	if (!copy)
		return INTERN_NONE;
	copy->len = text.len;
	if (text.len)
		memcpy(copy->text, text.data, text.len);
	copy->text[text.len] = '\0';
	t->used += sizeof(*copy) + text.len + 1;
	*slot_of(t, text) = t->count + 1;
	t->texts[t->count] = copy;
	return t->count++;
}

struct span intern_text(const struct intern *t, size_t number)
{
	return span_of(t->texts[number]->text, t->texts[number]->len);
}

void intern_free(struct intern *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->texts[i]);
	free(t->texts);
	free(t->slots);
	*t = (struct intern){0};
}
