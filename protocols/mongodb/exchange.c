/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mongodb/state.h"

static struct span payload_of(const struct mongodb_message *m)
{
	size_t len = m->base.text.len;

	return len > MONGODB_HEADER_LEN
		       ? span_of(m->base.text.data + MONGODB_HEADER_LEN, len - MONGODB_HEADER_LEN)
		       : (struct span){0};
}

uint32_t mongodb_opcode_of(const struct mongodb_message *m)
{
	struct mongodb_compressed compressed;

	if (m->header.opcode != MONGODB_COMPRESSED)
		return m->header.opcode;
	return mongodb_compressed_read(payload_of(m), &compressed) ? compressed.opcode : 0;
}

/* Whether a MSG, which may be compressed, says that no answer is wanted. */
static bool wants_nothing(struct mongodb_state *st, const struct mongodb_message *m)
{
	struct mongodb_compressed compressed;
	struct span payload = payload_of(m);
	struct cursor c;
	uint32_t opcode = mongodb_opcode_of(m);

	if (opcode == MONGODB_INSERT || opcode == MONGODB_UPDATE || opcode == MONGODB_DELETE ||
	    opcode == MONGODB_KILL_CURSORS)
		return true;
	if (opcode != MONGODB_MSG)
		return false;
	if (m->header.opcode == MONGODB_COMPRESSED) {
		buffer_clear(&st->plain[SIDE_CLIENT]);
		mongodb_compressed_read(payload, &compressed);
		mongodb_decompress(&st->codecs, &compressed, &st->plain[SIDE_CLIENT], 4096);
		payload = buffer_span(&st->plain[SIDE_CLIENT]);
	}
	c = cursor_of(payload.data, payload.len);
	return cursor_le32(&c) & MONGODB_FLAG_MORE_TO_COME;
}

static void take(struct mongodb_state *st, struct mongodb_message *m)
{
	struct cursor c = cursor_of(m->base.text.data, m->base.text.len);

	if (m->base.text.failed || !mongodb_header_read(&c, &m->header)) {
		matcher_discard(st->matcher, &m->base);
		return;
	}
	if (!m->request) {
		m->base.key = m->header.response_to;
		matcher_response(st->matcher, &m->base);
		return;
	}
	m->base.key = m->header.request_id;
	if (wants_nothing(st, m))
		matcher_push(st->matcher, &m->base);
	else
		matcher_request(st->matcher, &m->base);
}

static void append(struct mongodb_state *st, struct mongodb_message *m, struct span data)
{
	if (m->cut)
		return;
	if (!matcher_reserve(st->matcher, &m->base, data.len)) {
		m->cut = true;
		return;
	}
	buffer_append_span(&m->base.text, data);
}

static struct mongodb_message *begin(struct mongodb_state *st, const struct frame *frame)
{
	struct mongodb_message *m = (struct mongodb_message *)matcher_message(st->matcher, frame);

	if (!m)
		return NULL;
	m->len = frame->len;
	m->request = frame->side == SIDE_CLIENT;
	return m;
}

void mongodb_part(void *state, const struct frame *frame)
{
	struct mongodb_state *st = state;
	struct mongodb_message **m = &st->incoming[frame->side];

	if (!*m)
		*m = begin(st, frame);
	if (!*m)
		return;
	if (frame->data) {
		append(st, *m, span_of(frame->data, frame->available));
		return;
	}
	(*m)->cut = true;
	(*m)->base.partial |= frame->lost;
}

void mongodb_message(void *state, const struct frame *frame)
{
	struct mongodb_state *st = state;
	struct mongodb_message *m = st->incoming[frame->side];

	st->incoming[frame->side] = NULL;
	if (m) {
		message_extend(&m->base, frame);
	} else {
		m = begin(st, frame);
		if (!m)
			return;
		append(st, m, span_of(frame->data, frame->available));
		m->cut |= frame->cut || frame->lost;
	}
	take(st, m);
}

/* No more will come of what SIDE has begun to say. */
static void take_cut(struct mongodb_state *st, enum side side)
{
	struct mongodb_message *m = st->incoming[side];

	st->incoming[side] = NULL;
	if (!m)
		return;
	m->cut = m->base.partial = true;
	take(st, m);
}

void mongodb_lost(void *state, enum side side, uint64_t missing)
{
	struct mongodb_state *st = state;

	(void)missing;
	take_cut(st, side);
	matcher_lost(st->matcher, side);
}

void mongodb_finish(void *state)
{
	struct mongodb_state *st = state;

	take_cut(st, SIDE_CLIENT);
	take_cut(st, SIDE_SERVER);
	matcher_finish(st->matcher);
}
