/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/branch.h"
#include "protocols/engine/budget.h"
#include "protocols/http2/grpc_state.h"
#include "protocols/http2/http2.h"
#include "protocols/http2/state.h"

/* A connection with more open streams is in use: it would be written and read all the time. */
#define STREAMS_MAX 256

/* What of a state without its streams is nothing but numbers. */
struct packed {
	uint32_t resets[HTTP2_RESETS];
	size_t next_reset;
	uint32_t known_from, begun;
	bool known;
	bool windows_known;
	size_t stream_count;
	size_t stalled[2];
};

static void pack_side(const struct http2_side *side, struct buffer *out)
{
	pack_i64(out, side->window);
	pack_i64(out, side->stream_window);
	pack_u64(out, side->refuses_from);
	pack_u64(out, side->refuses_with);
	buffer_append(out, side->head, sizeof(side->head));
	hpack_pack(&side->hpack, out);
}

static bool unpack_side(struct http2_state *st, struct http2_side *side, struct unpack *in)
{
	side->window = unpack_i64(in);
	side->stream_window = unpack_i64(in);
	side->refuses_from = (uint32_t)unpack_u64(in);
	side->refuses_with = (uint32_t)unpack_u64(in);
	unpack_bytes(in, side->head, sizeof(side->head));
	if (!hpack_unpack(&side->hpack, in))
		return false;
	budget_recharge(session_budget(st->session), hpack_memory(&side->hpack),
			&side->hpack_charged);
	return true;
}

static void take_text(struct buffer *text, struct unpack *in)
{
	struct span bytes = unpack_span(in);

	*text = (struct buffer){0};
	if (bytes.len)
		buffer_append_span(text, bytes);
	in->failed |= text->failed;
}

/* ---- streams ---- */

static void pack_call(const struct grpc_call *call, struct buffer *out)
{
	struct grpc_call copy = *call;

	for (int side = 0; side < 2; side++)
		copy.halves[side].message = copy.halves[side].json = (struct buffer){0};
	buffer_append(out, &copy, sizeof(copy));
	for (int side = 0; side < 2; side++) {
		pack_span(out, buffer_span(&call->halves[side].message));
		pack_span(out, buffer_span(&call->halves[side].json));
	}
}

static bool unpack_call(struct http2_state *st, struct http2_stream *s, struct unpack *in)
{
	s->grpc = grpc_call_new(st);
	if (!s->grpc)
		return false;
	unpack_bytes(in, s->grpc, sizeof(*s->grpc));
	for (int side = 0; side < 2; side++) {
		struct grpc_half *half = &s->grpc->halves[side];

		half->charged = 0;
		take_text(&half->message, in);
		take_text(&half->json, in);
		grpc_half_settle(st, half);
	}
	return !in->failed;
}

static bool pack_stream(const struct http2_stream *s, struct buffer *out)
{
	struct http2_stream copy = *s;

	copy.next = copy.older = copy.newer = NULL;
	copy.grpc = NULL;
	copy.tunnel = NULL;
	for (int side = 0; side < 2; side++)
		copy.halves[side].text = copy.halves[side].body = (struct buffer){0};
	pack_u64(out, s->id);
	buffer_append(out, &copy, sizeof(copy));
	for (int side = 0; side < 2; side++) {
		pack_span(out, buffer_span(&s->halves[side].text));
		pack_span(out, buffer_span(&s->halves[side].body));
	}
	pack_u64(out, s->grpc != NULL);
	if (s->grpc)
		pack_call(s->grpc, out);
	pack_u64(out, s->tunnel != NULL);
	return !s->tunnel || branch_pack(s->tunnel, out);
}

static bool unpack_tunnel(struct http2_state *st, struct http2_stream *s, struct unpack *in)
{
	s->tunnel = branch_unpack(st->session, in);
	return s->tunnel != NULL;
}

static bool unpack_stream(struct http2_state *st, struct unpack *in)
{
	struct http2_stream *s = http2_stream_add(st, (uint32_t)unpack_u64(in)), packed;

	unpack_bytes(in, &packed, sizeof(packed));
	if (!s)
		return false;
	packed.next = s->next;
	packed.older = s->older;
	packed.newer = s->newer;
	*s = packed;
	for (int side = 0; side < 2; side++) {
		struct http2_half *half = &s->halves[side];

		half->charged = 0;
		take_text(&half->text, in);
		take_text(&half->body, in);
		http2_half_settle(st, half);
	}
	if (unpack_u64(in) && !unpack_call(st, s, in))
		return false;
	return !unpack_u64(in) || unpack_tunnel(st, s, in);
}

/* ---- the state ---- */

static bool can_be_packed(const struct http2_state *st)
{
	if (st->sides[0].block.stream || st->sides[1].block.stream ||
	    st->stream_count > STREAMS_MAX)
		return false;
	for (const struct http2_stream *s = st->oldest; s; s = s->newer)
		if (s->halves[0].text.failed || s->halves[1].text.failed)
			return false;
	return true;
}

/* Between blocks of fields. */
bool http2_pack(const void *state, struct buffer *out)
{
	const struct http2_state *st = state;
	struct packed packed = {
		.next_reset = st->next_reset,
		.known_from = st->known_from,
		.begun = st->begun,
		.known = st->known,
		.windows_known = st->windows_known,
		.stream_count = st->stream_count,
		.stalled = {st->sides[0].stalled, st->sides[1].stalled},
	};

	if (!can_be_packed(st))
		return false;
	memcpy(packed.resets, st->resets, sizeof(packed.resets));
	buffer_append(out, &packed, sizeof(packed));
	pack_side(&st->sides[0], out);
	pack_side(&st->sides[1], out);
	for (const struct http2_stream *s = st->oldest; s; s = s->newer)
		if (!pack_stream(s, out))
			return false;
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
	if (!unpack_side(st, &st->sides[0], in) || !unpack_side(st, &st->sides[1], in))
		return false;
	for (size_t i = 0; i < packed.stream_count && !in->failed; i++)
		if (!unpack_stream(st, in))
			return false;
	for (int side = 0; side < 2; side++)
		st->sides[side].stalled = packed.stalled[side];
	return !in->failed;
}
