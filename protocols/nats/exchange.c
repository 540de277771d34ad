/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/state.h"

/* Beyond --keep: the line and the headers before a payload. */
#define KEEP_MORE (2 * NATS_LINE_MAX)

static size_t keep_limit(const struct nats_state *st)
{
	size_t keep = session_keep(st->session);

	return keep > SIZE_MAX - KEEP_MORE ? keep : keep + KEEP_MORE;
}

/* Of a long frame, no more than LIMIT bytes. */
static void append(struct nats_state *st, struct nats_message *m, struct span data, size_t limit)
{
	if (!m->cut)
		m->cut = !matcher_append(st->matcher, &m->base, data, limit);
}

static struct nats_message *begin(struct nats_state *st, const struct frame *frame)
{
	struct nats_message *m = (struct nats_message *)matcher_message(st->matcher, frame);

	if (m)
		m->side = frame->side;
	return m;
}

/* The frame is as whole as it will get. */
static void take(struct nats_state *st, struct nats_message *m)
{
	struct span text = buffer_span(&m->base.text);
	struct nats_line line;
	size_t scanned = 0;

	if (text.len && !m->base.text.failed &&
	    nats_line_read(text, m->side, &scanned, &line) == FRAME_DONE) {
		m->verb = line.verb;
		if (line.has_payload && text.len == nats_frame_len(&line))
			m->ends_badly = memcmp(text.data + text.len - 2, "\r\n", 2) != 0;
		nats_take(st, m, &line);
	} else {
		matcher_discard(st->matcher, &m->base);
	}
	nats_recharge(st);
}

void nats_part(void *state, const struct frame *frame)
{
	struct nats_state *st = state;
	struct nats_message **m = &st->incoming[frame->side];

	if (!*m)
		*m = begin(st, frame);
	if (!*m)
		return;
	if (frame->data)
		append(st, *m, span_of(frame->data, frame->available), keep_limit(st));
	else
		(*m)->cut = (*m)->base.partial = true;
}

void nats_message(void *state, const struct frame *frame)
{
	struct nats_state *st = state;
	struct nats_message *m = st->incoming[frame->side];

	st->incoming[frame->side] = NULL;
	if (m) {
		message_extend(&m->base, frame);
	} else {
		m = begin(st, frame);
		if (!m)
			return;
		append(st, m, span_of(frame->data, frame->available), SIZE_MAX);
		m->cut |= frame->cut || frame->lost;
	}
	take(st, m);
}

static void break_off(struct nats_state *st, enum side side)
{
	struct nats_message *m = st->incoming[side];

	st->incoming[side] = NULL;
	if (!m)
		return;
	m->cut = m->base.partial = true;
	take(st, m);
}

void nats_lost(void *state, enum side side, uint64_t missing)
{
	struct nats_state *st = state;

	(void)missing;
	break_off(st, side);
	nats_doubt_receipts(st, side);
	st->lossy[side] = true;
	if (side == SIDE_CLIENT)
		st->from_start = false;
	matcher_lost(st->matcher, side);
}

void nats_finish(void *state)
{
	struct nats_state *st = state;

	break_off(st, SIDE_CLIENT);
	break_off(st, SIDE_SERVER);
	matcher_finish(st->matcher);
}
