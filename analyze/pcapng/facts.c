/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/pcapng/facts_private.h"
#include "format/hash.h"

/* A connection with its first end; what the allocator adds to each. */
#define CONN_SIZE                                                                                  \
	(sizeof(struct facts_conn) + sizeof(struct facts_end) + FACTS_MAP_ENTRY +                  \
	 2 * BUDGET_OVERHEAD)

void facts_init(struct facts *f, const struct selection *selection, uint64_t limit)
{
	*f = (struct facts){.selection = selection, .limit = limit};
	f->seed = hash_seed();
}

bool facts_selects(const struct facts *f, const struct facts_conn *c)
{
	const struct selection_subject subject = {.conn = c->id};

	return !f->selection || selection_has(f->selection, SELECT_CONN, &subject);
}

struct facts_conn *facts_conn(const struct facts *f, uint64_t id)
{
	return map_get(&f->conns, id);
}

struct facts_end *facts_add_end(struct facts *f, struct facts_conn *c)
{
	struct facts_end *end = calloc(1, sizeof(*end));

	if (!end) {
		f->error = TAPE_ERROR_MEMORY;
		return NULL;
	}
	end->conn = c;
	end->start_ts = INT64_MAX;
	end->end_ts = INT64_MIN;
	end->next = c->ends;
	c->ends = end;
	if (end->next)
		f->used += sizeof(*end) + BUDGET_OVERHEAD;
	return end;
}

void facts_free_borders(struct facts_conn *c)
{
	if (!c->borders)
		return;
	for (int i = 0; i < 2 * LAYERS_SHOWN; i++)
		borders_free(&c->borders->of[i / 2][i % 2]);
	free(c->borders);
	c->borders = NULL;
}

static void free_conn(struct facts_conn *c)
{
	facts_free_borders(c);
	while (c->ends) {
		struct facts_end *next = c->ends->next;

		free(c->ends);
		c->ends = next;
	}
	free(c->path);
	free(c->sni);
	free(c);
}

struct facts_conn *facts_add_conn(struct facts *f, const struct connection *from)
{
	struct facts_conn *c = calloc(1, sizeof(*c));

	if (!c || !map_put(&f->conns, from->id, c)) {
		free(c);
		f->error = TAPE_ERROR_MEMORY;
		return NULL;
	}
	f->used += CONN_SIZE;
	c->id = from->id;
	for (int i = 0; i < 2 * LAYERS_SHOWN; i++)
		c->streams[i / 2][i % 2].lowest = UINT64_MAX;
	return c;
}

bool facts_has_room(struct facts *f)
{
	f->full |= f->limit && f->used > f->limit;
	return !f->full;
}

void facts_pack(const struct facts_conn *c, struct buffer *out)
{
	buffer_append(out, c, sizeof(*c));
	buffer_append(out, c->ends, sizeof(*c->ends));
	pack_span(out, span_text(c->path));
}

struct facts_conn *facts_unpack(struct facts *f, struct unpack *in)
{
	struct facts_conn *c = calloc(1, sizeof(*c));
	struct facts_end *end = calloc(1, sizeof(*end));
	struct span path;

	if (!c || !end) {
		free(c);
		free(end);
		return NULL;
	}
	unpack_bytes(in, c, sizeof(*c));
	unpack_bytes(in, end, sizeof(*end));
	path = unpack_span(in);
	c->ends = end;
	end->conn = c;
	c->path = path.len ? strndup(path.data, path.len) : NULL;
	if ((path.len && !c->path) || !map_put(&f->conns, c->id, c)) {
		free_conn(c);
		return NULL;
	}
	f->used += CONN_SIZE;
	return c;
}

void facts_forget(struct facts *f, struct facts_conn *c)
{
	map_remove(&f->conns, c->id);
	f->used -= CONN_SIZE;
	free_conn(c);
}

size_t facts_conn_size(void)
{
	return CONN_SIZE;
}

void facts_free(struct facts *f)
{
	struct facts_conn *c;
	struct facts_process *p;
	size_t at = 0, process_at = 0;

	while ((c = map_next(&f->conns, &at)) != NULL)
		free_conn(c);
	while ((p = map_next(&f->processes, &process_at)) != NULL)
		facts_free_process(p);
	map_free(&f->conns);
	map_free(&f->peers);
	map_free(&f->processes);
	map_free(&f->randoms);
	buffer_free(&f->lines);
}
