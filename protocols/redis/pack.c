/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/redis/state.h"

void redis_recharge(struct redis *r)
{
	uint64_t memory = sizeof(*r) + r->render.attributes.capacity + r->render.scratch.capacity +
			  r->scratch.capacity + r->note.capacity;

	budget_recharge(r->budget, memory, &r->charged);
}

/* What of the state is nothing but numbers, and not large. */
struct packed {
	enum redis_doubt doubt;
	bool asked;
	bool replies_off;
	bool skip_next;
	bool transaction;
	bool asks_secret;
	bool monitor;
	bool replica;
	uint64_t uncounted;
	bool counted_short;
	int64_t subscribed[SUBSCRIPTION_KINDS];
	enum redis_trait confirming;
	int64_t confirmations;
};

/* ---- parts ---- */

static void pack_walk(const struct resp_walk *walk, struct buffer *out)
{
	pack_u64(out, walk->depth);
	pack_u64(out, walk->uncounted);
	buffer_append(out, walk->level, walk->depth * sizeof(*walk->level));
}

static void unpack_walk(struct resp_walk *walk, struct unpack *in)
{
	uint64_t depth = unpack_u64(in), uncounted = unpack_u64(in);

	if (depth > RESP_DEPTH_MAX) {
		in->failed = true;
		return;
	}
	walk->depth = (unsigned)depth;
	walk->uncounted = uncounted;
	unpack_bytes(in, walk->level, walk->depth * sizeof(*walk->level));
}

static void pack_scan(const struct redis_scan *scan, struct buffer *out)
{
	pack_u64(out, scan->inline_seen);
	pack_u64(out, scan->rdb);
	if (scan->rdb == RDB_UNTIL_MARK)
		buffer_append(out, scan->mark, sizeof(scan->mark));
	pack_walk(&scan->start, out);
}

static void unpack_scan(struct redis_scan *scan, struct unpack *in)
{
	scan->inline_seen = unpack_u64(in);
	scan->rdb = (enum redis_rdb)unpack_u64(in);
	if (scan->rdb == RDB_UNTIL_MARK)
		unpack_bytes(in, scan->mark, sizeof(scan->mark));
	unpack_walk(&scan->start, in);
}

/* Only while a reply comes in pieces. */
static void pack_render(const struct redis_render *render, struct buffer *out)
{
	struct redis_render copy = *render;

	copy.attributes = copy.scratch = (struct buffer){0};
	copy.nowhere = (struct buffer){.failed = true};
	buffer_append(out, &copy, sizeof(copy));
	pack_span(out, buffer_span(&render->attributes));
}

static void unpack_render(struct redis_render *render, struct unpack *in)
{
	struct span attributes;

	unpack_bytes(in, render, sizeof(*render));
	attributes = unpack_span(in);
	if (attributes.len)
		buffer_append_span(&render->attributes, attributes);
	in->failed |= render->attributes.failed;
}

/* A message whose end has not come. */
static void pack_current(const struct redis *r, enum side side, struct buffer *out)
{
	pack_u64(out, r->current[side] != NULL);
	if (!r->current[side])
		return;
	matcher_pack_message(r->matcher, &r->current[side]->base, out);
	if (side == SIDE_SERVER)
		pack_render(&r->render, out);
}

static bool unpack_current(struct redis *r, enum side side, struct unpack *in)
{
	if (!unpack_u64(in))
		return true;
	r->current[side] = (struct redis_message *)matcher_unpack_message(r->matcher, in);
	if (side == SIDE_SERVER)
		unpack_render(&r->render, in);
	return r->current[side] != NULL;
}

/* ---- the state ---- */

bool redis_pack(const void *state, struct buffer *out)
{
	const struct redis *r = state;
	struct packed packed = {
		.doubt = r->doubt,
		.asked = r->asked,
		.replies_off = r->replies_off,
		.skip_next = r->skip_next,
		.transaction = r->transaction,
		.asks_secret = r->asks_secret,
		.monitor = r->monitor,
		.replica = r->replica,
		.uncounted = r->uncounted,
		.counted_short = r->counted_short,
		.confirming = r->confirming,
		.confirmations = r->confirmations,
	};

	if (!matcher_pack(r->matcher, out))
		return false;
	memcpy(packed.subscribed, r->subscribed, sizeof(packed.subscribed));
	buffer_append(out, &packed, sizeof(packed));
	for (int side = 0; side < 2; side++) {
		pack_scan(&r->scan[side], out);
		pack_current(r, (enum side)side, out);
	}
	return true;
}

bool redis_unpack(void *state, struct unpack *in)
{
	struct redis *r = state;
	struct packed packed;

	if (!matcher_unpack(r->matcher, in))
		return false;
	unpack_bytes(in, &packed, sizeof(packed));
	r->doubt = packed.doubt;
	r->asked = packed.asked;
	r->replies_off = packed.replies_off;
	r->skip_next = packed.skip_next;
	r->transaction = packed.transaction;
	r->asks_secret = packed.asks_secret;
	r->monitor = packed.monitor;
	r->replica = packed.replica;
	r->uncounted = packed.uncounted;
	r->counted_short = packed.counted_short;
	r->confirming = packed.confirming;
	r->confirmations = packed.confirmations;
	memcpy(r->subscribed, packed.subscribed, sizeof(r->subscribed));
	for (int side = 0; side < 2; side++) {
		unpack_scan(&r->scan[side], in);
		if (!unpack_current(r, (enum side)side, in))
			return false;
	}
	redis_recharge(r);
	return !in->failed;
}
