/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/state.h"

/* ---- SASL without Kafka's own framing ---- */

/*
 * SaslHandshake of version 0 is followed by tokens with nothing but a length before them (KIP-43);
 * they go on until a request comes. The server's come behind its response.
 */
static void await_tokens(struct kafka_state *st, const struct kafka_request_header *h)
{
	st->token[SIDE_CLIENT] = h->api == KAFKA_API_SASL_HANDSHAKE && h->version == 0;
	st->token[SIDE_SERVER] = false;
	st->handshake_id = h->correlation_id;
}

/* ---- requests ---- */

/* Whether a Produce request wants no response. */
static bool wants_nothing(const struct kafka_request_header *h, struct cursor body)
{
	if (h->api != KAFKA_API_PRODUCE || !h->schema)
		return false;
	if (h->version >= h->schema->flexible) {
		uint64_t len = cursor_varint(&body);

		if (len > 1)
			cursor_skip(&body, (size_t)len - 1);
	} else if (h->version >= 3) {
		int16_t len = (int16_t)cursor_be16(&body);

		if (len > 0)
			cursor_skip(&body, (size_t)len);
	}
	return cursor_be16(&body) == 0 && !body.failed;
}

static void take_request(struct kafka_state *st, struct kafka_message *m)
{
	struct cursor c = cursor_of(m->base.text.data, m->base.text.len);
	struct kafka_request_header h;

	if (!kafka_any_header_read(&c, &h)) {
		/* Its header is cut, or it was none. */
		m->base.partial = true;
		matcher_push(st->matcher, &m->base);
		return;
	}
	m->api = h.api;
	m->base.key = (uint32_t)h.correlation_id;
	await_tokens(st, &h);
	if (wants_nothing(&h, c))
		matcher_push(st->matcher, &m->base);
	else
		matcher_request(st->matcher, &m->base);
}

static void take_response(struct kafka_state *st, struct kafka_message *m)
{
	struct cursor c = cursor_of(m->base.text.data, m->base.text.len);

	m->api = -1;
	m->base.key = cursor_be32(&c);
	st->token[SIDE_SERVER] |= st->token[SIDE_CLIENT] &&
				  m->base.key == (uint32_t)st->handshake_id;
	matcher_response(st->matcher, &m->base);
}

static void take(struct kafka_state *st, enum side side, struct kafka_message *m)
{
	m->base.partial |= m->cut;
	if (m->base.text.failed)
		matcher_discard(st->matcher, &m->base);
	else if (side == SIDE_CLIENT)
		take_request(st, m);
	else
		take_response(st, m);
}

/* ---- frames ---- */

static void append(struct kafka_state *st, struct kafka_message *m, struct span data)
{
	if (m->cut)
		return;
	if (m->base.text.len + data.len > KAFKA_WHOLE_MAX ||
	    !matcher_reserve(st->matcher, &m->base, data.len)) {
		m->cut = true;
		return;
	}
	buffer_append_span(&m->base.text, data);
}

static struct kafka_message *begin(struct kafka_state *st, const struct frame *frame)
{
	struct kafka_message *m = (struct kafka_message *)matcher_message(st->matcher, frame);

	if (m)
		m->len = frame->len;
	return m;
}

/* What is missing in the middle leaves nothing behind it that could be read. */
void kafka_part(void *state, const struct frame *frame)
{
	struct kafka_state *st = state;
	struct kafka_message *m = st->incoming[frame->side];
	uint64_t skip = frame->at < KAFKA_LENGTH_LEN ? KAFKA_LENGTH_LEN - frame->at : 0;

	if (!m)
		m = st->incoming[frame->side] = begin(st, frame);
	if (!m)
		return;
	if (!frame->data)
		m->cut = true; /* lost or left out: the frame says it at its end */
	else if (frame->available > skip)
		append(st, m, span_of(frame->data + skip, frame->available - (size_t)skip));
}

void kafka_message(void *state, const struct frame *frame)
{
	struct kafka_state *st = state;
	struct kafka_message *m = st->incoming[frame->side];

	if (frame->kind == KAFKA_FRAME_TOKEN)
		return;
	st->incoming[frame->side] = NULL;
	if (m) {
		message_extend(&m->base, frame);
	} else {
		m = begin(st, frame);
		if (!m)
			return;
		if (frame->available > KAFKA_LENGTH_LEN)
			append(st, m,
			       span_of(frame->data + KAFKA_LENGTH_LEN,
				       frame->available - KAFKA_LENGTH_LEN));
		m->cut |= frame->cut || frame->lost;
	}
	take(st, frame->side, m);
}

/* No more will come of what SIDE has begun to say. */
static void take_cut(struct kafka_state *st, enum side side)
{
	struct kafka_message *m = st->incoming[side];

	st->incoming[side] = NULL;
	if (!m)
		return;
	m->cut = true;
	take(st, side, m);
}

/* Keys find their requests whatever is missing. */
void kafka_lost(void *state, enum side side, uint64_t missing)
{
	struct kafka_state *st = state;

	(void)missing;
	/* The response may be what was lost. */
	st->token[SIDE_SERVER] |= side == SIDE_SERVER && st->token[SIDE_CLIENT];
	take_cut(st, side);
	matcher_lost(st->matcher, side);
}

void kafka_finish(void *state)
{
	struct kafka_state *st = state;

	take_cut(st, SIDE_CLIENT);
	take_cut(st, SIDE_SERVER);
	matcher_finish(st->matcher);
}
