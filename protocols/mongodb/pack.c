/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"

#include "protocols/mongodb/state.h"

static void unpack_text(struct buffer *to, struct unpack *in)
{
	buffer_clear(to);
	buffer_append_span(to, unpack_span(in));
}

bool mongodb_pack(const void *state, struct buffer *out)
{
	const struct mongodb_state *st = state;

	if (!matcher_pack(st->matcher, out))
		return false;
	for (int side = 0; side < 2; side++) {
		pack_u64(out, st->incoming[side] != NULL);
		if (st->incoming[side])
			matcher_pack_message(st->matcher, &st->incoming[side]->base, out);
	}
	pack_span(out, buffer_span(&st->application));
	pack_u64(out, st->exhausting);
	pack_u64(out, st->exhaust_id);
	pack_span(out, buffer_span(&st->exhaust_command));
	pack_span(out, buffer_span(&st->exhaust_database));
	pack_span(out, buffer_span(&st->exhaust_collection));
	return true;
}

bool mongodb_unpack(void *state, struct unpack *in)
{
	struct mongodb_state *st = state;

	if (!matcher_unpack(st->matcher, in))
		return false;
	for (int side = 0; side < 2; side++) {
		if (!unpack_u64(in))
			continue;
		st->incoming[side] = (struct mongodb_message *)matcher_unpack_message(st->matcher,
										      in);
		if (!st->incoming[side])
			return false;
	}
	unpack_text(&st->application, in);
	st->exhausting = unpack_u64(in);
	st->exhaust_id = (uint32_t)unpack_u64(in);
	unpack_text(&st->exhaust_command, in);
	unpack_text(&st->exhaust_database, in);
	unpack_text(&st->exhaust_collection, in);
	return !in->failed;
}
