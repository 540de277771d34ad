/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/nats/state.h"

void nats_recharge(struct nats_state *st)
{
	uint64_t memory = sizeof(*st) + st->application.capacity + st->user.capacity +
			  st->headers.capacity + st->resp_headers.capacity + st->options.capacity +
			  st->error.capacity + st->scratch.capacity + st->note.capacity;

	budget_recharge(session_budget(st->session), memory, &st->charged);
}

bool nats_pack(const void *state, struct buffer *out)
{
	const struct nats_state *st = state;

	if (!matcher_pack(st->matcher, out))
		return false;
	pack_u64(out, (uint64_t)st->client_spoke | (uint64_t)st->connecting << 1 |
			      (uint64_t)st->from_start << 2 | (uint64_t)st->receipts << 3 |
			      (uint64_t)st->counted << 4 | (uint64_t)st->quiet << 5 |
			      (uint64_t)st->receipt_seen << 6 | (uint64_t)st->lossy[0] << 7 |
			      (uint64_t)st->lossy[1] << 8);
	pack_u64(out, st->waiting);
	pack_u64(out, st->lines);
	pack_u64(out, st->told);
	pack_span(out, buffer_span(&st->application));
	pack_span(out, buffer_span(&st->user));
	for (int side = 0; side < 2; side++) {
		pack_u64(out, st->incoming[side] != NULL);
		if (st->incoming[side])
			matcher_pack_message(st->matcher, &st->incoming[side]->base, out);
	}
	return true;
}

bool nats_unpack(void *state, struct unpack *in)
{
	struct nats_state *st = state;
	uint64_t flags;

	if (!matcher_unpack(st->matcher, in))
		return false;
	flags = unpack_u64(in);
	st->client_spoke = flags & 1;
	st->connecting = flags & 2;
	st->from_start = flags & 4;
	st->receipts = flags & 8;
	st->counted = flags & 16;
	st->quiet = flags & 32;
	st->receipt_seen = flags & 64;
	st->lossy[0] = flags & 128;
	st->lossy[1] = flags & 256;
	st->waiting = (size_t)unpack_u64(in);
	st->lines = unpack_u64(in);
	st->told = unpack_u64(in);
	buffer_append_span(&st->application, unpack_span(in));
	buffer_append_span(&st->user, unpack_span(in));
	for (int side = 0; side < 2; side++) {
		if (!unpack_u64(in))
			continue;
		st->incoming[side] = (struct nats_message *)matcher_unpack_message(st->matcher, in);
		if (!st->incoming[side])
			return false;
	}
	nats_recharge(st);
	return !in->failed && !st->application.failed && !st->user.failed;
}
