/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_HEADS_H
#define SOCKTAPE_PROTOCOLS_HTTP_HEADS_H

#include "protocols/http/head.h"

/*
 * Header lines that were read, for all connections of a replay: most heads have the lines of
 * another, of their own connection or of a client and a server like theirs. So they are parsed
 * once, and with many connections stand in the processor's caches, where those of each would not.
 */

struct message_pool;
struct http_heads;

/* Shared by those who had these lines; constant once it is made. */
struct http_known_head {
	struct http_fields fields; /* without what it was made from: no http_fields_text() */
	unsigned holders;
	size_t memory; /* bytes, of it all: what a holder is charged */
};

/* Those of POOL, which they go with. NULL: there is none, or no memory. */
struct http_heads *http_heads_of(struct message_pool *pool);

/*
 * What LINES (see http_fields_read()) are goes to *LAST, in place of what was there, which may be
 * NULL. False: that is it. HEADS may be NULL. Without memory *LAST becomes NULL.
 */
bool http_heads_read(struct http_heads *heads, struct http_known_head **last, struct span lines);

void http_heads_release(struct http_known_head *head); /* NULL is fine */

static inline size_t http_heads_memory(const struct http_known_head *head)
{
	return head ? head->memory : 0;
}

#endif
