/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/map/resolve_private.h"

/* ---- what they are called ---- */

const char *resolve_name_text(const struct resolving *r, uint32_t name)
{
	return intern_text(r->names, name).data;
}

static void append_part(struct buffer *b, const char *text)
{
	if (b->len && *text)
		buffer_append_text(b, ", ");
	buffer_append_text(b, text);
}

/* Digits of a container's id that people go by. */
#define CONTAINER_DIGITS 12

static void append_container(struct buffer *b, const struct party *p)
{
	char text[32];

	if (!*p->container)
		return;
	snprintf(text, sizeof(text), "container %.*s", CONTAINER_DIGITS, p->container);
	append_part(b, text);
}

static void append_process(const struct resolving *r, struct buffer *b, const struct party *p)
{
	buffer_append_text(b, *p->comm ? p->comm : "unknown");
	if (*p->script)
		buffer_printf(b, " %s", p->script);
	if (r->parties->by == MAP_BY_PROCESS)
		buffer_printf(b, "[%u]", p->pid);
}

const char *resolve_take_text(struct resolving *r)
{
	const char *text = graph_text(r->g, buffer_span(&r->text));

	r->no_memory |= r->text.failed;
	buffer_clear(&r->text);
	return text;
}

static void describe_process(struct resolving *r, const struct node_key *key,
			     struct graph_node *node, const struct party *p)
{
	const struct base *base = &r->bases[key->base];

	buffer_clear(&r->text);
	node->container = graph_text(r->g, span_text(p->container));
	if (key->kind == 'n') {
		node->kind = NODE_NAME;
		node->label = graph_text(r->g, span_text(resolve_name_text(r, key->name)));
		append_process(r, &r->text, p);
	} else {
		node->kind = NODE_PROCESS;
		append_process(r, &r->text, p);
		node->label = resolve_take_text(r);
		if (base->names == 1)
			append_part(&r->text, resolve_name_text(r, base->only));
	}
	append_container(&r->text, p);
	if (r->parties->by == MAP_BY_ADDRESS)
		append_part(&r->text, p->text);
	node->detail = resolve_take_text(r);
}

static void describe(struct resolving *r, const struct node_key *key, struct graph_node *node)
{
	const struct party *p = key->kind == 'h' || key->kind == 'q' ? NULL
								     : &r->parties->all[key->base];
	const struct base *base = &r->bases[key->base];
	uint32_t name = key->name ? key->name : p && base->names == 1 ? base->only : 0;

	*node = (struct graph_node){
		.kind = NODE_ADDRESS, .label = "", .detail = "", .container = "", .addresses = ""};
	if (p && p->kind == PARTY_PROCESS) {
		describe_process(r, key, node, p);
	} else if (name || !p) {
		node->kind = NODE_NAME;
		node->label = graph_text(r->g, span_text(resolve_name_text(r, name)));
	} else {
		node->label = graph_text(r->g, span_text(p->text));
	}
}

size_t resolve_node(struct resolving *r, const struct node_key *key)
{
	struct graph_node node;
	size_t count = r->nodes.count;
	size_t number = intern_put(&r->nodes, span_of(key, sizeof(*key)));

	if (number == INTERN_NONE) {
		r->no_memory = true;
		return 0;
	}
	if (number < count)
		return number;
	describe(r, key, &node);
	graph_add_node(r->g, &node);
	return number;
}

/* ---- where they are ---- */

void resolve_see_at(struct resolving *r, size_t node, const char *text)
{
	struct seen_at *seen = &r->seen[node];
	size_t i = 0;

	while (i < seen->count && strcmp(seen->texts[i], text) != 0)
		i++;
	if (i < seen->count || !*text)
		return;
	if (seen->count == ADDRESSES)
		seen->more = true;
	else
		seen->texts[seen->count++] = text;
}

static const char *addresses_of(struct resolving *r, const struct seen_at *seen)
{
	buffer_clear(&r->text);
	for (size_t i = 0; i < seen->count; i++)
		append_part(&r->text, seen->texts[i]);
	if (seen->more)
		buffer_append_text(&r->text, ", ...");
	return resolve_take_text(r);
}

/* The number of what is shown of NODE, and how many are shown alike: in COUNTS. */
static size_t look_of(struct resolving *r, struct intern *looks, const struct graph_node *node)
{
	size_t number;

	buffer_clear(&r->text);
	buffer_append_text(&r->text, node->label);
	buffer_append_char(&r->text, '\0');
	buffer_append_text(&r->text, node->detail);
	number = intern_put(looks, buffer_span(&r->text));
	r->no_memory |= number == INTERN_NONE;
	return r->no_memory ? 0 : number;
}

void resolve_tell_places(struct resolving *r)
{
	bool by_address = r->parties->by == MAP_BY_ADDRESS;
	struct intern looks = {0};
	struct graph *g = r->g;
	size_t *counts = calloc(g->node_count + 1, sizeof(*counts));

	r->no_memory |= !counts;
	for (size_t i = 0; i < g->node_count && !r->no_memory; i++) {
		g->nodes[i].addresses = addresses_of(r, &r->seen[i]);
		counts[look_of(r, &looks, &g->nodes[i])]++;
	}
	for (size_t i = 0; i < g->node_count && !r->no_memory; i++) {
		struct graph_node *node = &g->nodes[i];
		bool alike = counts[look_of(r, &looks, node)] > 1;

		if (!*node->addresses || strcmp(node->label, node->addresses) == 0 ||
		    (!alike && !by_address && (node->kind != NODE_NAME || *node->detail)))
			continue;
		buffer_clear(&r->text);
		if (!by_address)
			buffer_append_text(&r->text, node->detail);
		append_part(&r->text, node->addresses);
		node->detail = resolve_take_text(r);
	}
	intern_free(&looks);
	free(counts);
}
