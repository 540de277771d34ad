/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/backlog.h"

/* Entries stand one behind the other, each at a multiple of its alignment. */
static size_t padded(size_t n)
{
	return (n + _Alignof(struct backlog_entry) - 1) & ~(_Alignof(struct backlog_entry) - 1);
}

static size_t size_of(const struct backlog_entry *entry)
{
	return sizeof(*entry) + padded(entry->kept);
}

bool backlog_has_room(const struct backlog *b, const struct backlog_entry *entry)
{
	size_t need = b->entries.len + size_of(entry);

	return need <= BACKLOG_MAX && (need <= b->entries.capacity || budget_has(b->budget, need));
}

bool backlog_add(struct backlog *b, const struct backlog_entry *entry, const void *bytes)
{
	size_t need = size_of(entry);
	char *to = buffer_reserve(&b->entries, need);

	if (!to)
		return false;
	budget_settle(b->budget, &b->entries, &b->charged);
	memcpy(to, entry, sizeof(*entry));
	if (entry->kept)
		memcpy(to + sizeof(*entry), bytes, entry->kept);
	b->entries.len += need;
	return true;
}

const struct backlog_entry *backlog_next(const struct backlog *b, size_t *at, const uint8_t **bytes)
{
	const struct backlog_entry *entry;

	if (*at >= b->entries.len)
		return NULL;
	entry = (const struct backlog_entry *)(b->entries.data + *at);
	*bytes = (const uint8_t *)(entry + 1);
	*at += size_of(entry);
	return entry;
}

uint64_t backlog_bytes(const struct backlog *b)
{
	const struct backlog_entry *entry;
	const uint8_t *bytes;
	uint64_t total = 0;
	size_t at = 0;

	while ((entry = backlog_next(b, &at, &bytes)) != NULL)
		total += entry->kept;
	return total;
}

void backlog_clear(struct backlog *b)
{
	buffer_free(&b->entries);
	budget_settle(b->budget, &b->entries, &b->charged);
}
