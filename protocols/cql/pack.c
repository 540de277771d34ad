/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/cql/cql.h"
#include "protocols/cql/state.h"

static void unpack_buffer(struct buffer *b, struct unpack *in)
{
	buffer_append_span(b, unpack_span(in));
	in->failed |= b->failed;
}

bool cql_pack(const void *state, struct buffer *out)
{
	const struct cql_state *st = state;

	if (!matcher_pack(st->matcher, out))
		return false;
	pack_u64(out, st->compression);
	for (int side = 0; side < 2; side++) {
		pack_u64(out, st->version[side]);
		pack_u64(out, st->incoming[side] != NULL);
		if (st->incoming[side])
			matcher_pack_message(st->matcher, &st->incoming[side]->base, out);
	}
#define CQL_PACK(name) pack_span(out, buffer_span(&st->name));
	CQL_TOLD(CQL_PACK)
#undef CQL_PACK
	return true;
}

bool cql_unpack(void *state, struct unpack *in)
{
	struct cql_state *st = state;

	if (!matcher_unpack(st->matcher, in))
		return false;
	st->compression = (enum cql_compression)unpack_u64(in);
	for (int side = 0; side < 2; side++) {
		st->version[side] = (uint8_t)unpack_u64(in);
		if (!unpack_u64(in))
			continue;
		st->incoming[side] = (struct cql_message *)matcher_unpack_message(st->matcher, in);
		if (!st->incoming[side])
			return false;
	}
#define CQL_UNPACK(name) unpack_buffer(&st->name, in);
	CQL_TOLD(CQL_UNPACK)
#undef CQL_UNPACK
	return !in->failed;
}
