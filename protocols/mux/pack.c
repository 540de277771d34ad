/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/mux/state.h"

void mux_recharge(struct mux_state *st)
{
	uint64_t memory = sizeof(*st) + st->contexts.capacity + st->resp_contexts.capacity +
			  st->dtab.capacity + st->args.capacity + st->result.capacity +
			  st->exception.capacity + st->error.capacity + st->ids.capacity +
			  st->note.capacity;

	budget_recharge(session_budget(st->session), memory, &st->charged);
}

/* Messages in fragments are joined by pointers, and rare: not while one is open. */
bool mux_pack(const void *state, struct buffer *out)
{
	const struct mux_state *st = state;

	if (st->open[0] || st->open[1] || !matcher_pack(st->matcher, out))
		return false;
	for (int side = 0; side < 2; side++) {
		pack_u64(out, st->incoming[side] != NULL);
		if (st->incoming[side])
			matcher_pack_message(st->matcher, &st->incoming[side]->base, out);
	}
	return true;
}

bool mux_unpack(void *state, struct unpack *in)
{
	struct mux_state *st = state;

	if (!matcher_unpack(st->matcher, in))
		return false;
	for (int side = 0; side < 2; side++) {
		if (!unpack_u64(in))
			continue;
		st->incoming[side] = (struct mux_message *)matcher_unpack_message(st->matcher, in);
		if (!st->incoming[side])
			return false;
	}
	mux_recharge(st);
	return !in->failed;
}
