/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/http2/http2.h"
#include "protocols/http2/state.h"

void http2_bequeath(struct session *s, const struct http2_upgrade *upgrade)
{
	struct buffer packed = {0};

	pack_i64(&packed, upgrade->first);
	pack_i64(&packed, upgrade->last);
	pack_u64(&packed, upgrade->body_bytes);
	pack_span(&packed, upgrade->method);
	pack_span(&packed, upgrade->path);
	pack_span(&packed, upgrade->authority);
	pack_span(&packed, upgrade->headers);
	pack_span(&packed, upgrade->body);
	if (!packed.failed)
		session_bequeath(s, buffer_span(&packed));
	buffer_free(&packed);
}

/* The request of stream 1, all of it. */
void http2_take_bequest(struct http2_state *st)
{
	struct span bequest = session_bequest(st->session);
	struct unpack in = unpack_begin(bequest);
	struct http2_stream *s;
	struct http2_half *half;
	uint64_t body_bytes;

	if (!bequest.len)
		return;
	s = http2_stream_get(st, 1);
	if (!s)
		return;
	s->upgraded = true;
	half = &s->halves[SIDE_CLIENT];
	half->first = unpack_i64(&in);
	half->last = unpack_i64(&in);
	body_bytes = unpack_u64(&in);
	half->method = http2_half_keep(st, half, unpack_span(&in));
	half->path = http2_half_keep(st, half, unpack_span(&in));
	half->authority = http2_half_keep(st, half, unpack_span(&in));
	half->scheme = http2_half_keep(st, half, span_text("http"));
	half->headers = http2_half_keep(st, half, unpack_span(&in));
	http2_half_body(st, half, unpack_span(&in));
	half->body_bytes = body_bytes;
	half->begun = half->ended = true;
}
