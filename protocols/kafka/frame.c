/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/state.h"

/* Responses begin with a correlation id. */
#define RESPONSE_MIN 4

/* How much of a response that nobody waits for is believed after a hole. */
#define RESPONSE_MAX INT32_MAX

static bool is_request(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct kafka_request_header h;

	cursor_skip(&c, KAFKA_LENGTH_LEN);
	return kafka_request_header_read(&c, &h);
}

/* Api and version tell, before the client's id is there. */
static bool may_be_request(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	int api, version;

	cursor_skip(&c, KAFKA_LENGTH_LEN);
	api = (int16_t)cursor_be16(&c);
	version = (int16_t)cursor_be16(&c);
	return !c.failed && kafka_is_version(api, version);
}

/* An api that nobody has defined; its client's name tells. */
static enum start is_of_unknown_api(struct span bytes, uint64_t len)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct kafka_request_header h;

	cursor_skip(&c, KAFKA_LENGTH_LEN);
	if (kafka_any_header_read(&c, &h))
		return START_SURELY;
	return c.failed && bytes.len < len ? START_PERHAPS : START_NOT;
}

enum frame_status kafka_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame)
{
	const struct kafka_state *st = state;
	struct span bytes = cursor_rest(in);
	struct cursor c = *in;
	uint32_t len = cursor_be32(&c);
	uint32_t most = side == SIDE_CLIENT ? KAFKA_REQUEST_MAX : RESPONSE_MAX;
	uint32_t least = side == SIDE_CLIENT ? KAFKA_REQUEST_MIN - 2 : RESPONSE_MIN;
	enum start unknown;

	if (bytes.len < KAFKA_LENGTH_LEN)
		return FRAME_MORE;
	frame->len = KAFKA_LENGTH_LEN + (uint64_t)len;
	frame->kind = KAFKA_FRAME_MESSAGE;
	frame->in_parts = len > KAFKA_PART_MIN;
	if (len > most || (len < least && !st->token[side]))
		return FRAME_BAD;
	if (side == SIDE_SERVER) {
		if (st->token[side])
			frame->kind = KAFKA_FRAME_TOKEN;
		return FRAME_DONE;
	}
	if (bytes.len < KAFKA_LENGTH_LEN + 4 && bytes.len < frame->len)
		return FRAME_MORE;
	if (may_be_request(bytes))
		return FRAME_DONE;
	unknown = st->token[side] ? START_NOT : is_of_unknown_api(bytes, frame->len);
	if (unknown != START_NOT)
		return unknown == START_SURELY ? FRAME_DONE : FRAME_MORE;
	frame->kind = KAFKA_FRAME_TOKEN;
	frame->in_parts = false;
	return st->token[side] ? FRAME_DONE : FRAME_BAD;
}

/* A response that somebody waits for. */
static bool is_awaited(const struct kafka_state *st, struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_be32(&c);
	struct message asked = {.key = cursor_be32(&c)};

	return !c.failed && len >= RESPONSE_MIN && len <= RESPONSE_MAX &&
	       matcher_find(st->matcher, &asked);
}

bool kafka_resync(void *state, enum side side, struct cursor *in)
{
	struct kafka_state *st = state;

	for (; cursor_left(in) >= KAFKA_LENGTH_LEN + KAFKA_REQUEST_MIN; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);

		if (side == SIDE_CLIENT ? rest.data[0] == 0 && is_request(rest)
					: is_awaited(st, rest))
			return true;
	}
	return false;
}
