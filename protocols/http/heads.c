/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/heads.h"

#include <stdlib.h>

#include "format/hash.h"
#include "protocols/engine/message_pool.h"

/* Heads that are known, by hash; a power of two. */
#define KNOWN 32

/* Longer ones are their connection's own: so what is known takes a MiB at most, with its JSON. */
#define KNOWN_LINES_MAX 4096

struct http_heads {
	struct http_known_head *known[KNOWN]; /* each may be NULL */
	struct buffer list;		      /* that the next one is parsed with */
};

void http_heads_release(struct http_known_head *head)
{
	if (!head || --head->holders)
		return;
	http_fields_free(&head->fields);
	free(head);
}

static void heads_free(void *context)
{
	struct http_heads *heads = context;

	for (size_t i = 0; i < KNOWN; i++)
		http_heads_release(heads->known[i]);
	buffer_free(&heads->list);
	free(heads);
}

struct http_heads *http_heads_of(struct message_pool *pool)
{
	struct http_heads *heads;

	if (!pool || pool->heads)
		return pool ? pool->heads : NULL;
	heads = calloc(1, sizeof(*heads));
	if (!heads)
		return NULL;
	pool->heads = heads;
	pool->heads_free = heads_free;
	return heads;
}

/* With one holder. NULL: no memory. */
static struct http_known_head *head_new(void)
{
	struct http_known_head *head = calloc(1, sizeof(*head));

	if (head)
		head->holders = 1;
	return head;
}

/* Fills the place at *KNOWN, whose memory is used again where nobody else has what was there. */
static void learn(struct http_heads *heads, struct http_known_head **known, struct span lines)
{
	struct http_fields *fields;

	if (!*known || (*known)->holders > 1) {
		http_heads_release(*known);
		*known = head_new();
	}
	if (!*known)
		return;
	fields = &(*known)->fields;
	fields->list = heads->list;
	http_fields_read(fields, lines);
	heads->list = fields->list;
	fields->list = (struct buffer){0};
	/* By what it says, and not by who was there before. */
	(*known)->memory = sizeof(**known) + fields->lines.len + fields->unfolded.len +
			   fields->json.len;
}

static bool has_lines(const struct http_known_head *head, struct span lines)
{
	return head && span_equal(buffer_span(&head->fields.lines), lines);
}

static struct http_known_head *find(struct http_heads *heads, struct span lines)
{
	/* With no secret: who makes heads collide has them parsed, as they would be anyway. */
	uint64_t hash = hash_bytes(0, lines.data, lines.len);
	struct http_known_head **known = &heads->known[hash & (KNOWN - 1)];

	if (!has_lines(*known, lines))
		learn(heads, known, lines);
	if (*known)
		(*known)->holders++;
	return *known;
}

static struct http_known_head *read_own(struct span lines)
{
	struct http_known_head *head = head_new();

	if (!head)
		return NULL;
	http_fields_read(&head->fields, lines);
	head->memory = sizeof(*head) + http_fields_memory(&head->fields);
	return head;
}

bool http_heads_read(struct http_heads *heads, struct http_known_head **last, struct span lines)
{
	if (*last && lines.len && lines.len == http_fields_repeated(&(*last)->fields, lines))
		return false;
	http_heads_release(*last);
	if (heads && lines.len && lines.len <= KNOWN_LINES_MAX)
		*last = find(heads, lines);
	else
		*last = read_own(lines);
	return true;
}
