/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"

/* As many messages in a row are believed after a hole. */
#define CHAIN 3

static enum frame_status startup_frame(const struct pgsql_state *st, struct cursor c,
				       struct frame *frame)
{
	size_t there = cursor_left(&c);
	uint32_t len = cursor_be32(&c);
	uint32_t code = cursor_be32(&c);

	/* What comes behind SSLRequest depends on its answer. */
	if (st->asked_ssl || st->asked_gss)
		return FRAME_HOLD;
	if (there < PGSQL_STARTUP_MIN)
		return FRAME_MORE;
	if (len < PGSQL_STARTUP_MIN || len > PGSQL_STARTUP_MAX ||
	    (code >> 16 != PGSQL_STARTUP_3 >> 16 && code != PGSQL_CANCEL && code != PGSQL_SSL &&
	     code != PGSQL_GSS))
		return FRAME_BAD;
	frame->len = len;
	frame->kind = PGSQL_FRAME_STARTUP;
	return FRAME_DONE;
}

/* A length, and what GSS encrypted. */
static enum frame_status sealed_frame(struct cursor c, struct frame *frame)
{
	uint32_t len = cursor_be32(&c);

	if (c.failed)
		return FRAME_MORE;
	if (!len || len > PGSQL_SEALED_MAX)
		return FRAME_BAD;
	frame->len = PGSQL_SEALED_HEADER_LEN + (uint64_t)len;
	frame->kind = PGSQL_FRAME_SEALED;
	frame->in_parts = true;
	return FRAME_DONE;
}

/* To a request for TLS or GSS. */
static bool is_answer(uint8_t byte)
{
	return byte == 'S' || byte == 'N' || byte == 'G';
}

enum frame_status pgsql_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame)
{
	const struct pgsql_state *st = state;
	struct cursor c = *in;
	uint8_t type;
	uint32_t len;

	if (st->sealed)
		return sealed_frame(c, frame);
	if (side == SIDE_CLIENT && !st->started)
		return startup_frame(st, c, frame);
	if (!cursor_left(&c))
		return FRAME_MORE;
	/* No message begins with a zero; a recording that missed TCP's handshake may have all of
	 * ours. */
	if (side == SIDE_CLIENT && st->joined && *c.pos == 0)
		return startup_frame(st, c, frame);
	if (side == SIDE_SERVER && (st->asked_ssl || st->asked_gss) && is_answer(*c.pos)) {
		frame->len = 1;
		frame->kind = PGSQL_FRAME_ANSWER;
		return FRAME_DONE;
	}
	if (cursor_left(&c) < PGSQL_HEADER_LEN)
		return FRAME_MORE;
	type = cursor_u8(&c);
	len = cursor_be32(&c);
	if (!pgsql_may_be(side, type, len))
		return FRAME_BAD;
	frame->len = 1 + (uint64_t)len;
	frame->kind = PGSQL_FRAME_MESSAGE;
	frame->in_parts = type == 'd' && len > PGSQL_WHOLE_MAX;
	return FRAME_DONE;
}

/* Messages in a row whose payloads are as they should be, or such a one up to the end. */
static bool at_messages(enum side side, struct span bytes)
{
	for (int i = 0; i < CHAIN; i++) {
		struct cursor c = cursor_of(bytes.data, bytes.len);
		uint8_t type = cursor_u8(&c);
		uint32_t len = cursor_be32(&c);
		size_t left = cursor_left(&c);

		if (c.failed)
			return i > 0;
		if (!pgsql_may_be(side, type, len))
			return false;
		if (left > len - 4)
			left = len - 4;
		if (!pgsql_looks_like(side, type, span_of(c.pos, left), left == len - 4))
			return false;
		if (left < len - 4)
			return i > 0 || left > 64;
		bytes = span_of(c.pos + left, cursor_left(&c) - left);
	}
	return true;
}

bool pgsql_resync(void *state, enum side side, struct cursor *in)
{
	const struct pgsql_state *st = state;

	/* Nothing tells where an encrypted packet begins. */
	if (st->sealed)
		cursor_skip(in, cursor_left(in));
	for (; cursor_left(in) >= PGSQL_HEADER_LEN; cursor_skip(in, 1))
		if (at_messages(side, cursor_rest(in)) ||
		    (side == SIDE_CLIENT && st->joined && pgsql_is_startup(cursor_rest(in))))
			return true;
	return false;
}
