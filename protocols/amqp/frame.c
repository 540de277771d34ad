/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/frame.h"

#include "protocols/amqp/state.h"

bool amqp_head_read(struct cursor *c, uint64_t size_max, struct amqp_head *head)
{
	head->type = cursor_u8(c);
	head->channel = cursor_be16(c);
	head->size = cursor_be32(c);
	if (c->failed || head->size > size_max)
		return false;
	switch (head->type) {
	case AMQP_FRAME_METHOD:
		return head->size >= 4;
	case AMQP_FRAME_HEADER:
		return head->size >= AMQP_CONTENT_HEADER_MIN;
	case AMQP_FRAME_BODY:
		return true;
	case AMQP_FRAME_HEARTBEAT:
		return head->size == 0;
	default:
		return false;
	}
}

const char *amqp_protocol_version(struct span header)
{
	static const struct {
		uint8_t bytes[4];
		const char *name;
	} versions[] = {
		{{0, 0, 9, 1}, "0-9-1"},
		{{1, 1, 9, 1}, "0-9-1"},
		{{1, 1, 0, 9}, "0-9"},
		{{1, 1, 8, 0}, "0-8"},
	};

	if (header.len < AMQP_PROTOCOL_LEN || memcmp(header.data, "AMQP", 4) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (!memcmp(header.data + 4, versions[i].bytes, 4))
			return versions[i].name;
	return NULL;
}

/* ---- cutting ---- */

enum frame_status amqp_frame(const void *state, enum side side, const struct cursor *in,
			     struct frame *frame)
{
	const struct amqp_state *st = state;
	struct cursor c = *in;
	struct amqp_head *head = frame->memo;

	(void)side;
	if (cursor_left(in) && *in->pos == 'A') {
		frame->kind = AMQP_FRAME_PROTOCOL;
		frame->len = AMQP_PROTOCOL_LEN;
		if (cursor_left(in) < AMQP_PROTOCOL_LEN)
			return FRAME_MORE;
		return memcmp(in->pos, "AMQP", 4) ? FRAME_BAD : FRAME_DONE;
	}
	if (cursor_left(in) < AMQP_FRAME_HEAD)
		return FRAME_MORE;
	if (!amqp_head_read(&c, st->frame_max ? st->frame_max : AMQP_FRAME_MAX, head))
		return FRAME_BAD;
	frame->kind = head->type;
	frame->len = AMQP_FRAME_OVERHEAD + (uint64_t)head->size;
	frame->in_parts = head->type == AMQP_FRAME_BODY;
	return FRAME_DONE;
}

/* ---- looking for one ---- */

static bool is_content_header(struct span payload)
{
	struct amqp_properties properties;

	return amqp_properties_read(payload, &properties) && properties.class_id == 60 &&
	       !payload.data[2] && !payload.data[3];
}

enum amqp_proof amqp_frame_prove(struct span bytes, uint64_t *len, struct amqp_call *call)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct amqp_properties properties;
	struct amqp_head head;
	struct span payload;
	bool whole;

	call->method = NULL;
	if (!amqp_head_read(&c, AMQP_FRAME_MAX, &head))
		return AMQP_PROOF_NONE;
	*len = AMQP_FRAME_OVERHEAD + (uint64_t)head.size;
	whole = bytes.len >= *len;
	payload = cursor_rest(&c);
	if (payload.len > head.size)
		payload.len = head.size;
	if (whole && (uint8_t)bytes.data[*len - 1] != AMQP_FRAME_END)
		return AMQP_PROOF_NONE;
	switch (head.type) {
	case AMQP_FRAME_METHOD:
		if (!amqp_call_read(payload, call))
			return AMQP_PROOF_WEAK;
		if (!call->method || (whole && !call->whole))
			return AMQP_PROOF_NONE;
		return whole ? AMQP_PROOF_WHOLE : AMQP_PROOF_FRONT;
	case AMQP_FRAME_HEADER:
		if (payload.len < AMQP_CONTENT_HEADER_MIN)
			return AMQP_PROOF_WEAK;
		if (!is_content_header(payload))
			return AMQP_PROOF_NONE;
		if (!whole)
			return AMQP_PROOF_FRONT;
		return amqp_properties_read(payload, &properties) && properties.whole
			       ? AMQP_PROOF_WHOLE
			       : AMQP_PROOF_NONE;
	case AMQP_FRAME_HEARTBEAT:
		return whole && !head.channel ? AMQP_PROOF_WHOLE : AMQP_PROOF_WEAK;
	default:
		return AMQP_PROOF_WEAK;
	}
}

/* A body says nothing of itself, but that another frame follows it. */
static bool is_followed(struct span bytes, uint64_t len)
{
	struct amqp_call call;
	uint64_t next;

	return bytes.len >= len + AMQP_FRAME_HEAD && bytes.data[0] == AMQP_FRAME_BODY &&
	       amqp_frame_prove(span_of(bytes.data + len, bytes.len - (size_t)len), &next, &call) !=
		       AMQP_PROOF_NONE;
}

/*
 * A frame that proves itself. Long bodies of which the end isn't there are passed over: what is in
 * them could be anything.
 */
bool amqp_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	for (; cursor_left(in) >= AMQP_FRAME_HEAD + 4; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);
		struct amqp_call call;
		uint64_t len = 0;
		enum amqp_proof proof;

		/* Nearly all places are passed by their first byte. */
		if ((uint8_t)rest.data[0] > AMQP_FRAME_HEARTBEAT)
			continue;
		proof = amqp_frame_prove(rest, &len, &call);
		if (proof >= AMQP_PROOF_FRONT && (!call.method || amqp_may_send(side, call.method)))
			return true;
		if (proof == AMQP_PROOF_WEAK && is_followed(rest, len))
			return true;
	}
	return false;
}
