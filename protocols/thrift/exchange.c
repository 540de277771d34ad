/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/hash.h"
#include "protocols/thrift/state.h"

/* Beyond --keep: what stands before the arguments. */
#define KEEP_MORE (64u << 10)

static size_t limit_of(const struct thrift_state *st)
{
	size_t keep = session_keep(st->session);

	return keep > SIZE_MAX - KEEP_MORE ? keep : keep + KEEP_MORE;
}

static void append(struct thrift_state *st, struct thrift_message *m, struct span data)
{
	if (!m->cut)
		m->cut = !matcher_append(st->matcher, &m->base, data, limit_of(st));
}

/* The message that the frame begins or continues; NULL when there is no memory. */
static struct thrift_message *message_of(struct thrift_state *st, const struct frame *frame)
{
	struct thrift_message *m = st->current[frame->side];

	if (m) {
		message_extend(&m->base, frame);
		return m;
	}
	m = (struct thrift_message *)matcher_message(st->matcher, frame);
	if (m)
		m->side = frame->side;
	st->current[frame->side] = m;
	return m;
}

struct span thrift_text_of(const struct thrift_message *m)
{
	struct span text = buffer_span(&m->base.text);
	size_t beside = (size_t)m->skip + m->infos_len;

	return text.len > beside ? span_of(text.data + m->skip, text.len - beside)
				 : (struct span){0};
}

struct span thrift_infos_of(const struct thrift_message *m)
{
	struct span text = buffer_span(&m->base.text);

	return span_of(text.data + text.len - m->infos_len, m->infos_len);
}

/* A message that is compressed, without. */
static void decode(struct thrift_state *st, struct thrift_message *m,
		   const struct thrift_theader *header)
{
	struct span text = thrift_text_of(m), plain;
	bool whole;

	text = span_of(text.data + header->len, text.len - header->len);
	buffer_clear(&st->plain);
	whole = thrift_theader_decode(header, &st->codecs, text, &st->plain, limit_of(st));
	m->unreadable = !whole && !m->cut;
	m->cut |= !whole;
	plain = buffer_span(&st->plain);
	buffer_clear(&m->base.text);
	m->skip = 0;
	if (!matcher_append(st->matcher, &m->base, plain, SIZE_MAX))
		m->cut = true;
}

/* What THeader put around the message is taken off, and its headers put behind it. */
static void take_off(struct thrift_state *st, struct thrift_message *m)
{
	struct thrift_theader header;
	struct span text;

	m->skip = m->framed ? 4 : 0;
	if (!m->framed || thrift_theader_read(thrift_text_of(m), &header) != FRAME_DONE)
		return;
	m->sequence_id = header.sequence_id;
	buffer_clear(&st->header);
	m->cut |= !thrift_theader_json(&header, &st->header, session_keep(st->session));
	if (header.transform_count || header.opaque)
		decode(st, m, &header);
	else
		m->skip += (uint32_t)header.len;
	text = buffer_span(&st->header);
	if (!matcher_reserve(st->matcher, &m->base, text.len)) {
		m->cut = true;
		return;
	}
	buffer_append_span(&m->base.text, text);
	m->infos_len = (uint32_t)text.len;
}

static void give_up_oldest(struct thrift_state *st)
{
	struct message *oldest = matcher_oldest(st->matcher);

	matcher_withdraw(st->matcher, oldest);
	thrift_emit(st, oldest, NULL, true);
	matcher_discard(st->matcher, oldest);
}

static void take_response(struct thrift_state *st, struct thrift_message *m)
{
	const struct message *asked;

	/*
	 * Who always waited for the answer before goes on with the next: those of others are lost.
	 * Numbers that are all 0 don't tell that it is the oldest's.
	 */
	while (st->lossy && !st->overlapping && matcher_pending(st->matcher) > 1) {
		asked = m->sequence_id ? matcher_find(st->matcher, &m->base) : NULL;
		if (asked && asked == matcher_oldest(st->matcher))
			break;
		give_up_oldest(st);
	}
	if (matcher_pending(st->matcher) > 1)
		st->overlapping = true;
	st->lossy = false;
	/* Which call it is for tells whether all come in order. */
	asked = matcher_find(st->matcher, &m->base);
	if (asked && asked->number + 1 < st->answered)
		st->unordered = true;
	else if (asked)
		st->answered = asked->number + 1;
	matcher_response(st->matcher, &m->base);
}

/* Too little of M is there to tell what it is; an answer is still one to somebody. */
static void take_unknown(struct thrift_state *st, struct thrift_message *m)
{
	const struct message *oldest = matcher_oldest(st->matcher);

	/* What else came to this port. */
	if (transport_is_datagram(session_transport(st->session))) {
		matcher_discard(st->matcher, &m->base);
		return;
	}
	if (m->side == SIDE_CLIENT || !m->base.partial || !oldest) {
		matcher_push(st->matcher, &m->base);
		return;
	}
	m->base.key = oldest->key;
	matcher_response(st->matcher, &m->base);
}

/* An answer repeats number and method; the service's name before it is in the call alone. */
static uint64_t key_of(const struct thrift_message *m, const struct thrift_head *head)
{
	struct span service, method;

	thrift_name_split(head->name, &service, &method);
	return hash_bytes((uint32_t)m->sequence_id, method.data, method.len);
}

/* The message is as whole as it will get. */
static void take(struct thrift_state *st, enum side side)
{
	struct thrift_message *m = st->current[side];
	struct thrift_body body;

	st->current[side] = NULL;
	if (!m)
		return;
	if (!m->base.text.failed)
		take_off(st, m);
	if (m->base.text.failed || !thrift_body_read(thrift_text_of(m), &body)) {
		take_unknown(st, m);
	} else {
		st->framed[side] |= m->framed;
		m->oneway = body.head.kind == THRIFT_ONEWAY;
		if (!m->infos_len)
			m->sequence_id = body.head.sequence_id;
		m->base.key = key_of(m, &body.head);
		if (side == SIDE_SERVER)
			take_response(st, m);
		else if (m->oneway)
			matcher_push(st->matcher, &m->base);
		else
			matcher_request(st->matcher, &m->base);
	}
	thrift_recharge(st);
}

void thrift_part(void *state, const struct frame *frame)
{
	struct thrift_state *st = state;
	struct thrift_message *m = message_of(st, frame);

	if (!m)
		return;
	m->framed = true;
	if (frame->data)
		append(st, m, span_of(frame->data, frame->available));
	else
		m->cut = m->base.partial = true;
}

void thrift_message(void *state, const struct frame *frame)
{
	struct thrift_state *st = state;
	struct thrift_message *m = message_of(st, frame);
	bool goes_on = frame->kind & THRIFT_GOES_ON;

	if (goes_on)
		st->walk[frame->side] = *(const struct thrift_walk *)frame->memo;
	else
		st->walk[frame->side].depth = 0;
	if (!m)
		return;
	m->len += frame->len;
	m->framed = frame->kind & THRIFT_FRAMED;
	if (!frame->in_parts) {
		append(st, m, span_of(frame->data, frame->available));
		m->cut |= frame->cut || frame->lost;
	}
	if (frame->kind & THRIFT_TOO_DEEP)
		m->cut = m->base.partial = true;
	/* With a piece's bytes what it means was lost: where the structure is can't be told. */
	if (goes_on && !frame->lost)
		return;
	take(st, frame->side);
}

static void break_off(struct thrift_state *st, enum side side)
{
	struct thrift_message *m = st->current[side];

	st->walk[side].depth = 0;
	if (!m)
		return;
	m->cut = m->base.partial = true;
	take(st, side);
}

void thrift_lost(void *state, enum side side, uint64_t missing)
{
	struct thrift_state *st = state;

	(void)missing;
	break_off(st, side);
	st->lossy = true;
	matcher_lost(st->matcher, side);
}

void thrift_finish(void *state)
{
	struct thrift_state *st = state;

	break_off(st, SIDE_CLIENT);
	break_off(st, SIDE_SERVER);
	matcher_finish(st->matcher);
}
