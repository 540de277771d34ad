/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/flow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_BUCKETS 1024u

struct flows {
	struct flow **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	uint64_t seed; /* so that nobody can make a capture whose flows all collide */
	struct flow *oldest;
	struct flow *newest;
};

struct flows *flows_new(void)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return NULL;
	flows->buckets = calloc(FIRST_BUCKETS, sizeof(struct flow *));
	flows->bucket_count = FIRST_BUCKETS;
	if (getrandom(&flows->seed, sizeof(flows->seed), GRND_NONBLOCK) < 0)
		flows->seed = (uintptr_t)flows;
	if (!flows->buckets) {
		free(flows);
		return NULL;
	}
	return flows;
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

static void unlink_age(struct flows *flows, struct flow *flow)
{
	if (flow->older)
		flow->older->newer = flow->newer;
	else
		flows->oldest = flow->newer;
	if (flow->newer)
		flow->newer->older = flow->older;
	else
		flows->newest = flow->older;
}

static void link_newest(struct flows *flows, struct flow *flow)
{
	flow->newer = NULL;
	flow->older = flows->newest;
	if (flow->older)
		flow->older->newer = flow;
	else
		flows->oldest = flow;
	flows->newest = flow;
}

static bool has_ends(const struct flow *flow, const struct address *a, const struct address *b)
{
	return (address_equal(&flow->local, a) && address_equal(&flow->remote, b)) ||
	       (address_equal(&flow->local, b) && address_equal(&flow->remote, a));
}

struct flow *flows_find(struct flows *flows, enum transport transport, const struct address *a,
			const struct address *b)
{
	uint64_t hash = hash_ends(flows, transport, a, b);
	struct flow *flow = flows->buckets[hash & (flows->bucket_count - 1)];

	while (flow &&
	       !(flow->hash == hash && flow->transport == transport && has_ends(flow, a, b)))
		flow = flow->chain;
	if (flow && flow->newer) {
		unlink_age(flows, flow);
		link_newest(flows, flow);
	}
	return flow;
}

static void link_bucket(struct flows *flows, struct flow *flow)
{
	struct flow **bucket = &flows->buckets[flow->hash & (flows->bucket_count - 1)];

	flow->chain = *bucket;
	*bucket = flow;
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
	for (struct flow *flow = flows->oldest; flow; flow = flow->newer)
		link_bucket(flows, flow);
}

struct flow *flows_add(struct flows *flows, enum transport transport, const struct address *local,
		       const struct address *remote)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	if (flows->count >= flows->bucket_count)
		grow(flows);
	flow->transport = transport;
	flow->local = *local;
	flow->remote = *remote;
	flow->hash = hash_ends(flows, transport, local, remote);
	link_bucket(flows, flow);
	link_newest(flows, flow);
	flows->count++;
	return flow;
}

struct flow *flows_oldest(const struct flows *flows)
{
	return flows->oldest;
}

size_t flows_count(const struct flows *flows)
{
	return flows->count;
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
	unlink_age(flows, flow);
	flows->count--;
	free_flow(flow);
}

void flows_free(struct flows *flows)
{
	struct flow *newer;

	if (!flows)
		return;
	for (struct flow *flow = flows->oldest; flow; flow = newer) {
		newer = flow->newer;
		free_flow(flow);
	}
	free(flows->buckets);
	free(flows);
}
