/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/http2/http2.h"
#include "protocols/http2/state.h"

/* What of a state without streams is nothing but numbers. */
struct packed {
	uint32_t resets[HTTP2_RESETS];
	size_t next_reset;
	uint32_t known_from, begun;
	bool known;
	bool windows_known;
};

static void pack_side(const struct http2_side *side, struct buffer *out)
{
	pack_i64(out, side->window);
	pack_i64(out, side->stream_window);
	hpack_pack(&side->hpack, out);
}

static bool unpack_side(struct http2_state *st, struct http2_side *side, struct unpack *in)
{
	side->window = unpack_i64(in);
	side->stream_window = unpack_i64(in);
	if (!hpack_unpack(&side->hpack, in))
		return false;
	budget_recharge(session_budget(st->session), hpack_memory(&side->hpack),
			&side->hpack_charged);
	return true;
}

/* Between calls: what is open is kept as it is. */
bool http2_pack(const void *state, struct buffer *out)
{
	const struct http2_state *st = state;
	struct packed packed = {
		.next_reset = st->next_reset,
		.known_from = st->known_from,
		.begun = st->begun,
		.known = st->known,
		.windows_known = st->windows_known,
	};

	if (st->stream_count || st->sides[0].block.stream || st->sides[1].block.stream)
		return false;
	memcpy(packed.resets, st->resets, sizeof(packed.resets));
	buffer_append(out, &packed, sizeof(packed));
	pack_side(&st->sides[0], out);
	pack_side(&st->sides[1], out);
	return true;
}

bool http2_unpack(void *state, struct unpack *in)
{
	struct http2_state *st = state;
	struct packed packed;

	unpack_bytes(in, &packed, sizeof(packed));
	memcpy(st->resets, packed.resets, sizeof(st->resets));
	st->next_reset = packed.next_reset;
	st->known_from = packed.known_from;
	st->begun = packed.begun;
	st->known = packed.known;
	st->windows_known = packed.windows_known;
	return unpack_side(st, &st->sides[0], in) && unpack_side(st, &st->sides[1], in);
}
