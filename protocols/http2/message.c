/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/grpc.h"
#include "protocols/http2/state.h"

/* ---- DATA ---- */

/* The whole frame counts for flow control, padding too (RFC 9113, section 6.9.1). */
static void end_data(struct http2_state *st, const struct frame *frame,
		     const struct http2_header *h, struct http2_stream *s)
{
	struct http2_half *half = &s->halves[frame->side];

	http2_half_touch(half, frame);
	if (frame->lost) {
		half->lost = true;
		half->body_open = false;
	}
	half->ended |= h->flags & HTTP2_FLAG_END_STREAM;
	if (h->len && !half->ended)
		http2_window_use(st, frame->side, half, h->len, frame->ts_last);
	else
		st->sides[frame->side].window -= h->len;
	if (half->ended)
		grpc_end(st, s, frame->side, frame);
	http2_stream_check(st, s);
}

/* What is in a coding may be damaged; what has no method that is known may be a tunnel's. */
static bool needs_body(struct http2_state *st, const struct http2_stream *s, enum side side)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];
	const struct http2_half *half = &s->halves[side];

	return !half->begun || half->coding_count || !request->method.len ||
	       span_is(http2_piece_span(request, request->method), "CONNECT") ||
	       http2_wants_body(st, side);
}

/* POSITION: in the stream of the connection. */
static void give_data(struct http2_state *st, const struct frame *frame, struct http2_stream *s,
		      struct span data, uint64_t position)
{
	if (!data.len)
		return;
	http2_tunnel_ask(st, s, frame->side, frame);
	if (s->tunnel)
		http2_tunnel_data(st, s, frame->side, data, position, frame);
	if (s->carried) {
		s->halves[frame->side].body_bytes += data.len;
		return;
	}
	if (needs_body(st, s, frame->side))
		http2_half_body(st, &s->halves[frame->side], data);
	else
		http2_half_pass_body(st, &s->halves[frame->side], data.len);
	grpc_data(st, s, frame->side, data, frame);
}

/* LEN bytes of it are missing. */
static void give_hole(struct http2_state *st, const struct frame *frame, struct http2_stream *s,
		      uint64_t len, uint64_t position)
{
	struct http2_half *half = &s->halves[frame->side];

	if (!len)
		return;
	half->body_bytes += len;
	half->lost = true;
	half->body_open = false;
	if (s->tunnel)
		http2_tunnel_hole(st, s, frame->side, len, position, frame);
	grpc_hole(st, s, frame->side, len, frame);
}

static void take_data(struct http2_state *st, const struct frame *frame,
		      const struct http2_header *h, struct span payload)
{
	struct http2_stream *s = http2_stream_get(st, h->stream);
	size_t padding = 0, len = h->len;
	uint64_t position = frame->offset + HTTP2_HEADER_LEN;

	if (!s)
		return;
	if (h->flags & HTTP2_FLAG_PADDED && payload.len) {
		padding = (uint8_t)payload.data[0];
		payload = span_of(payload.data + 1, payload.len - 1);
		len--;
		position++;
	}
	len = padding < len ? len - padding : 0;
	if (payload.len > len)
		payload.len = len;
	if (payload.len == len)
		grpc_frame(s, frame->side, payload);
	give_data(st, frame, s, payload, position);
	give_hole(st, frame, s, len - payload.len, position + payload.len);
	end_data(st, frame, h, s);
}

/* A long one, which comes in parts: the first has the header, and tells of the padding. */
void http2_part(void *state, const struct frame *frame)
{
	struct http2_state *st = state;
	uint8_t *head = st->sides[frame->side].head;
	uint64_t at = frame->at, end = at + frame->available, begin = HTTP2_HEADER_LEN;
	struct http2_header h;
	struct http2_stream *s;

	for (uint64_t i = at; i < end && i <= HTTP2_HEADER_LEN; i++)
		head[i] = frame->data ? frame->data[i - at] : 0;
	if (end <= HTTP2_HEADER_LEN + 1)
		return;
	h = http2_header_read(head);
	s = http2_stream_get(st, h.stream);
	if (!s)
		return;
	if (h.flags & HTTP2_FLAG_PADDED) {
		begin++;
		end = end < frame->len - head[HTTP2_HEADER_LEN]
			      ? end
			      : frame->len - head[HTTP2_HEADER_LEN];
	} else if (at == HTTP2_HEADER_LEN + 1) {
		/* Held back until it was sure that it is no length of padding. */
		give_data(st, frame, s, span_of(head + HTTP2_HEADER_LEN, 1),
			  frame->offset + HTTP2_HEADER_LEN);
	}
	begin = begin > at ? begin : at;
	if (begin >= end)
		return;
	if (frame->data)
		give_data(st, frame, s, span_of(frame->data + (begin - at), (size_t)(end - begin)),
			  frame->offset + begin);
	else
		give_hole(st, frame, s, end - begin, frame->offset + begin);
}

/* ---- the connection ---- */

static void take_settings(struct http2_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	while (cursor_left(&c) >= 6) {
		uint16_t id = cursor_be16(&c);
		uint32_t value = cursor_be32(&c);

		if (id == HTTP2_SETTING_INITIAL_WINDOW && value <= INT32_MAX)
			http2_window_initial(st, frame->side, value, frame->ts_last);
	}
}

static void take_reset(struct http2_state *st, const struct frame *frame,
		       const struct http2_header *h, uint32_t code)
{
	struct http2_stream *s = http2_stream_find(st, h->stream);

	if (!s)
		return;
	s->reset = true;
	s->reset_code = code;
	s->reset_by_server = frame->side == SIDE_SERVER;
	s->halves[frame->side].last = frame->ts_last;
	http2_stream_check(st, s);
}

/* Streams that the other end began beyond LAST were not looked at, and never will be. */
static void take_goaway(struct http2_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t last = cursor_be32(&c) & 0x7fffffff;
	uint32_t code = cursor_be32(&c);
	struct http2_side *side = &st->sides[frame->side];
	struct http2_stream *next;

	if (c.failed)
		return;
	side->refuses_from = last + 1;
	side->refuses_with = code;
	if (code != HTTP2_NO_ERROR)
		http2_emit_goaway(st, frame, last, code, cursor_rest(&c));
	for (struct http2_stream *s = st->oldest; s; s = next) {
		next = s->newer;
		if (http2_stream_refuse(st, s))
			http2_stream_end(st, s);
	}
}

static void take_control(struct http2_state *st, const struct frame *frame,
			 const struct http2_header *h, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	switch (h->type) {
	case HTTP2_SETTINGS:
		if (!(h->flags & HTTP2_FLAG_ACK))
			take_settings(st, frame, payload);
		break;
	case HTTP2_RST_STREAM:
		take_reset(st, frame, h, cursor_be32(&c));
		break;
	case HTTP2_GOAWAY:
		take_goaway(st, frame, payload);
		break;
	case HTTP2_WINDOW_UPDATE:
		http2_window_update(st, frame->side, h->stream, cursor_be32(&c) & 0x7fffffff,
				    frame->ts_last);
		break;
	default: /* PING, PRIORITY, ALTSVC and so on change nothing that is shown */
		break;
	}
}

/* ---- all of them ---- */

void http2_message(void *state, const struct frame *frame)
{
	struct http2_state *st = state;
	struct http2_header h;
	struct span payload;

	if (frame->kind == HTTP2_KIND_PREFACE)
		return;
	if (frame->in_parts) {
		struct http2_stream *s;

		h = http2_header_read(st->sides[frame->side].head);
		s = http2_stream_find(st, h.stream);
		if (s)
			end_data(st, frame, &h, s);
		return;
	}
	if (frame->available < HTTP2_HEADER_LEN) {
		http2_lost(st, frame->side, frame->len);
		return;
	}
	h = http2_header_read(frame->data);
	payload = span_of(frame->data + HTTP2_HEADER_LEN, frame->available - HTTP2_HEADER_LEN);
	if (h.type == HTTP2_DATA)
		take_data(st, frame, &h, payload);
	else if (h.type == HTTP2_HEADERS || h.type == HTTP2_PUSH_PROMISE ||
		 h.type == HTTP2_CONTINUATION)
		http2_take_block(st, frame, &h, payload);
	else
		take_control(st, frame, &h, payload);
}

/* Anything may have been in it: the ends of streams, header fields, data. */
void http2_lost(void *state, enum side side, uint64_t missing)
{
	struct http2_state *st = state;

	(void)missing;
	http2_cut_block(st, side);
	hpack_lost(&st->sides[side].hpack);
	st->sides[side].hpack.size_max = HPACK_TABLE_MAX;
	st->windows_known = false;
	st->known &= side == SIDE_SERVER;
	for (struct http2_stream *s = st->oldest; s; s = s->newer) {
		if (s->halves[side].ended)
			continue;
		http2_tunnel_lost(s, side);
		if (!s->halves[side].begun) {
			s->halves[side].doubtful = true;
			continue;
		}
		s->halves[side].lost = true;
		s->halves[side].body_open = false;
		grpc_lost(s, side);
	}
}

void http2_finish(void *state)
{
	struct http2_state *st = state;

	http2_cut_block(st, SIDE_CLIENT);
	http2_cut_block(st, SIDE_SERVER);
	while (st->oldest)
		http2_stream_end(st, st->oldest);
}
