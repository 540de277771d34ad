/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/names_private.h"
#include "format/hash.h"

/* There is too much: what is new is a value, or one of what is more. */
static uint32_t add_value(struct names *n, uint32_t parent, struct span segment)
{
	const struct look l = names_look(n, segment);
	struct buffer form = {0};
	uint32_t at;

	names_append_whole(&form, segment, &l);
	at = names_find(n, parent, buffer_span(&form));
	if (at == NAMES_NONE && !names_holds(n, 2))
		at = names_add(n, parent, buffer_span(&form), true);
	else if (at == NAMES_NONE && n->more == NAMES_NONE)
		at = n->more = names_add(n, 0, span_text(NAMES_MORE), true);
	else if (at == NAMES_NONE)
		at = n->more;
	buffer_free(&form);
	return at;
}

static uint32_t learn_segment(struct names *n, uint32_t parent, struct span segment)
{
	uint32_t at = names_find_segment(n, parent, segment);

	if (at != NAMES_NONE)
		return at;
	if (!n->full && names_holds(n, 1)) {
		n->full = true;
		if (!names_settle(n))
			return NAMES_NONE;
		parent = names_resolved(n, parent);
	}
	return n->full ? add_value(n, parent, segment) : names_add(n, parent, segment, false);
}

/* Where NAME stands among the recent ones; NULL: it is too long, or nothing. */
static struct recent *recent_of(const struct names *n, struct span name)
{
	if (!name.len || name.len > NAMES_RECENT_LEN)
		return NULL;
	return &n->recent[hash_bytes(n->seed, name.data, name.len) % NAMES_RECENT];
}

static bool is_recent(const struct names *n, const struct recent *r, struct span name)
{
	return r && r->revision == n->revision && r->len == name.len &&
	       memcmp(r->name, name.data, name.len) == 0;
}

/* The name leads to LEAF, in DEPTH segments; n->form is its form. */
static void remember(const struct names *n, struct span name, uint32_t leaf, unsigned depth)
{
	struct recent *r = recent_of(n, name);

	if (!r || n->form.failed || n->form.len > NAMES_RECENT_LEN)
		return;
	memcpy(r->name, name.data, name.len);
	memcpy(r->form, n->form.data, n->form.len);
	r->len = (uint16_t)name.len;
	r->form_len = (uint16_t)n->form.len;
	r->leaf = leaf;
	r->depth = (uint16_t)depth;
	r->revision = n->revision;
}

static void count_up(struct names *n, uint32_t at)
{
	for (; at != NAMES_NONE && at; at = n->nodes[at].parent)
		n->nodes[at].count++;
}

/* What stands in front of the last segment. */
static struct span place_of(const struct names *n, struct span name)
{
	size_t len = name.len ? name.len - 1 : 0;

	while (len && !names_separates(n, name.data[len - 1]))
		len--;
	return span_of(name.data, len);
}

/* One more segment of a name, where it leads. NAMES_NONE without memory. */
static uint32_t step(struct names *n, uint32_t parent, struct span segment)
{
	uint32_t at = learn_segment(n, parent, segment);

	if (at == NAMES_NONE)
		return NAMES_NONE;
	n->nodes[at].count++;
	if (n->nodes[parent].children >= n->nodes[parent].early) {
		if (!names_decide(n, parent))
			return NAMES_NONE;
		n->nodes[parent].early = n->nodes[parent].children + NAMES_EARLY;
		at = names_resolved(n, at);
	}
	buffer_append_span(&n->form, names_text(n, &n->nodes[at]));
	return at;
}

/* Its form is in n->form, unless something was decided meanwhile. */
static bool learn(struct names *n, struct span name)
{
	const struct span whole = name, place = place_of(n, name);
	const struct recent *r = place.len ? recent_of(n, place) : NULL;
	uint32_t at = 0;
	unsigned depth = 0;

	buffer_clear(&n->form);
	if (is_recent(n, r, place) && r->depth < NAMES_SEGMENTS_MAX) {
		at = r->leaf;
		depth = r->depth;
		count_up(n, at);
		buffer_append(&n->form, r->form, r->form_len);
		name = span_of(name.data + place.len, name.len - place.len);
	}
	do {
		at = step(n, at, names_cut(n, &name, depth++));
		if (at == NAMES_NONE)
			return false;
		if (at == n->more)
			return true;
		if (name.len && name.data == place.data + place.len)
			remember(n, place, at, depth);
	} while (name.len);
	/* What ends in a value hardly comes again. */
	if (!n->nodes[at].value)
		remember(n, whole, at, depth);
	return true;
}

bool names_take(struct names *n, struct span name, struct buffer *form)
{
	const struct recent *r = recent_of(n, name);
	uint64_t revision = n->revision;

	if (is_recent(n, r, name)) {
		count_up(n, r->leaf);
		if (form)
			buffer_append(form, r->form, r->form_len);
		return true;
	}
	if (!learn(n, name))
		return false;
	if (n->revision != revision) {
		if (form)
			names_append(n, name, form);
		return true;
	}
	if (form)
		buffer_append_span(form, buffer_span(&n->form));
	return !n->form.failed;
}

void names_append(const struct names *n, struct span name, struct buffer *out)
{
	const struct recent *r = recent_of(n, name);
	uint32_t at = 0;
	unsigned depth = 0;

	if (is_recent(n, r, name)) {
		buffer_append_span(out, span_of(r->form, r->form_len));
		return;
	}

	do {
		struct span segment = names_cut(n, &name, depth++);
		uint32_t child = at == NAMES_NONE ? NAMES_NONE : names_find_segment(n, at, segment);

		if (child == NAMES_NONE && n->more != NAMES_NONE) {
			buffer_append_text(out, NAMES_MORE);
			return;
		}
		buffer_append_span(out,
				   child == NAMES_NONE ? segment : names_text(n, &n->nodes[child]));
		at = child;
	} while (name.len);
}
