/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "format/hash.h"
#include "protocols/engine/budget.h"
#include "protocols/engine/matcher_private.h"

/* Requests looked at, one by one, for a response that doesn't say who sent it. */
#define PEERS_SEARCHED 1024

#define BUCKETS_MIN 16

static uint64_t hash_of(const struct matcher *p, uint64_t key, const struct address *peer)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)p, key);

	if (!peer)
		return hash;
	hash = hash_bytes(hash, peer->ip, sizeof(peer->ip));
	return hash_u64(hash, (uint64_t)peer->port << 32 | (uint64_t)peer->family << 24);
}

static struct bucket *bucket_of(const struct matcher *p, uint64_t hash)
{
	return &p->buckets[hash & (p->bucket_count - 1)];
}

static void bucket_append(struct matcher *p, struct message *m)
{
	struct bucket *b = bucket_of(p, m->hash);

	m->next_same = NULL;
	m->prev_same = b->last;
	if (b->last)
		b->last->next_same = m;
	else
		b->first = m;
	b->last = m;
}

void matcher_unindex(struct matcher *p, struct message *m)
{
	struct bucket *b = bucket_of(p, m->hash);

	if (m->prev_same)
		m->prev_same->next_same = m->next_same;
	else
		b->first = m->next_same;
	if (m->next_same)
		m->next_same->prev_same = m->prev_same;
	else
		b->last = m->prev_same;
}

/* As many buckets as requests. False when there is no memory for any. */
static bool resize(struct matcher *p, size_t count)
{
	struct bucket *buckets = calloc(count, sizeof(*buckets));

	if (!buckets)
		return p->buckets != NULL;
	budget_add(p->budget, count * sizeof(*buckets));
	budget_give(p->budget, p->bucket_count * sizeof(*buckets));
	free(p->buckets);
	p->buckets = buckets;
	p->bucket_count = count;
	for (struct message *m = p->requests.first; m; m = m->next)
		bucket_append(p, m);
	return true;
}

bool matcher_index(struct matcher *p, struct message *m)
{
	if (p->requests.count >= p->bucket_count &&
	    !resize(p, p->bucket_count ? p->bucket_count * 2 : BUCKETS_MIN))
		return false;
	m->hash = hash_of(p, m->key, m->has_peer ? &m->peer : NULL);
	bucket_append(p, m);
	p->peered += m->has_peer;
	return true;
}

static bool same_peer(const struct message *a, const struct message *b)
{
	if (!a->has_peer || !b->has_peer)
		return a->has_peer == b->has_peer;
	return address_equal(&a->peer, &b->peer);
}

/* The oldest request with this key and exactly this peer, or none. */
static struct message *find_exact(const struct matcher *p, const struct message *like)
{
	uint64_t hash = hash_of(p, like->key, like->has_peer ? &like->peer : NULL);
	struct message *m = bucket_of(p, hash)->first;

	while (m && (m->key != like->key || !same_peer(m, like)))
		m = m->next_same;
	return m;
}

/* The oldest request with this key, whoever sent it. */
static struct message *find_any(const struct matcher *p, const struct message *like)
{
	struct message *m = p->requests.first;

	for (int i = 0; m && m->key != like->key; m = m->next)
		if (++i == PEERS_SEARCHED)
			return NULL;
	return m;
}

struct message *matcher_find(struct matcher *p, const struct message *message)
{
	struct message *exact, *other = NULL;

	if (!p->requests.count || !p->options.by_key)
		return NULL;
	if (!message->has_peer)
		return p->peered ? find_any(p, message) : find_exact(p, message);
	exact = find_exact(p, message);
	if (p->peered < p->requests.count) {
		const struct message anonymous = {.key = message->key};

		other = find_exact(p, &anonymous);
	}
	if (exact && other)
		return exact->number < other->number ? exact : other;
	return exact ? exact : other;
}
