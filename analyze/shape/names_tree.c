/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/shape/names_private.h"
#include "format/hash.h"
#include "protocols/engine/budget.h"

/* Of all; then everything is decided, and what is new is a value. */
#define NODES_MAX (1u << 18)
#define TEXTS_MAX (16u << 20) /* bytes */

struct span names_text(const struct names *n, const struct node *node)
{
	return span_of(n->texts.data + node->text, node->len);
}

static uint64_t hash_of(const struct names *n, uint32_t parent, struct span text)
{
	return hash_bytes(hash_u64(n->seed, parent), text.data, text.len);
}

static uint32_t *slot_of(const struct names *n, uint32_t parent, struct span text)
{
	size_t mask = n->slot_count - 1;
	size_t at = (size_t)hash_of(n, parent, text) & mask;

	for (; n->slots[at]; at = (at + 1) & mask) {
		const struct node *node = &n->nodes[n->slots[at] - 1];

		if (node->parent == parent && span_equal(names_text(n, node), text))
			break;
	}
	return &n->slots[at];
}

/* What stands for a node, in the end. */
uint32_t names_resolved(const struct names *n, uint32_t at)
{
	while (n->nodes[at].into != NAMES_NONE)
		at = n->nodes[at].into;
	return at;
}

uint32_t names_find(const struct names *n, uint32_t parent, struct span text)
{
	uint32_t at = *slot_of(n, parent, text);

	return at ? names_resolved(n, at - 1) : NAMES_NONE;
}

static bool grow(struct names *n)
{
	uint32_t capacity = n->capacity ? n->capacity * 2 : 256;
	struct node *nodes = realloc(n->nodes, capacity * sizeof(*nodes));
	uint32_t *slots = calloc((size_t)capacity * 2, sizeof(*slots));

	if (nodes)
		n->nodes = nodes;
	if (!nodes || !slots) {
		free(slots);
		return false;
	}
	free(n->slots);
	n->slots = slots;
	n->slot_count = (size_t)capacity * 2;
	n->capacity = capacity;
	for (uint32_t i = 0; i < n->count; i++)
		*slot_of(n, n->nodes[i].parent, names_text(n, &n->nodes[i])) = i + 1;
	return true;
}

/* Whether more is held than PARTS halves of what may be. */
bool names_holds(const struct names *n, unsigned parts)
{
	return n->count >= parts * NODES_MAX || n->texts.len >= parts * TEXTS_MAX ||
	       (n->budget && n->budget->used >= n->budget->limit / 2 * parts);
}

/* What the budget has to know of. */
static void charge(struct names *n)
{
	budget_recharge(n->budget,
			n->capacity * sizeof(*n->nodes) + n->slot_count * sizeof(*n->slots) +
				n->texts.capacity,
			&n->charged);
}

/* A new child of PARENT; NAMES_NONE without memory. */
uint32_t names_add(struct names *n, uint32_t parent, struct span text, bool value)
{
	struct node *node;

	if (n->count == n->capacity && !grow(n))
		return NAMES_NONE;
	node = &n->nodes[n->count];
	*node = (struct node){
		.parent = parent,
		.child = NAMES_NONE,
		.next = parent == NAMES_NONE ? NAMES_NONE : n->nodes[parent].child,
		.into = NAMES_NONE,
		.text = (uint32_t)n->texts.len,
		.len = (uint16_t)text.len,
		.value = value,
		.early = NAMES_EARLY,
	};
	if (text.len && text.data >= n->texts.data && text.data < n->texts.data + n->texts.len) {
		node->text = (uint32_t)(text.data - n->texts.data);
	} else {
		buffer_append(&n->texts, text.data, text.len);
		if (n->texts.failed) {
			n->texts.failed = false;
			return NAMES_NONE;
		}
	}
	charge(n);
	*slot_of(n, parent, names_text(n, node)) = n->count + 1;
	if (parent != NAMES_NONE) {
		n->nodes[parent].child = n->count;
		n->nodes[parent].children++;
		n->nodes[parent].has_values |= value;
	}
	return n->count++;
}

struct names *names_new(const char *separators, struct budget *budget)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	for (; *separators; separators++)
		n->separators[(unsigned char)*separators] = true;
	n->budget = budget;
	n->more = NAMES_NONE;
	n->seed = hash_seed();
	n->revision = 1;
	n->recent = calloc(NAMES_RECENT, sizeof(*n->recent));
	n->scratch = calloc(1, sizeof(*n->scratch));
	if (n->recent && n->scratch && grow(n) &&
	    names_add(n, NAMES_NONE, span_of("", 0), false) != NAMES_NONE)
		return n;
	names_free(n);
	return NULL;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	budget_give(n->budget, n->charged);
	free(n->nodes);
	free(n->slots);
	free(n->recent);
	if (n->scratch)
		buffer_free(n->scratch);
	free(n->scratch);
	buffer_free(&n->form);
	buffer_free(&n->texts);
	free(n);
}

static uint32_t find_form(const struct names *n, uint32_t parent)
{
	uint32_t at = n->scratch->failed ? NAMES_NONE
					 : names_find(n, parent, buffer_span(n->scratch));

	return at != NAMES_NONE && n->nodes[at].value ? at : NAMES_NONE;
}

/* The value among PARENT's children that TEXT would be one of; NAMES_NONE. */
static uint32_t find_value(const struct names *n, uint32_t parent, struct span text)
{
	uint32_t at = NAMES_NONE;
	struct look l;

	if (!n->nodes[parent].has_values)
		return NAMES_NONE;
	l = names_look(n, text);
	buffer_clear(n->scratch);
	if (l.digits) {
		names_append_mask(n->scratch, text, &l);
		at = find_form(n, parent);
	}
	/* Of digits alone both are the same. */
	if (at == NAMES_NONE && (!l.digits || l.digits < l.len)) {
		buffer_clear(n->scratch);
		names_append_whole(n->scratch, text, &l);
		at = find_form(n, parent);
	}
	return at;
}

/* The value that a number of LEN digits is one of: the same as find_value(). */
static uint32_t find_number(const struct names *n, uint32_t parent, struct span text, size_t len)
{
	buffer_clear(n->scratch);
	buffer_append_text(n->scratch, NAMES_ID);
	buffer_append(n->scratch, text.data + len, text.len - len);
	return find_form(n, parent);
}

/* Where a segment leads; NAMES_NONE. Where there are values, a number is one of them. */
uint32_t names_find_segment(const struct names *n, uint32_t parent, struct span segment)
{
	size_t number = n->nodes[parent].has_values ? names_number_len(n, segment) : 0;
	uint32_t at = number ? find_number(n, parent, segment, number) : NAMES_NONE;

	if (at == NAMES_NONE)
		at = names_find(n, parent, segment);
	if (at == NAMES_NONE && !number)
		at = find_value(n, parent, segment);
	return at;
}
