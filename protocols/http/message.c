/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/state.h"
#include "protocols/engine/session.h"

/* Whether the replay can afford LEN more bytes, which are M's then until its record is out. */
static bool charge(struct http_state *st, struct http_message *m, size_t len)
{
	struct session_budget *budget = session_budget(st->session);

	if (budget->used + len > budget->limit) {
		budget->refused += len;
		return false;
	}
	budget->used += len;
	m->base.charged += len;
	return true;
}

/* Bytes of the body as they come, of which LEN were transferred and DATA is there. */
static void add_body(struct http_state *st, struct http_message *m, uint64_t len, struct span data)
{
	if (!m)
		return;
	m->body_bytes += len;
	if (m->body_closed)
		return;
	if (data.len < len)
		m->body_closed = true;
	if (data.len > HTTP_BODY_MAX - m->body.len) {
		data.len = HTTP_BODY_MAX - m->body.len;
		m->body_closed = true;
		m->notes |= HTTP_NOTE_BODY_CAPPED;
	}
	if (!charge(st, m, data.len)) {
		m->body_closed = true;
		m->notes |= HTTP_NOTE_BODY_REFUSED;
		return;
	}
	if (!m->body.len)
		m->body.at = (uint32_t)m->base.text.len;
	buffer_append_span(&m->base.text, data);
	m->body.len += (uint32_t)data.len;
}

/* ---- heads ---- */

static void take_nothing(struct http_state *st, const struct frame *frame)
{
	(void)st;
	(void)frame;
}

static void take_head_part(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	if (!side->head.len) {
		side->head_first = frame->ts_first;
		side->head_position = frame->offset;
	}
	buffer_append(&side->head, frame->data, frame->available);
}

static void take_head(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	struct frame whole = *frame;

	if (!side->head.len) {
		http_take_lines(st, frame, span_of(frame->data, frame->available));
		return;
	}
	take_head_part(st, frame);
	whole.ts_first = side->head_first;
	whole.offset = side->head_position;
	http_take_lines(st, &whole, buffer_span(&side->head));
	buffer_free(&side->head);
}

/* ---- bodies ---- */

/* Whether the whole body was there, and if not why. */
static void note_missing(struct http_message *m, const struct frame *frame, uint64_t expected,
			 uint64_t passed)
{
	if (!m)
		return;
	if (passed < expected)
		m->notes |= HTTP_NOTE_BODY_CUT;
	else if (frame->lost)
		m->notes |= HTTP_NOTE_BODY_LOST;
	else if (frame->cut && frame->available < FRAME_KEEP_MAX)
		m->notes |= HTTP_NOTE_BODY_SNAPPED;
	else if (frame->cut)
		m->notes |= HTTP_NOTE_BODY_CAPPED;
}

static void take_body(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	struct http_message *m = side->incoming;

	note_missing(m, frame, side->length, frame->len);
	add_body(st, m, frame->len, span_of(frame->data, frame->available));
	http_end_message(st, frame->side);
}

static void take_chunk(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	struct span data = span_of(frame->data, frame->available);
	uint64_t size, passed;
	size_t line;
	bool odd;

	side->phase = HTTP_PHASE_CHUNK;
	if (http_chunk_line(data, &size, &line, &odd) != HTTP_MATCH_YES)
		return;
	passed = frame->len - line;
	note_missing(side->incoming, frame, size, passed);
	add_body(st, side->incoming, passed, span_of(data.data + line, data.len - line));
}

static void take_last_chunk(struct http_state *st, const struct frame *frame)
{
	struct http_message *m = st->sides[frame->side].incoming;
	struct span lines = span_of(frame->data, frame->available);
	uint64_t size;
	size_t line, at;
	bool odd;

	if (m && http_chunk_line(lines, &size, &line, &odd) == HTTP_MATCH_YES) {
		http_fields_read(&st->trailers, span_of(lines.data + line, lines.len - line));
		at = m->base.text.len;
		http_fields_text(&st->trailers, &m->base.text);
		m->trailers = (struct http_piece){(uint32_t)at, (uint32_t)(m->base.text.len - at)};
	}
	http_end_message(st, frame->side);
}

static void take_piece(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	if (side->phase == HTTP_PHASE_HEADLESS) {
		side->incoming = http_new_message(st, frame, NULL);
		side->phase = HTTP_PHASE_UNTIL_CLOSE;
		side->begun = true;
	}
	note_missing(side->incoming, frame, frame->len, frame->len);
	add_body(st, side->incoming, frame->len, span_of(frame->data, frame->available));
}

/* ---- what the engine calls ---- */

/* The server has answered without waiting for the rest: that it never comes is no loss. */
static bool is_refused(const struct http_state *st, enum side which)
{
	return which == SIDE_CLIENT && st->held;
}

static void extend(const struct http_state *st, struct http_message *m, const struct frame *frame)
{
	bool ends_early = frame->lost && (frame->cut || frame->available == frame->len);

	if (ends_early && is_refused(st, frame->side))
		m->base.ts_last = frame->ts_last;
	else
		message_extend(&m->base, frame);
}

typedef void take_fn(struct http_state *st, const struct frame *frame);

void http_message(void *state, const struct frame *frame)
{
	static take_fn *const by_kind[] = {
		[HTTP_FRAME_IGNORED] = take_nothing, [HTTP_FRAME_HEAD_PART] = take_head_part,
		[HTTP_FRAME_HEAD] = take_head,	     [HTTP_FRAME_BODY] = take_body,
		[HTTP_FRAME_CHUNK] = take_chunk,     [HTTP_FRAME_LAST_CHUNK] = take_last_chunk,
		[HTTP_FRAME_PIECE] = take_piece,
	};
	struct http_state *st = state;
	struct http_message *m = st->sides[frame->side].incoming;

	if (m)
		extend(st, m, frame);
	by_kind[frame->kind](st, frame);
}

/* What came of a head, or of a body, is all that will come. WHY: a note if it was a body. */
void http_give_up(struct http_state *st, enum side which, enum http_note why)
{
	struct http_side *side = &st->sides[which];

	if (side->head.len) {
		struct frame frame = {
			.side = which,
			.lost = true,
			.offset = side->head_position,
			.ts_first = side->head_first,
			.ts_last = side->head_first,
		};

		http_take_lines(st, &frame, buffer_span(&side->head));
		buffer_free(&side->head);
		/* Without the empty line at their end they are no model for others. */
		buffer_clear(&side->fields.lines);
	}
	if (side->incoming) {
		side->incoming->base.partial |= why != HTTP_NOTE_BODY_CUT || !is_refused(st, which);
		if (!(side->incoming->notes & (HTTP_NOTE_HEAD_CUT | HTTP_NOTE_CHUNK_BAD)))
			side->incoming->notes |= why;
	}
	if (side->phase != HTTP_PHASE_HEAD)
		http_end_message(st, which);
}

void http_lost(void *state, enum side side)
{
	struct http_state *st = state;
	struct http_side *s = &st->sides[side];

	s->at_line_start = false;
	if (side == SIDE_SERVER) {
		st->connect = NULL;
		if (s->phase == HTTP_PHASE_UNTIL_CLOSE) {
			if (s->incoming) {
				s->incoming->base.partial = true;
				s->incoming->body_closed = true;
				s->incoming->notes |= HTTP_NOTE_BODY_LOST;
			}
			return;
		}
	}
	http_give_up(st, side, HTTP_NOTE_BODY_LOST);
	matcher_lost(st->matcher, side);
}

void http_finish(void *state)
{
	struct http_state *st = state;

	if (st->sides[SIDE_SERVER].phase == HTTP_PHASE_UNTIL_CLOSE)
		http_end_message(st, SIDE_SERVER);
	http_give_up(st, SIDE_SERVER, HTTP_NOTE_BODY_CUT);
	http_give_up(st, SIDE_CLIENT, HTTP_NOTE_BODY_CUT);
	http_answer_held(st);
	http_take_interim(st, (struct http_message *)matcher_oldest(st->matcher));
	matcher_finish(st->matcher);
}
