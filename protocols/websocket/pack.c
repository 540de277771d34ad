/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/websocket/state.h"

bool websocket_pack(const void *state, struct buffer *out)
{
	const struct websocket_state *st = state;

	for (int i = 0; i < 2; i++)
		if (st->sides[i].data.open || st->sides[i].control.open)
			return false;
	for (int i = 0; i < 2; i++) {
		pack_u64(out, st->sides[i].inflate_broken);
		if (!websocket_inflate_pack(&st->sides[i], out))
			return false;
	}
	return true;
}

bool websocket_unpack(void *state, struct unpack *in)
{
	struct websocket_state *st = state;

	for (int i = 0; i < 2; i++) {
		st->sides[i].inflate_broken = unpack_u64(in);
		if (!websocket_inflate_unpack(st, &st->sides[i], in))
			return false;
	}
	return !in->failed;
}
