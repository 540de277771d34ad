/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/thrift/state.h"

void thrift_recharge(struct thrift_state *st)
{
	uint64_t memory = sizeof(*st) + st->args.capacity + st->result.capacity +
			  st->exception.capacity + st->header.capacity + st->error.capacity +
			  st->note.capacity + st->plain.capacity;

	budget_recharge(session_budget(st->session), memory, &st->charged);
}

bool thrift_pack(const void *state, struct buffer *out)
{
	const struct thrift_state *st = state;

	if (!matcher_pack(st->matcher, out))
		return false;
	pack_u64(out, (uint64_t)st->lossy | (uint64_t)st->overlapping << 1 |
			      (uint64_t)st->unordered << 2);
	pack_u64(out, st->answered);
	for (int side = 0; side < 2; side++) {
		const struct thrift_walk *walk = &st->walk[side];

		pack_u64(out, (uint64_t)st->framed[side] | (uint64_t)(st->current[side] != NULL)
								   << 1);
		pack_u64(out, walk->encoding);
		pack_u64(out, walk->depth);
		buffer_append(out, walk->levels, walk->depth * sizeof(walk->levels[0]));
		if (st->current[side])
			matcher_pack_message(st->matcher, &st->current[side]->base, out);
	}
	return true;
}

static void unpack_walk(struct thrift_walk *walk, struct unpack *in)
{
	uint64_t encoding = unpack_u64(in), depth = unpack_u64(in);

	if (depth > THRIFT_DEPTH_MAX) {
		in->failed = true;
		return;
	}
	walk->encoding = (uint8_t)encoding;
	walk->depth = (uint8_t)depth;
	unpack_bytes(in, walk->levels, walk->depth * sizeof(walk->levels[0]));
}

bool thrift_unpack(void *state, struct unpack *in)
{
	struct thrift_state *st = state;
	uint64_t flags;

	if (!matcher_unpack(st->matcher, in))
		return false;
	flags = unpack_u64(in);
	st->lossy = flags & 1;
	st->overlapping = flags & 2;
	st->unordered = flags & 4;
	st->answered = unpack_u64(in);
	for (int side = 0; side < 2; side++) {
		flags = unpack_u64(in);
		st->framed[side] = flags & 1;
		unpack_walk(&st->walk[side], in);
		if (!(flags & 2))
			continue;
		st->current[side] = (struct thrift_message *)matcher_unpack_message(st->matcher,
										    in);
		if (!st->current[side])
			return false;
	}
	thrift_recharge(st);
	return !in->failed;
}
