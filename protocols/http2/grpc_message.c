/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/budget.h"
#include "protocols/http2/grpc_state.h"
#include "protocols/protobuf/view.h"
#include "protocols/value/base64.h"
#include "protocols/value/json.h"

void grpc_half_settle(struct http2_state *st, struct grpc_half *half)
{
	uint64_t now = half->message.capacity + half->json.capacity;

	budget_recharge(session_budget(st->session), now, &half->charged);
}

/* False: CODEC is not set, the encoding is unknown. */
static bool codec_of(struct span encoding, enum codec *codec)
{
	static const struct {
		const char *name;
		enum codec codec;
	} names[] = {
		{"gzip", CODEC_GZIP},
		{"deflate", CODEC_DEFLATE},
		{"snappy", CODEC_SNAPPY},
		{"zstd", CODEC_ZSTD},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_is(encoding, names[i].name))
			continue;
		*codec = names[i].codec;
		return true;
	}
	return false;
}

/* The message without its compression; false: it can't be taken off. */
static bool decompress(struct http2_state *st, struct span encoding, struct grpc_half *half,
		       struct buffer *out)
{
	struct codec_contexts *codecs = &st->decoders[SIDE_CLIENT].codecs;
	enum codec codec;
	enum codec_end end;

	if (!codec_of(encoding, &codec))
		return false;
	end = codec_decode(codecs, codec, buffer_span(&half->message), out,
			   session_keep(st->session));
	half->cut |= end == CODEC_FULL || (end == CODEC_CUT && half->cut);
	return end == CODEC_DONE || end == CODEC_FULL || half->cut;
}

static void append_bytes(struct buffer *out, struct span bytes)
{
	buffer_append_text(out, "{\"bytes\":\"");
	base64_append(out, bytes);
	buffer_append_text(out, "\"}");
}

/* What the call's method takes or gives; NULL: nobody told. */
static const struct protobuf_message *type_of(struct http2_state *st, const struct http2_stream *s,
					      enum side side)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];

	return protobuf_schema_method(session_protobuf(st->session),
				      http2_piece_span(request, request->path),
				      side == SIDE_SERVER);
}

static void append_message(struct http2_state *st, const struct http2_stream *s, enum side side,
			   struct span message, size_t limit)
{
	struct grpc_half *half = &s->grpc->halves[side];

	if (s->grpc->json)
		json_append_string(&half->json, message);
	else if (half->cut ||
		 !protobuf_view(message, type_of(st, s, side), limit, &half->json, &half->all_cut))
		append_bytes(&half->json, message);
}

void grpc_take_message(struct http2_state *st, struct http2_stream *s, enum side side)
{
	struct grpc_half *half = &s->grpc->halves[side];
	size_t keep = session_keep(st->session);
	size_t limit = half->json.len < keep ? keep - half->json.len : 0;
	struct span message = buffer_span(&half->message);
	struct buffer plain = {0};

	if (half->prefix[0] & 1 && message.len) {
		if (decompress(st, http2_piece_span(&s->halves[side], half->encoding), half,
			       &plain))
			message = buffer_span(&plain);
		else
			half->undecoded = true;
	}
	half->all_cut |= half->cut;
	if (!limit) {
		half->all_cut = true;
	} else {
		if (half->json.len)
			buffer_append_char(&half->json, ',');
		if (message.len > limit) {
			half->cut = half->all_cut = true;
			message.len = limit;
		}
		append_message(st, s, side, message, limit);
	}
	buffer_free(&plain);
	buffer_clear(&half->message);
	grpc_half_settle(st, half);
}
