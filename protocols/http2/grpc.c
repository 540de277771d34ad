/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/grpc.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/http2/grpc_state.h"
#include "protocols/protobuf/view.h"
#include "protocols/value/base64.h"

/* ---- messages ---- */

static void keep_message(struct http2_state *st, struct grpc_half *half, struct span data)
{
	size_t keep = session_keep(st->session);
	size_t room = half->message.len < keep ? keep - half->message.len : 0;
	struct budget *budget = session_budget(st->session);

	if (data.len > room) {
		half->cut = true;
		data.len = room;
	}
	if (data.len > half->message.capacity - half->message.len) {
		if (!budget_take(budget, data.len)) {
			half->cut = true;
			return;
		}
		budget_give(budget, data.len);
	}
	buffer_append_span(&half->message, data);
}

static void end_message(struct http2_state *st, struct http2_stream *s, enum side side, int64_t ts)
{
	struct grpc_half *half = &s->grpc->halves[side];

	half->messages++;
	if (half->first_message == TIME_UNKNOWN)
		half->first_message = ts;
	grpc_take_message(st, s, side);
	half->prefix_len = 0;
	half->cut = false;
}

/* The length of the message that begins. */
static void begin_message(struct grpc_half *half)
{
	const uint8_t *p = half->prefix;

	half->left = (uint64_t)p[1] << 24 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 8 | p[4];
	half->bytes += half->left;
	/* No flag but the first is defined (the highest is gRPC-Web's trailers). */
	half->broken |= (p[0] & 0x7e) != 0;
}

/* Whether messages lie in DATA from its beginning to its end: senders frame them so. */
static bool holds_messages(struct span data)
{
	while (data.len >= GRPC_PREFIX_LEN) {
		const uint8_t *p = (const uint8_t *)data.data;
		uint64_t len = (uint64_t)p[1] << 24 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 8 |
			       p[4];

		if (p[0] > 1 || len > data.len - GRPC_PREFIX_LEN)
			return false;
		data = span_of(data.data + GRPC_PREFIX_LEN + len,
			       data.len - GRPC_PREFIX_LEN - (size_t)len);
	}
	return !data.len;
}

void grpc_frame(struct http2_stream *s, enum side side, struct span data)
{
	struct grpc_half *half = s->grpc ? &s->grpc->halves[side] : NULL;

	if (!half || !half->broken || !data.len || !holds_messages(data))
		return;
	half->broken = half->cut = false;
	half->incomplete = true;
	half->prefix_len = 0;
	half->left = 0;
	buffer_clear(&half->message);
}

void grpc_data(struct http2_state *st, struct http2_stream *s, enum side side, struct span data,
	       const struct frame *frame)
{
	struct grpc_half *half = s->grpc ? &s->grpc->halves[side] : NULL;

	while (half && data.len && !half->broken && !half->other) {
		size_t len = 1;

		if (half->prefix_len < GRPC_PREFIX_LEN) {
			half->prefix[half->prefix_len++] = (uint8_t)data.data[0];
			if (half->prefix_len == GRPC_PREFIX_LEN)
				begin_message(half);
		} else {
			len = data.len < half->left ? data.len : (size_t)half->left;
			keep_message(st, half, span_of(data.data, len));
			half->left -= len;
		}
		data = span_of(data.data + len, data.len - len);
		if (half->prefix_len == GRPC_PREFIX_LEN && !half->left && !half->broken)
			end_message(st, s, side, frame->ts_last);
	}
}

/* Inside a message the next one is where it would have been. */
void grpc_hole(struct http2_state *st, struct http2_stream *s, enum side side, uint64_t len,
	       const struct frame *frame)
{
	struct grpc_half *half = s->grpc ? &s->grpc->halves[side] : NULL;

	if (!half || half->broken || half->other)
		return;
	if (half->prefix_len < GRPC_PREFIX_LEN || len > half->left) {
		half->broken = true;
		return;
	}
	half->cut = true;
	half->left -= len;
	if (!half->left)
		end_message(st, s, side, frame->ts_last);
}

void grpc_lost(struct http2_stream *s, enum side side)
{
	if (s->grpc)
		s->grpc->halves[side].broken = true;
}

/* ---- calls ---- */

struct grpc_call *grpc_call_new(struct http2_state *st)
{
	struct grpc_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	budget_add(session_budget(st->session), sizeof(*call) + BUDGET_OVERHEAD);
	call->code = -1;
	call->deadline = call->headers_ts = TIME_UNKNOWN;
	for (int side = 0; side < 2; side++)
		call->halves[side].first_message = TIME_UNKNOWN;
	return call;
}

void grpc_free(struct http2_state *st, struct http2_stream *s)
{
	struct budget *budget = session_budget(st->session);

	if (!s->grpc)
		return;
	for (int side = 0; side < 2; side++) {
		buffer_free(&s->grpc->halves[side].message);
		buffer_free(&s->grpc->halves[side].json);
		budget_give(budget, s->grpc->halves[side].charged);
	}
	budget_give(budget, sizeof(*s->grpc) + BUDGET_OVERHEAD);
	free(s->grpc);
	s->grpc = NULL;
}

/* "application/grpc", and what may follow it: "+proto", "+json", ";...". */
static bool is_grpc(struct span type)
{
	static const char name[] = "application/grpc";
	size_t len = sizeof(name) - 1;

	if (type.len < len || !http_same_word(span_of(type.data, len), name))
		return false;
	return type.len == len || type.data[len] == '+' || type.data[len] == ';' ||
	       type.data[len] == ' ';
}

/* What came before can't be cut any more. */
static bool open_call(struct http2_state *st, struct http2_stream *s)
{
	if (!s->grpc) {
		s->grpc = grpc_call_new(st);
		for (int side = 0; side < 2 && s->grpc; side++)
			s->grpc->halves[side].broken = s->halves[side].body_bytes > 0;
	}
	return s->grpc != NULL;
}

static void begin_call(struct http2_state *st, struct http2_stream *s)
{
	struct span type;

	if (s->grpc && !s->grpc->inferred)
		return;
	if (!http2_fields_find(&st->fields, "content-type", &type)) {
		/* It may be among what is not known: then the messages will tell. */
		if (st->fields.unknown && !s->grpc && open_call(st, s))
			s->grpc->inferred = true;
		return;
	}
	if (!is_grpc(type)) {
		grpc_free(st, s);
		return;
	}
	if (!open_call(st, s))
		return;
	s->grpc->inferred = false;
	s->grpc->json = memmem(type.data, type.len, "+json", 5) != NULL;
	/* Its messages are kept, not their frames. */
	for (int side = 0; side < 2; side++)
		s->halves[side].body_open = false;
}

/* A whole body that is cut into messages just as gRPC would; or there is none. */
static bool is_cut_well(const struct http2_half *http, const struct grpc_half *half)
{
	return !http->body_bytes || (half->messages && !half->broken && !half->incomplete &&
				     !half->prefix_len && !http->lost);
}

bool grpc_is_call(const struct http2_stream *s)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];
	const struct http2_half *response = &s->halves[SIDE_SERVER];

	if (!s->grpc || !s->grpc->inferred)
		return s->grpc != NULL;
	if (s->grpc->code >= 0)
		return true;
	return (request->body_bytes || response->body_bytes) &&
	       (!response->status || response->status == 200) &&
	       is_cut_well(request, &s->grpc->halves[SIDE_CLIENT]) &&
	       is_cut_well(response, &s->grpc->halves[SIDE_SERVER]);
}

static int code_of(struct span text)
{
	int code = 0;

	if (!text.len || text.len > 4)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		code = code * 10 + (text.data[i] - '0');
	}
	return code;
}

#define DETAILS "grpc-status-details-bin"

static bool decode_details(struct span value, struct buffer *out)
{
	struct span bytes;

	if (!http2_field_is_raw(span_text(DETAILS), value, &bytes))
		return base64_decode(out, value);
	buffer_append_span(out, bytes);
	return true;
}

static struct http2_piece keep_details(struct http2_state *st, struct http2_half *half,
				       struct span value)
{
	const struct protobuf_message *type = protobuf_schema_message(
		session_protobuf(st->session), span_text("google.rpc.Status"));
	struct buffer bytes = {0}, json = {0};
	struct http2_piece piece = {0};
	bool cut = false;

	if (decode_details(value, &bytes) &&
	    protobuf_view(buffer_span(&bytes), type, session_keep(st->session), &json, &cut) &&
	    !json.failed)
		piece = http2_half_keep(st, half, buffer_span(&json));
	buffer_free(&bytes);
	buffer_free(&json);
	return piece;
}

/* In the trailers, or in the only block of an answer without messages. */
static void take_status(struct http2_state *st, struct http2_stream *s)
{
	struct http2_half *half = &s->halves[SIDE_SERVER];
	struct grpc_call *call = s->grpc;
	struct buffer text = {0};
	struct span value;

	if (http2_fields_find(&st->fields, "grpc-status", &value))
		call->code = code_of(value);
	if (http2_fields_find(&st->fields, "grpc-message", &value)) {
		grpc_percent_decode(value, &text);
		call->message = http2_half_keep(st, half, buffer_span(&text));
		buffer_free(&text);
	}
	if (http2_fields_find(&st->fields, DETAILS, &value))
		call->details = keep_details(st, half, value);
}

void grpc_headers(struct http2_state *st, struct http2_stream *s, enum side side,
		  const struct frame *frame)
{
	struct grpc_call *call;
	struct span value;

	begin_call(st, s);
	call = s->grpc;
	if (!call)
		return;
	if (http2_fields_find(&st->fields, "grpc-encoding", &value))
		call->halves[side].encoding = http2_half_keep(st, &s->halves[side], value);
	if (side == SIDE_CLIENT) {
		if (http2_fields_find(&st->fields, "grpc-timeout", &value))
			call->deadline = grpc_timeout(value);
		return;
	}
	if (!call->inferred && http2_fields_find(&st->fields, "content-type", &value) &&
	    !is_grpc(value))
		call->halves[SIDE_SERVER].other = true;
	if (call->headers_ts == TIME_UNKNOWN && s->halves[SIDE_SERVER].begun)
		call->headers_ts = frame->ts_last;
	take_status(st, s);
}

void grpc_end(struct http2_state *st, struct http2_stream *s, enum side side,
	      const struct frame *frame)
{
	struct grpc_half *half = s->grpc ? &s->grpc->halves[side] : NULL;

	(void)st;
	(void)frame;
	/* It ends inside a message. */
	if (half && half->prefix_len)
		half->broken = true;
}
