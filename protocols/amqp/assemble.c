/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/state.h"

/* ---- making messages ---- */

static struct amqp_message *message_new(struct amqp_state *st, const struct frame *frame,
					uint16_t channel)
{
	struct amqp_message *m = (struct amqp_message *)matcher_message(st->messages, frame);

	if (!m)
		return NULL;
	m->side = frame->side;
	m->channel = channel;
	return m;
}

bool amqp_message_append(struct amqp_state *st, struct amqp_message *m, struct span bytes)
{
	if (!matcher_reserve(st->messages, &m->base, bytes.len)) {
		m->cut = true;
		return false;
	}
	buffer_append_span(&m->base.text, bytes);
	return true;
}

/* What of the payload is there; the frame's end is looked at. */
static struct span payload_of(struct amqp_message *m, const struct frame *frame)
{
	size_t len = frame->available;

	m->wire += frame->len;
	m->cut |= frame->cut || frame->lost;
	if (len < AMQP_FRAME_HEAD)
		return (struct span){0};
	/* A frame that its connection's end cut short is as long as what came, and has no end. */
	if (len == frame->len && !frame->lost) {
		m->damaged |= frame->data[len - 1] != AMQP_FRAME_END;
		len--;
	}
	return span_of(frame->data + AMQP_FRAME_HEAD, len - AMQP_FRAME_HEAD);
}

/* ---- messages of several frames ---- */

/* Takes what was begun on a channel, and won't go on. */
static void abandon(struct amqp_channel *ch, enum side side)
{
	struct amqp_message *m = ch->incoming[side];

	ch->incoming[side] = NULL;
	if (!m)
		return;
	m->base.partial = m->cut = true;
	amqp_take(ch, m);
}

static void take_when_whole(struct amqp_channel *ch, enum side side)
{
	struct amqp_message *m = ch->incoming[side];

	if (!m->has_header || m->body_seen < m->body_size)
		return;
	ch->incoming[side] = NULL;
	amqp_take(ch, m);
}

static void take_method(struct amqp_channel *ch, const struct frame *frame)
{
	struct amqp_message *m = message_new(ch->st, frame, ch->number);
	struct span payload;

	abandon(ch, frame->side);
	if (!m)
		return;
	payload = payload_of(m, frame);
	if (amqp_message_append(ch->st, m, payload))
		m->method_len = (uint32_t)payload.len;
	m->method = amqp_method_of(payload);
	if (m->method && m->method->flags & AMQP_CONTENT)
		ch->incoming[frame->side] = m;
	else
		amqp_take(ch, m);
}

/* Of a message whose method was lost, or came before the recording, the rest is shown. */
static void take_header(struct amqp_channel *ch, const struct frame *frame)
{
	struct amqp_message *m = ch->incoming[frame->side];
	struct span payload;

	if (m && m->has_header) {
		abandon(ch, frame->side);
		m = NULL;
	}
	if (!m) {
		m = message_new(ch->st, frame, ch->number);
		if (!m)
			return;
		m->base.partial = true;
		ch->incoming[frame->side] = m;
	}
	message_extend(&m->base, frame);
	payload = payload_of(m, frame);
	m->has_header = true;
	m->body_size = amqp_content_size(payload);
	if (amqp_message_append(ch->st, m, payload))
		m->header_len = (uint32_t)payload.len;
	take_when_whole(ch, frame->side);
}

/* Some of a body, up to what is kept of it. */
static void append_body(struct amqp_state *st, struct amqp_message *m, struct span bytes)
{
	size_t keep = session_keep(st->session);
	size_t room = keep > m->body_len ? keep - m->body_len : 0;

	if (m->cut)
		return;
	if (bytes.len > room)
		bytes.len = room;
	if (bytes.len && amqp_message_append(st, m, bytes))
		m->body_len += bytes.len;
}

static struct amqp_message *incoming_of(struct amqp_state *st, const struct frame *frame,
					struct amqp_channel **ch)
{
	const struct amqp_head *head = frame->memo;
	struct amqp_message *m;

	*ch = amqp_channel_get(st, head->channel);
	m = *ch ? (*ch)->incoming[frame->side] : NULL;
	return m && m->has_header ? m : NULL;
}

void amqp_part(void *state, const struct frame *frame)
{
	const struct amqp_head *head = frame->memo;
	struct amqp_state *st = state;
	struct amqp_channel *ch;
	struct amqp_message *m = incoming_of(st, frame, &ch);
	uint64_t from = frame->at > AMQP_FRAME_HEAD ? frame->at : AMQP_FRAME_HEAD;
	uint64_t end = AMQP_FRAME_HEAD + (uint64_t)head->size;
	uint64_t to = frame->at + frame->available;

	/* What belongs to nothing was said to be lost, or is from before the recording. */
	if (!m)
		return;
	if (to > end && frame->data)
		m->damaged |= frame->data[end - frame->at] != AMQP_FRAME_END;
	if (to > end)
		to = end;
	if (from >= to)
		return;
	m->body_seen += to - from;
	if (!frame->data) {
		m->cut = true;
		m->base.partial |= frame->lost;
		return;
	}
	append_body(st, m, span_of(frame->data + (from - frame->at), (size_t)(to - from)));
}

static void take_body(struct amqp_state *st, const struct frame *frame)
{
	struct amqp_channel *ch;
	struct amqp_message *m = incoming_of(st, frame, &ch);

	if (!m)
		return;
	message_extend(&m->base, frame);
	m->wire += frame->len;
	m->frames++;
	m->damaged |= m->body_seen > m->body_size;
	take_when_whole(ch, frame->side);
}

/* ---- frames ---- */

static void take_alone(struct amqp_state *st, const struct frame *frame, enum amqp_alone alone)
{
	struct amqp_message *m = message_new(st, frame, 0);
	struct amqp_channel *ch = amqp_channel_get(st, 0);

	if (!m)
		return;
	m->alone = (uint8_t)alone;
	m->wire = frame->len;
	if (frame->available && amqp_message_append(st, m, span_of(frame->data, frame->available)))
		m->method_len = (uint32_t)frame->available;
	if (ch)
		amqp_take(ch, m);
	else
		matcher_discard(st->messages, &m->base);
}

void amqp_message(void *state, const struct frame *frame)
{
	const struct amqp_head *head = frame->memo;
	struct amqp_state *st = state;
	struct amqp_channel *ch;

	switch (frame->kind) {
	case AMQP_FRAME_PROTOCOL:
		take_alone(st, frame, AMQP_ALONE_PROTOCOL);
		return;
	case AMQP_FRAME_HEARTBEAT:
		take_alone(st, frame, AMQP_ALONE_HEARTBEAT);
		return;
	case AMQP_FRAME_BODY:
		take_body(st, frame);
		return;
	default:
		break;
	}
	ch = amqp_channel_get(st, head->channel);
	if (!ch)
		return;
	if (frame->kind == AMQP_FRAME_METHOD)
		take_method(ch, frame);
	else
		take_header(ch, frame);
}

/* Each channel learns of it when it is asked for next: there may be many. */
void amqp_lost(void *state, enum side side, uint64_t missing)
{
	struct amqp_state *st = state;

	(void)missing;
	st->losses[side]++;
}

void amqp_channel_catch_up(struct amqp_channel *ch)
{
	for (int side = 0; side < 2; side++) {
		if (ch->losses[side] == ch->st->losses[side])
			continue;
		ch->losses[side] = ch->st->losses[side];
		abandon(ch, (enum side)side);
		amqp_channel_lost(ch, (enum side)side);
	}
}

void amqp_finish(void *state)
{
	struct amqp_state *st = state;
	struct amqp_channel *ch;
	size_t at = 0;

	while ((ch = map_next(&st->channels, &at)) != NULL) {
		amqp_channel_catch_up(ch);
		abandon(ch, SIDE_CLIENT);
		abandon(ch, SIDE_SERVER);
	}
	amqp_channels_close(st);
}
