/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/flow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analyze/spill/cold.h"
#include "format/age_list.h"

#define FIRST_BUCKETS 1024u

/* What the allocator and the buckets add to each. */
#define OVERHEAD 32u

struct ages {
	struct flow *oldest;
	struct flow *newest;
};

struct flows {
	struct flow **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	size_t memory; /* of all that aren't put aside */
	size_t memory_max;
	uint64_t seed; /* so that nobody can make a capture whose flows all collide */
	struct ages tcp;
	struct ages udp;
	struct cold *aside; /* by hash */
	struct buffer packed;
	uint64_t back; /* flows_take_back(): where it goes on */
};

struct flows *flows_new(size_t memory)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return NULL;
	flows->memory_max = memory;
	flows->buckets = calloc(FIRST_BUCKETS, sizeof(struct flow *));
	flows->bucket_count = FIRST_BUCKETS;
	flows->aside = cold_new(memory);
	if (getrandom(&flows->seed, sizeof(flows->seed), GRND_NONBLOCK) < 0)
		flows->seed = (uintptr_t)flows;
	if (!flows->buckets || !flows->aside) {
		flows_free(flows);
		return NULL;
	}
	return flows;
}

static size_t flow_size(enum transport transport)
{
	return transport == TRANSPORT_TCP
		       ? sizeof(struct flow)
		       : offsetof(struct flow, udp) + sizeof(struct flow_datagrams);
}

static struct ages *ages_of(struct flows *flows, enum transport transport)
{
	return transport == TRANSPORT_TCP ? &flows->tcp : &flows->udp;
}

static uint64_t mix(uint64_t value, uint64_t more)
{
	unsigned __int128 product = (unsigned __int128)(value ^ more) * 0x9e3779b97f4a7c15u;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_address(uint64_t seed, const struct address *address)
{
	uint64_t words[2];

	memcpy(words, address->ip, sizeof(words));
	seed = mix(seed, (uint64_t)address->port << 8 | address->family);
	return mix(mix(seed, words[0]), words[1]);
}

/* The same for both directions. */
static uint64_t hash_ends(const struct flows *flows, enum transport transport,
			  const struct address *a, const struct address *b)
{
	uint64_t ends = hash_address(flows->seed, a) + hash_address(flows->seed, b);

	return mix(ends, transport);
}

static bool has_ends(const struct flow *flow, const struct address *a, const struct address *b)
{
	return (address_equal(&flow->local, a) && address_equal(&flow->remote, b)) ||
	       (address_equal(&flow->local, b) && address_equal(&flow->remote, a));
}

static void link_bucket(struct flows *flows, struct flow *flow)
{
	struct flow **bucket = &flows->buckets[flow->hash & (flows->bucket_count - 1)];

	flow->chain = *bucket;
	*bucket = flow;
}

static void grow_ages(struct flows *flows, const struct ages *ages)
{
	for (struct flow *flow = ages->oldest; flow; flow = flow->newer)
		link_bucket(flows, flow);
}

/* Twice the buckets; without the memory for it chains just grow longer. */
static void grow(struct flows *flows)
{
	struct flow **buckets = calloc(2 * flows->bucket_count, sizeof(struct flow *));

	if (!buckets)
		return;
	free(flows->buckets);
	flows->buckets = buckets;
	flows->bucket_count *= 2;
	grow_ages(flows, &flows->tcp);
	grow_ages(flows, &flows->udp);
}

/* FLOW, whose transport and hash are set, is one of the table. */
static void insert(struct flows *flows, struct flow *flow)
{
	if (flows->count >= flows->bucket_count)
		grow(flows);
	link_bucket(flows, flow);
	age_list_add(ages_of(flows, flow->transport), flow);
	flows->count++;
	flows->memory += flow_size(flow->transport) + OVERHEAD;
}

/* Takes what was put aside under HASH back into the table; NULL: there is nothing. */
static struct flow *take_back(struct flows *flows, uint64_t hash)
{
	struct flow *flow;

	if (!cold_take(flows->aside, hash, &flows->packed))
		return NULL;
	flow = malloc(flows->packed.len);
	if (!flow)
		return NULL;
	memcpy(flow, flows->packed.data, flows->packed.len);
	insert(flows, flow);
	return flow;
}

struct flow *flows_find(struct flows *flows, enum transport transport, const struct address *a,
			const struct address *b)
{
	uint64_t hash = hash_ends(flows, transport, a, b);
	struct flow *flow = flows->buckets[hash & (flows->bucket_count - 1)];

	while (flow &&
	       !(flow->hash == hash && flow->transport == transport && has_ends(flow, a, b)))
		flow = flow->chain;
	if (!flow && cold_count(flows->aside))
		flow = take_back(flows, hash);
	if (flow)
		age_list_use(ages_of(flows, flow->transport), flow);
	return flow && flow->transport == transport && has_ends(flow, a, b) ? flow : NULL;
}

struct flow *flows_add(struct flows *flows, enum transport transport, const struct address *local,
		       const struct address *remote)
{
	struct flow *flow = calloc(1, flow_size(transport));

	if (!flow)
		return NULL;
	flow->transport = transport;
	flow->local = *local;
	flow->remote = *remote;
	flow->hash = hash_ends(flows, transport, local, remote);
	insert(flows, flow);
	return flow;
}

struct flow *flows_oldest(const struct flows *flows, enum transport transport)
{
	return transport == TRANSPORT_TCP ? flows->tcp.oldest : flows->udp.oldest;
}

bool flows_full(const struct flows *flows)
{
	return flows->memory > flows->memory_max;
}

static void free_flow(struct flow *flow)
{
	if (flow->transport == TRANSPORT_TCP) {
		pieces_free(&flow->tcp.half[DIRECTION_SENT].pending);
		pieces_free(&flow->tcp.half[DIRECTION_RECEIVED].pending);
	}
	free(flow);
}

void flows_remove(struct flows *flows, struct flow *flow)
{
	struct flow **link = &flows->buckets[flow->hash & (flows->bucket_count - 1)];

	while (*link != flow)
		link = &(*link)->chain;
	*link = flow->chain;
	age_list_remove(ages_of(flows, flow->transport), flow);
	flows->count--;
	flows->memory -= flow_size(flow->transport) + OVERHEAD;
	free_flow(flow);
}

bool flows_put_aside(struct flows *flows, struct flow *flow)
{
	/* Should two have one hash, the one that was there first is gone: one in 2^64. */
	if (!cold_put(flows->aside, flow->hash, span_of(flow, flow_size(flow->transport))))
		return false;
	flows_remove(flows, flow);
	return true;
}

struct flow *flows_take_back(struct flows *flows)
{
	uint64_t hash = flows->back;

	if (!cold_next(flows->aside, &hash))
		return NULL;
	flows->back = hash + 1;
	return take_back(flows, hash);
}

static void free_ages(const struct ages *ages)
{
	struct flow *newer;

	for (struct flow *flow = ages->oldest; flow; flow = newer) {
		newer = flow->newer;
		free_flow(flow);
	}
}

void flows_free(struct flows *flows)
{
	if (!flows)
		return;
	free_ages(&flows->tcp);
	free_ages(&flows->udp);
	cold_free(flows->aside);
	buffer_free(&flows->packed);
	free(flows->buckets);
	free(flows);
}
