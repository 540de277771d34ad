/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/budget.h"
#include "protocols/content/decode.h"
#include "protocols/http2/grpc.h"
#include "protocols/http2/state.h"
#include "protocols/value/json.h"
#include "protocols/value/ascii.h"

/* A block that gets longer has no end that anybody waits for (CVE-2024-27316 and its like). */
#define BLOCK_MAX (1u << 20)

/* ---- what the fields say ---- */

static struct http2_piece keep_field(struct http2_state *st, struct http2_half *half,
				     const char *name)
{
	struct span value;

	if (!http2_fields_find(&st->fields, name, &value))
		return (struct http2_piece){0};
	return http2_half_keep(st, half, value);
}

static struct http2_piece keep_json(struct http2_state *st, struct http2_half *half)
{
	struct buffer json = {0};
	struct http2_piece piece = {0};

	http2_fields_json(&st->fields, &json);
	if (!json.failed)
		piece = http2_half_keep(st, half, buffer_span(&json));
	buffer_free(&json);
	half->unknown += (uint32_t)st->fields.unknown;
	half->dropped += (uint32_t)st->fields.dropped;
	return piece;
}

/* "gzip, br": in the order in which they were applied. */
static void keep_codings(struct http2_state *st, struct http2_half *half)
{
	struct span list;

	if (!http2_fields_find(&st->fields, "content-encoding", &list))
		return;
	while (list.len && half->coding_count < HTTP_CODINGS_MAX) {
		const char *comma = memchr(list.data, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.data) : list.len;
		struct span name = span_of(list.data, len);

		while (name.len && ascii_is_blank(*name.data))
			name = span_of(name.data + 1, name.len - 1);
		while (name.len && ascii_is_blank(name.data[name.len - 1]))
			name.len--;
		if (name.len)
			half->codings[half->coding_count++] = (uint8_t)http_coding_find(name);
		len += comma != NULL;
		list = span_of(list.data + len, list.len - len);
	}
}

/* Three digits; else 0. */
static uint16_t status_of(const struct http2_fields *fields)
{
	struct span text;
	unsigned status = 0;

	if (!http2_fields_find(fields, ":status", &text) || text.len != 3)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(text.data[i] - '0');
	}
	return (uint16_t)status;
}

static void take_interim(struct http2_state *st, struct http2_half *half, unsigned status)
{
	struct buffer text = {0};

	if (half->interim.len) {
		buffer_append_span(&text, http2_piece_span(half, half->interim));
		buffer_append_text(&text, ", ");
	}
	buffer_append_u64(&text, status);
	if (!text.failed)
		half->interim = http2_half_keep(st, half, buffer_span(&text));
	buffer_free(&text);
}

static void take_head(struct http2_state *st, struct http2_half *half)
{
	half->begun = true;
	half->headers = keep_json(st, half);
	keep_codings(st, half);
}

static void take_request(struct http2_state *st, struct http2_half *half)
{
	half->method = keep_field(st, half, ":method");
	half->scheme = keep_field(st, half, ":scheme");
	half->authority = keep_field(st, half, ":authority");
	if (!half->authority.len)
		half->authority = keep_field(st, half, "host");
	half->path = keep_field(st, half, ":path");
	half->protocol = keep_field(st, half, ":protocol");
	take_head(st, half);
}

/* False: it was an interim response (RFC 9110, section 15.2). */
static bool take_response(struct http2_state *st, struct http2_half *half)
{
	unsigned status = status_of(&st->fields);

	if (status >= 100 && status < 200) {
		take_interim(st, half, status);
		return false;
	}
	half->status = (uint16_t)status;
	take_head(st, half);
	return true;
}

/* ---- blocks ---- */

/* Whether what this block ends began in what was lost. */
static bool is_end_alone(const struct http2_state *st, const struct http2_half *half,
			 enum side side, const struct http2_block *b)
{
	struct span value;

	if (!half->doubtful || !(b->flags & HTTP2_FLAG_END_STREAM))
		return false;
	return half->body_bytes ||
	       (side == SIDE_SERVER && !http2_fields_find(&st->fields, ":status", &value));
}

static void take_trailers(struct http2_state *st, struct http2_half *half)
{
	half->trailers = keep_json(st, half);
	half->lost |= !half->begun;
	half->begun = true;
}

/* A whole block of side FROM: its fields are in st->fields. */
static void apply(struct http2_state *st, const struct frame *frame, const struct http2_block *b)
{
	struct http2_stream *s = http2_stream_get(st, b->promised ? b->promised : b->stream);
	enum side side = b->promised ? SIDE_CLIENT : frame->side;
	struct http2_half *half;
	bool rest;

	if (!s)
		return;
	half = &s->halves[side];
	if (half->first == TIME_UNKNOWN) {
		half->first = b->first;
		half->position = b->position;
	}
	half->last = frame->ts_last;
	half->lost |= b->broken;
	/* What is read of the rest of a head without its beginning are no fields. */
	rest = half->head_cut && b->broken;
	if (b->cut && !half->begun)
		half->head_cut = b->len ? b->len : 1;
	if (rest)
		http2_fields_clear(&st->fields);
	else if (half->begun || is_end_alone(st, half, side, b))
		take_trailers(st, half);
	else if (side == SIDE_CLIENT)
		take_request(st, half);
	else if (take_response(st, half))
		http2_tunnel_answered(st, s, frame);
	/* Whatever was lost before, it is not of this half. */
	if (half->begun && !half->lost)
		half->doubtful = false;
	grpc_headers(st, s, side, frame);
	s->pushed |= b->promised != 0;
	half->ended |= b->promised || b->flags & HTTP2_FLAG_END_STREAM;
	if (b->promised)
		return;
	if (side == SIDE_CLIENT)
		http2_stream_begun(st, b->stream);
	http2_stream_check(st, s);
}

static void settle_table(struct http2_state *st, struct http2_side *side)
{
	uint64_t now = hpack_memory(&side->hpack);

	budget_recharge(session_budget(st->session), now, &side->hpack_charged);
}

static void end_block(struct http2_state *st, const struct frame *frame, struct span bytes)
{
	struct http2_side *side = &st->sides[frame->side];
	struct http2_block *b = &side->block;

	http2_fields_clear(&st->fields);
	if (!hpack_decode(&side->hpack, bytes, http2_fields_add, &st->fields))
		b->broken = true;
	else if (b->broken)
		hpack_lost(&side->hpack);
	settle_table(st, side);
	/* What looks like a head that doesn't end may be anything, where nothing can be read in it.
	 */
	if (!b->cut || (!b->headless && st->fields.count))
		apply(st, frame, b);
	b->stream = 0;
	buffer_clear(&b->bytes);
	budget_settle(session_budget(st->session), &b->bytes, &b->charged);
}

/* What stands before the fields of HEADERS and PUSH_PROMISE, and behind them, is taken off. */
static struct span fragment(struct http2_block *b, const struct http2_header *h,
			    struct span payload, bool whole)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	size_t padding = h->flags & HTTP2_FLAG_PADDED ? cursor_u8(&c) : 0;

	if (h->type == HTTP2_HEADERS && h->flags & HTTP2_FLAG_PRIORITY)
		cursor_skip(&c, 5);
	if (h->type == HTTP2_PUSH_PROMISE)
		b->promised = cursor_be32(&c) & 0x7fffffff;
	if (c.failed || (whole && padding > cursor_left(&c))) {
		b->broken = true;
		return (struct span){0};
	}
	/* Of one that isn't whole the padding may be what is missing. */
	return span_of(c.pos, cursor_left(&c) - (whole ? padding : 0));
}

void http2_cut_block(struct http2_state *st, enum side side)
{
	struct http2_block *b = &st->sides[side].block;
	const struct frame frame = {
		.side = side,
		.lost = true,
		.offset = b->position,
		.ts_first = b->first,
		.ts_last = b->last,
	};

	if (!b->stream)
		return;
	b->broken = b->cut = true;
	b->flags = 0;
	end_block(st, &frame, buffer_span(&b->bytes));
}

static void begin_block(struct http2_state *st, const struct frame *frame,
			const struct http2_header *h)
{
	struct http2_block *b = &st->sides[frame->side].block;

	/* Nothing may stand between the parts of a block: the rest of the last one is missing. */
	http2_cut_block(st, frame->side);
	b->stream = h->stream;
	b->promised = 0;
	b->flags = h->flags;
	b->broken = false;
	b->cut = false;
	b->headless = h->type == HTTP2_CONTINUATION;
	b->full = false;
	b->len = 0;
	b->first = frame->ts_first;
	b->position = frame->offset;
}

static void append_block(struct http2_state *st, struct http2_block *b, struct span bytes)
{
	struct budget *budget = session_budget(st->session);

	b->full |= bytes.len > BLOCK_MAX - b->bytes.len;
	b->full = b->full || !budget_allows(budget, &b->bytes, bytes.len);
	b->broken |= b->full;
	if (b->full)
		return;
	buffer_append_span(&b->bytes, bytes);
	budget_settle(budget, &b->bytes, &b->charged);
}

void http2_take_block(struct http2_state *st, const struct frame *frame,
		      const struct http2_header *h, struct span payload)
{
	struct http2_block *b = &st->sides[frame->side].block;
	bool whole = payload.len == h->len;

	if (h->type != HTTP2_CONTINUATION) {
		begin_block(st, frame, h);
		payload = fragment(b, h, payload, whole);
	} else if (b->stream != h->stream) {
		/* Its beginning is missing. */
		begin_block(st, frame, h);
		b->flags = 0;
		b->broken = true;
	}
	b->broken |= !whole;
	b->len += h->len;
	b->last = frame->ts_last;
	if (h->flags & HTTP2_FLAG_END_HEADERS && !b->bytes.len) {
		end_block(st, frame, payload);
		return;
	}
	append_block(st, b, payload);
	if (h->flags & HTTP2_FLAG_END_HEADERS)
		end_block(st, frame, buffer_span(&b->bytes));
}
