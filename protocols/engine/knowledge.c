/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/knowledge.h"

#include <stdlib.h>

#include "format/hash.h"
#include "format/pack.h"
#include "protocols/engine/session_private.h"

/* What is learnt may take so much of the budget. */
#define KNOWLEDGE_SHARE 4

/* A connection that learnt more stays in memory: each time it would be written and read. */
#define PACKED_MAX (256u << 10)

/* Everything a fact is found by. */
struct name {
	const struct protocol *protocol;
	uint64_t scope; /* which server; 0: anywhere */
	unsigned kind;
	struct span key;
	const struct session *owner; /* NULL: shared */
};

struct entry {
	struct entry *next;	/* with the same hash */
	struct entry *next_own; /* of the same session */
	struct entry *prev_own;
	const struct protocol *protocol;
	uint64_t scope;
	const struct session *owner;
	unsigned kind;
	bool ambiguous; /* others said something else */
	uint32_t key_len;
	size_t value_len;
	char *value; /* NULL when empty */
	char key[];
};

static uint64_t size_of(const struct entry *e)
{
	return sizeof(*e) + e->key_len + e->value_len + 2 * BUDGET_OVERHEAD +
	       sizeof(struct map_entry) + 2 * sizeof(uint32_t);
}

static uint64_t hash_of(const struct name *name)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)name->protocol, name->scope);

	hash = hash_u64(hash, (uint64_t)(uintptr_t)name->owner);
	hash = hash_u64(hash, name->kind);
	return hash_bytes(hash, name->key.data, name->key.len);
}

static bool is(const struct entry *e, const struct name *name)
{
	return e->protocol == name->protocol && e->scope == name->scope && e->kind == name->kind &&
	       e->owner == name->owner && span_equal(span_of(e->key, e->key_len), name->key);
}

static struct entry *find(const struct knowledge *k, const struct name *name)
{
	struct entry *e = map_get(&k->facts, hash_of(name));

	while (e && !is(e, name))
		e = e->next;
	return e;
}

static void charge(struct knowledge *k, uint64_t n)
{
	k->used += n;
	budget_add(k->budget, n);
}

static void uncharge(struct knowledge *k, uint64_t n)
{
	k->used -= n;
	budget_give(k->budget, n);
}

static bool room_for(const struct knowledge *k, uint64_t n)
{
	const struct budget *b = k->budget;

	return !b || (budget_has(b, n) && n <= b->limit / KNOWLEDGE_SHARE &&
		      k->used <= b->limit / KNOWLEDGE_SHARE - n);
}

static void free_entry(struct knowledge *k, struct entry *e)
{
	uncharge(k, size_of(e));
	free(e->value);
	free(e);
}

/* ---- entries ---- */

/* False, and as it was, when there is no memory. */
static bool set_value(struct knowledge *k, struct entry *e, struct span value)
{
	char *copy = NULL;

	if (value.len) {
		copy = malloc(value.len);
		if (!copy)
			return false;
		memcpy(copy, value.data, value.len);
	}
	uncharge(k, e->value_len);
	charge(k, value.len);
	free(e->value);
	e->value = copy;
	e->value_len = value.len;
	return true;
}

/* NULL: no memory. */
static struct entry *add(struct knowledge *k, const struct name *name)
{
	uint64_t hash = hash_of(name);
	struct entry *e;

	e = malloc(sizeof(*e) + name->key.len);
	if (!e)
		return NULL;
	*e = (struct entry){
		.next = map_get(&k->facts, hash),
		.protocol = name->protocol,
		.scope = name->scope,
		.owner = name->owner,
		.kind = name->kind,
		.key_len = (uint32_t)name->key.len,
	};
	if (name->key.len)
		memcpy(e->key, name->key.data, name->key.len);
	if (!map_put(&k->facts, hash, e)) {
		free(e);
		return NULL;
	}
	charge(k, size_of(e));
	return e;
}

static void remove_entry(struct knowledge *k, struct entry *e, const struct name *name)
{
	uint64_t hash = hash_of(name);
	struct entry *first = map_get(&k->facts, hash);

	if (first != e) {
		while (first->next != e)
			first = first->next;
		first->next = e->next;
	} else if (e->next) {
		map_put(&k->facts, hash, e->next);
	} else {
		map_remove(&k->facts, hash);
	}
	free_entry(k, e);
}

/* ---- names ---- */

static struct name own_name(const struct session *s, const struct fact *fact)
{
	return (struct name){
		.protocol = s->protocol,
		.kind = fact->kind,
		.key = fact->key,
		.owner = s->root,
	};
}

/* False when nobody else can share it. */
static bool shared_name(const struct session *s, const struct fact *fact, struct name *name)
{
	int server = s->sides[DIRECTION_SENT] == SIDE_SERVER ? 0 : 1;

	*name = own_name(s, fact);
	name->owner = NULL;
	if (fact->scope == FACT_SERVER)
		name->scope = s->options.ends[server];
	return fact->scope == FACT_ANYWHERE || (fact->scope == FACT_SERVER && name->scope);
}

/* ---- learning ---- */

/* The same, where there is room for what input tells. */
static struct entry *add_if_room(struct knowledge *k, const struct name *name)
{
	bool room = name->key.len <= UINT32_MAX &&
		    room_for(k, sizeof(struct entry) + name->key.len);

	return room ? add(k, name) : NULL;
}

static bool set_if_room(struct knowledge *k, struct entry *e, struct span value)
{
	return (!value.len || room_for(k, value.len)) && set_value(k, e, value);
}

static void link_own(struct session *root, struct entry *e)
{
	e->next_own = root->facts;
	if (e->next_own)
		e->next_own->prev_own = e;
	root->facts = e;
}

static void learn_own(struct session *s, struct knowledge *k, const struct fact *fact)
{
	struct name name = own_name(s, fact);
	struct entry *e = find(k, &name);

	if (!e) {
		e = add_if_room(k, &name);
		if (!e) {
			k->refused++;
			return;
		}
		link_own(s->root, e);
	}
	if (!set_if_room(k, e, fact->value)) {
		k->refused++;
		session_forget(s, fact);
	}
}

static void learn_shared(struct session *s, struct knowledge *k, const struct fact *fact)
{
	struct name name;
	struct entry *e;

	if (!shared_name(s, fact, &name))
		return;
	e = find(k, &name);
	if (e && !e->ambiguous && !span_equal(span_of(e->value, e->value_len), fact->value)) {
		e->ambiguous = true;
		set_value(k, e, (struct span){0});
	}
	if (e)
		return;
	e = add_if_room(k, &name);
	if (!e || !set_if_room(k, e, fact->value)) {
		k->refused++;
		if (e)
			remove_entry(k, e, &name);
	}
}

void session_learn(struct session *s, const struct fact *fact)
{
	struct knowledge *k = s->options.knowledge;

	if (!k)
		return;
	learn_own(s, k, fact);
	learn_shared(s, k, fact);
}

static void unlink_own(struct session *root, struct entry *e)
{
	if (e->prev_own)
		e->prev_own->next_own = e->next_own;
	else
		root->facts = e->next_own;
	if (e->next_own)
		e->next_own->prev_own = e->prev_own;
}

void session_forget(struct session *s, const struct fact *fact)
{
	struct knowledge *k = s->options.knowledge;
	struct name name = own_name(s, fact);
	struct entry *e = k ? find(k, &name) : NULL;

	if (!e)
		return;
	unlink_own(s->root, e);
	remove_entry(k, e, &name);
}

void session_forget_all(struct session *root)
{
	struct knowledge *k = root->options.knowledge;

	while (root->facts) {
		struct entry *e = root->facts;
		struct name name = {
			.protocol = e->protocol,
			.kind = e->kind,
			.key = span_of(e->key, e->key_len),
			.owner = root,
		};

		unlink_own(root, e);
		remove_entry(k, e, &name);
	}
}

/* ---- putting aside ---- */

/* Of a fact, beside its key and its value. */
struct packed_fact {
	const struct protocol *protocol;
	uint64_t kind;
};

bool session_pack_facts(const struct session *s, struct buffer *out)
{
	size_t before = out->len;
	uint64_t count = 0;

	for (const struct entry *e = s->facts; e; e = e->next_own)
		count++;
	pack_u64(out, count);
	for (const struct entry *e = s->facts; e && out->len - before <= PACKED_MAX;
	     e = e->next_own) {
		const struct packed_fact packed = {e->protocol, e->kind};

		buffer_append(out, &packed, sizeof(packed));
		pack_span(out, span_of(e->key, e->key_len));
		pack_span(out, span_of(e->value, e->value_len));
	}
	return out->len - before <= PACKED_MAX;
}

/* It was there before: nobody asks for room. */
static bool unpack_fact(struct session *root, struct unpack *in)
{
	struct name name = {.owner = root};
	struct packed_fact packed;
	struct span value;
	struct entry *e;

	unpack_bytes(in, &packed, sizeof(packed));
	name.protocol = packed.protocol;
	name.kind = (unsigned)packed.kind;
	name.key = unpack_span(in);
	value = unpack_span(in);
	e = in->failed ? NULL : add(root->options.knowledge, &name);
	if (!e)
		return false;
	link_own(root, e);
	return set_value(root->options.knowledge, e, value);
}

bool session_unpack_facts(struct session *s, struct unpack *in)
{
	uint64_t count = unpack_u64(in);

	while (count && unpack_fact(s, in))
		count--;
	return !count;
}

/* ---- recalling ---- */

enum recall session_recall(struct session *s, struct fact *fact)
{
	struct knowledge *k = s->options.knowledge;
	struct name name = own_name(s, fact);
	struct entry *e = k ? find(k, &name) : NULL;

	if (e) {
		fact->value = span_of(e->value, e->value_len);
		return RECALL_OWN;
	}
	if (!k || !shared_name(s, fact, &name))
		return RECALL_NONE;
	if (!k->complete && !k->once) {
		k->wanted++;
		return RECALL_NONE;
	}
	e = find(k, &name);
	if (!e || e->ambiguous)
		return RECALL_NONE;
	fact->value = span_of(e->value, e->value_len);
	return RECALL_INFERRED;
}

const char *session_unresolved(const struct session *s)
{
	const struct knowledge *k = s->options.knowledge;

	return k && k->complete ? "nowhere told in this recording" : "not resolved yet";
}

void knowledge_free(struct knowledge *k)
{
	struct entry *e;
	size_t at = 0;

	while ((e = map_next(&k->facts, &at)) != NULL) {
		while (e) {
			struct entry *next = e->next;

			free_entry(k, e);
			e = next;
		}
	}
	map_free(&k->facts);
}
