/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/backlog.h"

/* Entries stand one behind the other, each at a multiple of its alignment. */
static size_t padded(size_t n)
{
	return (n + _Alignof(struct backlog_entry) - 1) & ~(_Alignof(struct backlog_entry) - 1);
}

bool backlog_add(struct backlog *b, const struct backlog_entry *entry, const void *bytes)
{
	size_t need = sizeof(*entry) + padded(entry->kept);
	char *to;

	if (b->entries.len + need > BACKLOG_MAX)
		return false;
	to = buffer_reserve(&b->entries, need);
	if (!to)
		return false;
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
	*at += sizeof(*entry) + padded(entry->kept);
	return entry;
}

void backlog_clear(struct backlog *b)
{
	buffer_free(&b->entries);
}
