/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/names.h"

#include <ctype.h>
#include <stdlib.h>

#include "format/hash.h"
#include "format/map.h"
#include "protocols/engine/budget.h"

/* Segments of a name; the rest is one. */
#define SEGMENTS_MAX 32

/* Names in one place, before it is decided. */
#define EARLY 4096

/* Of all; then everything is decided, and what is new is a value. */
#define NODES_MAX (1u << 18)
#define TEXTS_MAX (16u << 20) /* bytes */

/* So many words that came but once, of all in a place, and there will be more. */
#define WORDS_SOME 20
#define ONCE_PART  4

/* A name that stands out from values around it comes this often: a part of all, and at least. */
#define COMMON_PART 20
#define COMMON_MIN  50

/* Numbers this long, or so many of them, make a value of a segment that has a word, too. */
#define LONG_NUMBER  3
#define SHORT_VALUES 5

#define NONE UINT32_MAX

/* A place in the tree of all names: the segment that leads there, and what may follow. */
struct node {
	uint32_t parent;
	uint32_t child; /* the newest; NONE */
	uint32_t next;	/* sibling */
	uint32_t into;	/* what it is one of, once that is decided; NONE: itself */
	uint32_t text;	/* in texts */
	uint16_t len;
	bool value;	   /* its text is a form, not a name */
	bool has_values;   /* one of its children is, or was */
	uint32_t children; /* that stand for themselves */
	uint32_t early;	   /* with so many children it is decided */
	uint64_t count;
};

/*
 * A name that came lately, or what stands in front of its last segment: where it leads, and its
 * form, as long as nothing is decided anew.
 */
#define RECENT	    1024
#define RECENT_NAME 112

struct recent {
	uint64_t revision;
	uint32_t leaf;
	uint16_t depth; /* segments */
	uint16_t len;
	uint16_t form_len;
	char name[RECENT_NAME];
	char form[RECENT_NAME];
};

struct names {
	uint64_t revision; /* how often something was decided, from 1 */
	struct recent *recent;
	bool separators[256];
	struct buffer *scratch; /* a form that is looked for */
	struct buffer form;	/* of the name that is learnt */
	struct node *nodes;
	uint32_t count;
	uint32_t capacity;
	uint32_t *slots; /* hash table: a node + 1; a power of two */
	size_t slot_count;
	struct buffer texts;
	uint64_t seed;
	struct budget *budget; /* may be NULL */
	uint64_t charged;
	bool full;     /* all was decided for want of room: what is new is a value */
	uint32_t more; /* the node of NAMES_MORE; NONE: there was always room */
};

/* ---- segments ---- */

static bool is_separator(const struct names *n, char c)
{
	return n->separators[(unsigned char)c];
}

/* One segment; with the separator behind it, but for the last. */
static struct span cut_segment(const struct names *n, struct span *name, unsigned depth)
{
	struct span segment = *name;

	if (depth + 1 < SEGMENTS_MAX) {
		size_t len = 0;

		while (len < name->len && !is_separator(n, name->data[len]))
			len++;
		segment.len = len + (len < name->len);
	}
	if (segment.len > UINT16_MAX)
		segment.len = UINT16_MAX;
	*name = span_of(name->data + segment.len, name->len - segment.len);
	return segment;
}

/* What a segment looks like. */
struct look {
	unsigned digits;
	unsigned letters;
	unsigned longest;  /* run of digits */
	unsigned switches; /* between letters and digits */
	size_t len;	   /* without its separator, and an extension as .json */
	size_t whole;	   /* without its separator */
};

static size_t extension_len(const char *data, size_t len)
{
	for (size_t i = 1; i <= 6 && i < len; i++) {
		if (data[len - i] == '.')
			return i > 1 ? i : 0;
		if (!isalpha((unsigned char)data[len - i]))
			return 0;
	}
	return 0;
}

static struct look look_at(const struct names *n, struct span s)
{
	struct look l = {.whole = s.len};
	unsigned run = 0;
	int before = 0;

	if (s.len && is_separator(n, s.data[s.len - 1]))
		l.whole--;
	l.len = l.whole - extension_len(s.data, l.whole);
	for (size_t i = 0; i < l.len; i++) {
		int c = (unsigned char)s.data[i];
		int kind = isdigit(c) ? 1 : isalpha(c) ? 2 : before;

		l.switches += before && kind != before;
		before = kind;
		l.digits += isdigit(c) != 0;
		l.letters += isalpha(c) != 0;
		run = isdigit(c) ? run + 1 : 0;
		if (run > l.longest)
			l.longest = run;
	}
	return l;
}

/* Numbers, and mixtures of digits and letters as in a hash or a UUID. */
static bool is_opaque(const struct look *l)
{
	return l->digits && (!l->letters || l->switches >= 3);
}

/* "{id}", with what follows the value in its segment. */
static void append_whole(struct buffer *b, struct span s, const struct look *l)
{
	buffer_append_text(b, NAMES_ID);
	buffer_append_span(b, span_of(s.data + l->len, s.len - l->len));
}

/* "order-{id}": digits alone are the value. */
static void append_mask(struct buffer *b, struct span s, const struct look *l)
{
	for (size_t i = 0; i < s.len; i++) {
		bool digit = i < l->len && isdigit((unsigned char)s.data[i]);

		if (!digit)
			buffer_append_char(b, s.data[i]);
		else if (!i || !isdigit((unsigned char)s.data[i - 1]))
			buffer_append_text(b, NAMES_ID);
	}
}

/* ---- the tree ---- */

static struct span text_of(const struct names *n, const struct node *node)
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

		if (node->parent == parent && span_equal(text_of(n, node), text))
			break;
	}
	return &n->slots[at];
}

/* What stands for a node, in the end. */
static uint32_t resolved(const struct names *n, uint32_t at)
{
	while (n->nodes[at].into != NONE)
		at = n->nodes[at].into;
	return at;
}

static uint32_t find(const struct names *n, uint32_t parent, struct span text)
{
	uint32_t at = *slot_of(n, parent, text);

	return at ? resolved(n, at - 1) : NONE;
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
		*slot_of(n, n->nodes[i].parent, text_of(n, &n->nodes[i])) = i + 1;
	return true;
}

/* Whether more is held than PARTS halves of what may be. */
static bool holds(const struct names *n, unsigned parts)
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

/* A new child of PARENT; NONE without memory. */
static uint32_t add(struct names *n, uint32_t parent, struct span text, bool value)
{
	struct node *node;

	if (n->count == n->capacity && !grow(n))
		return NONE;
	node = &n->nodes[n->count];
	*node = (struct node){
		.parent = parent,
		.child = NONE,
		.next = parent == NONE ? NONE : n->nodes[parent].child,
		.into = NONE,
		.text = (uint32_t)n->texts.len,
		.len = (uint16_t)text.len,
		.value = value,
		.early = EARLY,
	};
	if (text.len && text.data >= n->texts.data && text.data < n->texts.data + n->texts.len) {
		node->text = (uint32_t)(text.data - n->texts.data);
	} else {
		buffer_append(&n->texts, text.data, text.len);
		if (n->texts.failed) {
			n->texts.failed = false;
			return NONE;
		}
	}
	charge(n);
	*slot_of(n, parent, text_of(n, node)) = n->count + 1;
	if (parent != NONE) {
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
	n->more = NONE;
	n->seed = hash_seed();
	n->revision = 1;
	n->recent = calloc(RECENT, sizeof(*n->recent));
	n->scratch = calloc(1, sizeof(*n->scratch));
	if (n->recent && n->scratch && grow(n) && add(n, NONE, span_of("", 0), false) != NONE)
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
	uint32_t at = n->scratch->failed ? NONE : find(n, parent, buffer_span(n->scratch));

	return at != NONE && n->nodes[at].value ? at : NONE;
}

/* The value among PARENT's children that TEXT would be one of; NONE. */
static uint32_t find_value(const struct names *n, uint32_t parent, struct span text)
{
	uint32_t at = NONE;
	struct look l;

	if (!n->nodes[parent].has_values)
		return NONE;
	l = look_at(n, text);
	buffer_clear(n->scratch);
	if (l.digits) {
		append_mask(n->scratch, text, &l);
		at = find_form(n, parent);
	}
	/* Of digits alone both are the same. */
	if (at == NONE && (!l.digits || l.digits < l.len)) {
		buffer_clear(n->scratch);
		append_whole(n->scratch, text, &l);
		at = find_form(n, parent);
	}
	return at;
}

/* How many digits a segment is made of; 0: there is something else in it. */
static size_t number_len(const struct names *n, struct span s)
{
	size_t len = s.len && is_separator(n, s.data[s.len - 1]) ? s.len - 1 : s.len;

	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s.data[i]))
			return 0;
	return len;
}

/* The value that a number of LEN digits is one of: the same as find_value(). */
static uint32_t find_number(const struct names *n, uint32_t parent, struct span text, size_t len)
{
	buffer_clear(n->scratch);
	buffer_append_text(n->scratch, NAMES_ID);
	buffer_append(n->scratch, text.data + len, text.len - len);
	return find_form(n, parent);
}

/* Where a segment leads; NONE. Where there are values, a number is one of them. */
static uint32_t find_segment(const struct names *n, uint32_t parent, struct span segment)
{
	size_t number = n->nodes[parent].has_values ? number_len(n, segment) : 0;
	uint32_t at = number ? find_number(n, parent, segment, number) : NONE;

	if (at == NONE)
		at = find(n, parent, segment);
	if (at == NONE && !number)
		at = find_value(n, parent, segment);
	return at;
}

/* ---- deciding ---- */

static bool merge(struct names *n, uint32_t from, uint32_t into);

/* The children of FROM become those of INTO. */
static bool merge_children(struct names *n, uint32_t from, uint32_t into)
{
	uint32_t child = n->nodes[from].child;

	for (; child != NONE; child = n->nodes[child].next) {
		uint32_t own;

		if (n->nodes[child].into != NONE)
			continue;
		own = find(n, into, text_of(n, &n->nodes[child]));
		if (own == NONE)
			own = add(n, into, text_of(n, &n->nodes[child]), n->nodes[child].value);
		if (own == NONE || !merge(n, child, own))
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
	if (n->nodes[from].parent != NONE)
		n->nodes[n->nodes[from].parent].children--;
	return true;
}

/* Makes CHILD one of the values with the form FORM. */
static bool make_value(struct names *n, uint32_t child, struct span form)
{
	uint32_t parent = n->nodes[child].parent;
	uint32_t value = find(n, parent, form);

	if (value == NONE)
		value = add(n, parent, form, true);
	if (value == NONE)
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

	append_mask(&mask, s, l);
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
	const struct look l = look_at(n, text_of(n, child));

	t->times += child->count;
	if (!is_opaque(&l)) {
		t->words++;
		t->once += child->count == 1;
		return !l.digits || count_mask(t, text_of(n, child), &l, child->count == 1);
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

	for (uint32_t c = n->nodes[parent].child; c != NONE && good; c = n->nodes[c].next) {
		struct look l;

		if (n->nodes[c].into != NONE || n->nodes[c].value)
			continue;
		l = look_at(n, text_of(n, &n->nodes[c]));
		if (!l.len || !wants(n, t, c, &l))
			continue;
		buffer_clear(&text);
		form(&text, text_of(n, &n->nodes[c]), &l);
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
	return is_opaque(l) || (l->len == t->mixed_len && l->len >= 8);
}

static bool wants_mask(const struct names *n, const struct tally *t, uint32_t child,
		       const struct look *l)
{
	struct span text = text_of(n, &n->nodes[child]);
	const struct mask *mask;

	if (!l->digits || is_opaque(l))
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
	for (uint32_t c = n->nodes[parent].child; c != NONE && good; c = n->nodes[c].next) {
		if (n->nodes[c].into != NONE)
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
		good = decide_each(n, parent, &t, wants_word, append_whole);
	tally_free(&t);
	return good;
}

static bool decide(struct names *n, uint32_t parent)
{
	struct tally t = {0};
	bool values, good = tally_fill(n, parent, &t, &values);

	if (good && (t.opaque > 1 || (t.opaque && values)))
		good = decide_each(n, parent, &t, wants_opaque, append_whole);
	good = good && decide_each(n, parent, &t, wants_mask, append_mask);
	tally_free(&t);
	return good && decide_words(n, parent);
}

bool names_settle(struct names *n)
{
	/* Those that deciding adds come behind, and are decided in their turn. */
	for (uint32_t i = 0; i < n->count; i++)
		if (n->nodes[i].into == NONE && n->nodes[i].children > 1 && !decide(n, i))
			return false;
	return true;
}

/* ---- learning ---- */

/* There is too much: what is new is a value, or one of what is more. */
static uint32_t add_value(struct names *n, uint32_t parent, struct span segment)
{
	const struct look l = look_at(n, segment);
	struct buffer form = {0};
	uint32_t at;

	append_whole(&form, segment, &l);
	at = find(n, parent, buffer_span(&form));
	if (at == NONE && !holds(n, 2))
		at = add(n, parent, buffer_span(&form), true);
	else if (at == NONE && n->more == NONE)
		at = n->more = add(n, 0, span_text(NAMES_MORE), true);
	else if (at == NONE)
		at = n->more;
	buffer_free(&form);
	return at;
}

static uint32_t learn_segment(struct names *n, uint32_t parent, struct span segment)
{
	uint32_t at = find_segment(n, parent, segment);

	if (at != NONE)
		return at;
	if (!n->full && holds(n, 1)) {
		n->full = true;
		if (!names_settle(n))
			return NONE;
		parent = resolved(n, parent);
	}
	return n->full ? add_value(n, parent, segment) : add(n, parent, segment, false);
}

/* Where NAME stands among the recent ones; NULL: it is too long, or nothing. */
static struct recent *recent_of(const struct names *n, struct span name)
{
	if (!name.len || name.len > RECENT_NAME)
		return NULL;
	return &n->recent[hash_bytes(n->seed, name.data, name.len) % RECENT];
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

	if (!r || n->form.failed || n->form.len > RECENT_NAME)
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
	for (; at != NONE && at; at = n->nodes[at].parent)
		n->nodes[at].count++;
}

/* What stands in front of the last segment. */
static struct span place_of(const struct names *n, struct span name)
{
	size_t len = name.len ? name.len - 1 : 0;

	while (len && !is_separator(n, name.data[len - 1]))
		len--;
	return span_of(name.data, len);
}

/* One more segment of a name, where it leads. NONE without memory. */
static uint32_t step(struct names *n, uint32_t parent, struct span segment)
{
	uint32_t at = learn_segment(n, parent, segment);

	if (at == NONE)
		return NONE;
	n->nodes[at].count++;
	if (n->nodes[parent].children >= n->nodes[parent].early) {
		if (!decide(n, parent))
			return NONE;
		n->nodes[parent].early = n->nodes[parent].children + EARLY;
		at = resolved(n, at);
	}
	buffer_append_span(&n->form, text_of(n, &n->nodes[at]));
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
	if (is_recent(n, r, place) && r->depth < SEGMENTS_MAX) {
		at = r->leaf;
		depth = r->depth;
		count_up(n, at);
		buffer_append(&n->form, r->form, r->form_len);
		name = span_of(name.data + place.len, name.len - place.len);
	}
	do {
		at = step(n, at, cut_segment(n, &name, depth++));
		if (at == NONE)
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
		struct span segment = cut_segment(n, &name, depth++);
		uint32_t child = at == NONE ? NONE : find_segment(n, at, segment);

		if (child == NONE && n->more != NONE) {
			buffer_append_text(out, NAMES_MORE);
			return;
		}
		buffer_append_span(out, child == NONE ? segment : text_of(n, &n->nodes[child]));
		at = child;
	} while (name.len);
}
