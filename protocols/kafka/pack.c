/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/kafka/kafka.h"
#include "protocols/kafka/state.h"

bool kafka_pack(const void *state, struct buffer *out)
{
	const struct kafka_state *st = state;

	if (!matcher_pack(st->matcher, out))
		return false;
	pack_i64(out, st->handshake_id);
	for (int side = 0; side < 2; side++) {
		pack_u64(out, st->token[side]);
		pack_u64(out, st->incoming[side] != NULL);
		if (st->incoming[side])
			matcher_pack_message(st->matcher, &st->incoming[side]->base, out);
	}
	return true;
}

bool kafka_unpack(void *state, struct unpack *in)
{
	struct kafka_state *st = state;

	if (!matcher_unpack(st->matcher, in))
		return false;
	st->handshake_id = (int32_t)unpack_i64(in);
	for (int side = 0; side < 2; side++) {
		st->token[side] = unpack_u64(in);
		if (!unpack_u64(in))
			continue;
		st->incoming[side] = (struct kafka_message *)matcher_unpack_message(st->matcher,
										    in);
		if (!st->incoming[side])
			return false;
	}
	return !in->failed;
}
