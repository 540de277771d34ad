/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/shape/names_private.h"
#include "format/hash.h"
#include "format/map.h"

/* So many words that came but once, of all in a place, and there will be more. */
#define WORDS_SOME 20
#define ONCE_PART  4

/* A name that stands out from values around it comes this often: a part of all, and at least. */
#define COMMON_PART 20
#define COMMON_MIN  50

/* Numbers this long, or so many of them, make a value of a segment that has a word, too. */
#define LONG_NUMBER  3
#define SHORT_VALUES 5

static bool merge(struct names *n, uint32_t from, uint32_t into);

/* The children of FROM become those of INTO. */
static bool merge_children(struct names *n, uint32_t from, uint32_t into)
{
	uint32_t child = n->nodes[from].child;

	for (; child != NAMES_NONE; child = n->nodes[child].next) {
		uint32_t own;

		if (n->nodes[child].into != NAMES_NONE)
			continue;
		own = names_find(n, into, names_text(n, &n->nodes[child]));
		if (own == NAMES_NONE)
			own = names_add(n, into, names_text(n, &n->nodes[child]),
					n->nodes[child].value);
		if (own == NAMES_NONE || !merge(n, child, own))
			return false;
	}
	return true;
}

/* As deep as a name has segments. */
static bool merge(struct names *n, uint32_t from, uint32_t into)
{
	if (from == into)
		return true;
	n->nodes[into].count += n->nodes[from].count;
	if (!merge_children(n, from, into))
		return false;
	n->revision++;
	n->nodes[from].into = into;
	if (n->nodes[from].parent != NAMES_NONE)
		n->nodes[n->nodes[from].parent].children--;
	return true;
}

/* Makes CHILD one of the values with the form FORM. */
static bool make_value(struct names *n, uint32_t child, struct span form)
{
	uint32_t parent = n->nodes[child].parent;
	uint32_t value = names_find(n, parent, form);

	if (value == NAMES_NONE)
		value = names_add(n, parent, form, true);
	if (value == NAMES_NONE)
		return false;
	n->nodes[value].value = true;
	n->nodes[parent].has_values = true;
	return merge(n, child, value);
}

/* Segments that differ in their numbers alone. */
struct mask {
	uint32_t count;
	uint32_t once;
	bool long_numbers;
};

/* What is counted of the children of a place. */
struct tally {
	uint32_t opaque;
	uint32_t words;
	uint32_t once; /* of the words */
	uint64_t times;
	size_t mixed_len; /* of all opaque ones with letters; SIZE_MAX: they differ */
	struct map masks; /* by hash */
};

static void tally_free(struct tally *t)
{
	struct mask *mask;

	for (size_t at = 0; (mask = map_next(&t->masks, &at)) != NULL;)
		free(mask);
	map_free(&t->masks);
}

static uint64_t mask_hash(struct span s, const struct look *l)
{
	struct buffer mask = {0};
	uint64_t hash;

	names_append_mask(&mask, s, l);
	hash = hash_bytes(0, mask.data, mask.len);
	buffer_free(&mask);
	return hash;
}

static bool count_mask(struct tally *t, struct span s, const struct look *l, bool once)
{
	uint64_t hash = mask_hash(s, l);
	struct mask *mask = map_get(&t->masks, hash);

	if (!mask) {
		mask = calloc(1, sizeof(*mask));
		if (!mask || !map_put(&t->masks, hash, mask)) {
			free(mask);
			return false;
		}
	}
	mask->count++;
	mask->once += once;
	mask->long_numbers |= l->longest >= LONG_NUMBER;
	return true;
}

static bool is_mask_of_values(const struct mask *m)
{
	if (m->long_numbers)
		return m->count > 1;
	return m->count > NAMES_WORDS ||
	       (m->count >= SHORT_VALUES && m->once >= m->count / ONCE_PART);
}

static bool count_child(const struct names *n, struct tally *t, const struct node *child)
{
	const struct look l = names_look(n, names_text(n, child));

	t->times += child->count;
	if (!names_is_opaque(&l)) {
		t->words++;
		t->once += child->count == 1;
		return !l.digits || count_mask(t, names_text(n, child), &l, child->count == 1);
	}
	t->opaque++;
	if (l.letters && !t->mixed_len)
		t->mixed_len = l.len;
	else if (l.letters && t->mixed_len != l.len)
		t->mixed_len = SIZE_MAX;
	return true;
}

/* Each child that WANTS takes becomes a value, in the form that FORM appends. */
typedef bool wants_fn(const struct names *n, const struct tally *t, uint32_t child,
		      const struct look *l);
typedef void form_fn(struct buffer *b, struct span text, const struct look *l);

static bool decide_each(struct names *n, uint32_t parent, const struct tally *t, wants_fn *wants,
			form_fn *form)
{
	struct buffer text = {0};
	bool good = true;

	for (uint32_t c = n->nodes[parent].child; c != NAMES_NONE && good; c = n->nodes[c].next) {
		struct look l;

		if (n->nodes[c].into != NAMES_NONE || n->nodes[c].value)
			continue;
		l = names_look(n, names_text(n, &n->nodes[c]));
		if (!l.len || !wants(n, t, c, &l))
			continue;
		buffer_clear(&text);
		form(&text, names_text(n, &n->nodes[c]), &l);
		good = !text.failed && make_value(n, c, buffer_span(&text));
	}
	buffer_free(&text);
	return good;
}

/* Also letters alone, where all other values are as long: a hash can be without digits. */
static bool wants_opaque(const struct names *n, const struct tally *t, uint32_t child,
			 const struct look *l)
{
	(void)n;
	(void)child;
	return names_is_opaque(l) || (l->len == t->mixed_len && l->len >= 8);
}

static bool wants_mask(const struct names *n, const struct tally *t, uint32_t child,
		       const struct look *l)
{
	struct span text = names_text(n, &n->nodes[child]);
	const struct mask *mask;

	if (!l->digits || names_is_opaque(l))
		return false;
	mask = map_get(&t->masks, mask_hash(text, l));
	return mask && is_mask_of_values(mask);
}

static bool wants_word(const struct names *n, const struct tally *t, uint32_t child,
		       const struct look *l)
{
	(void)l;
	return n->nodes[child].count < COMMON_MIN || n->nodes[child].count < t->times / COMMON_PART;
}

/* Counts what stands for itself among the children; *VALUES: there are values, too. */
static bool tally_fill(const struct names *n, uint32_t parent, struct tally *t, bool *values)
{
	bool good = true;

	*values = false;
	for (uint32_t c = n->nodes[parent].child; c != NAMES_NONE && good; c = n->nodes[c].next) {
		if (n->nodes[c].into != NAMES_NONE)
			continue;
		if (n->nodes[c].value)
			*values = true;
		else
			good = count_child(n, t, &n->nodes[c]);
	}
	return good;
}

/* Words that are values are told by what numbers left. */
static bool decide_words(struct names *n, uint32_t parent)
{
	struct tally t = {0};
	bool values, good = tally_fill(n, parent, &t, &values);

	if (good &&
	    (t.words > NAMES_WORDS || (t.words >= WORDS_SOME && t.once >= t.words / ONCE_PART)))
		good = decide_each(n, parent, &t, wants_word, names_append_whole);
	tally_free(&t);
	return good;
}

bool names_decide(struct names *n, uint32_t parent)
{
	struct tally t = {0};
	bool values, good = tally_fill(n, parent, &t, &values);

	if (good && (t.opaque > 1 || (t.opaque && values)))
		good = decide_each(n, parent, &t, wants_opaque, names_append_whole);
	good = good && decide_each(n, parent, &t, wants_mask, names_append_mask);
	tally_free(&t);
	return good && decide_words(n, parent);
}

bool names_settle(struct names *n)
{
	/* Those that deciding adds come behind, and are decided in their turn. */
	for (uint32_t i = 0; i < n->count; i++)
		if (n->nodes[i].into == NAMES_NONE && n->nodes[i].children > 1 &&
		    !names_decide(n, i))
			return false;
	return true;
}
