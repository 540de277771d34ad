/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_BACKLOG_H
#define SOCKTAPE_PROTOCOLS_ENGINE_BACKLOG_H

#include "format/buffer.h"
#include "format/event.h"
#include "protocols/engine/budget.h"

/* What came before the protocol was known, in the order in which it came. */
#define BACKLOG_MAX (128u << 10)

struct backlog_entry {
	int64_t ts_first; /* as in struct run */
	int64_t ts;
	uint64_t len;	 /* on the wire */
	uint64_t offset; /* position in the stream */
	uint32_t kept;	 /* bytes that follow this structure; 0 for a hole */
	uint8_t direction;
	bool wanted; /* cut by the snap length */
	bool has_peer;
	struct address peer;
};

struct backlog {
	struct buffer entries;
	struct budget *budget;
	uint64_t charged;
};

/* Whether there is room for it, in the backlog and in the budget. */
bool backlog_has_room(const struct backlog *b, const struct backlog_entry *entry);

/* Adds it in any case. False when there is no memory. */
bool backlog_add(struct backlog *b, const struct backlog_entry *entry, const void *bytes);

/* Bytes that wait, holes not counted. */
uint64_t backlog_bytes(const struct backlog *b);

/* The entry at *AT, with its bytes; moves *AT behind it. NULL after the last. Start with 0. */
const struct backlog_entry *backlog_next(const struct backlog *b, size_t *at,
					 const uint8_t **bytes);

void backlog_clear(struct backlog *b); /* and gives its memory back */

#endif
