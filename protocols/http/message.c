/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/state.h"

static void keep_body(struct http_state *st, struct http_message *m, struct span data)
{
	if (!matcher_reserve(st->matcher, &m->base, data.len)) {
		m->body_closed = true;
		m->notes |= HTTP_NOTE_BODY_REFUSED;
		return;
	}
	if (!m->body.len)
		m->body.at = (uint32_t)m->base.text.len;
	buffer_append_span(&m->base.text, data);
	m->body.len += (uint32_t)data.len;
}

/* Bytes of the body as they come, of which LEN were transferred and DATA is there. */
static void add_body(struct http_state *st, struct http_message *m, uint64_t len, struct span data)
{
	size_t keep = http_keep(st), room;

	if (!m)
		return;
	room = m->body_bytes < keep ? keep - (size_t)m->body_bytes : 0;
	m->body_bytes += len;
	if (m->body_closed || !keep)
		return;
	if (data.len < len)
		m->body_closed = true;
	if (data.len > room) {
		data.len = room;
		m->body_closed = true;
		m->notes |= HTTP_NOTE_BODY_CAPPED;
	}
	if (m->needs_body)
		keep_body(st, m, data);
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
	st->grown = true;
	buffer_append(&side->head, frame->data, frame->available);
}

static void take_head(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];
	const struct http_memo *memo = frame->memo;
	struct frame whole = *frame;

	if (!side->head.len) {
		http_take_lines(st, frame, span_of(frame->data, frame->available), &memo->start);
		return;
	}
	take_head_part(st, frame);
	whole.ts_first = side->head_first;
	whole.offset = side->head_position;
	http_take_lines(st, &whole, buffer_span(&side->head), NULL);
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
	else if (frame->cut)
		m->notes |= HTTP_NOTE_BODY_SNAPPED;
}

static void take_body(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	note_missing(side->incoming, frame, side->length, frame->len);
	http_end_message(st, frame->side);
}

static void take_chunk(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	note_missing(side->incoming, frame, side->chunk_size, frame->len - side->chunk_line);
}

static void take_last_chunk(struct http_state *st, const struct frame *frame)
{
	struct http_message *m = st->sides[frame->side].incoming;
	struct span lines = span_of(frame->data, frame->available);
	uint64_t size;
	size_t line, at;
	bool odd;

	if (m && http_chunk_line(lines, &size, &line, &odd) == HTTP_MATCH_YES) {
		m->notes |= odd ? HTTP_NOTE_CHUNK_ODD : 0;
		st->grown |= http_fields_read(&st->trailers,
					      span_of(lines.data + line, lines.len - line));
		at = m->base.text.len;
		http_fields_text(&st->trailers, &m->base.text);
		m->trailers = (struct http_piece){(uint32_t)at, (uint32_t)(m->base.text.len - at)};
	}
	http_end_message(st, frame->side);
}

static void take_piece(struct http_state *st, const struct frame *frame)
{
	struct http_message *m = st->sides[frame->side].incoming;

	note_missing(m, frame, frame->len, frame->len);
	add_body(st, m, frame->len, span_of(frame->data, frame->available));
}

static void take_headless(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	side->incoming = http_new_message(st, frame, NULL);
	side->phase = HTTP_PHASE_UNTIL_CLOSE;
	side->begun = true;
	take_piece(st, frame);
}

/* ---- what the engine calls ---- */

static void settle_rare(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	if (frame->kind & HTTP_FRAME_INSTEAD) {
		if (frame->side == SIDE_CLIENT && side->incoming)
			side->incoming->notes |= HTTP_NOTE_BODY_UNSENT;
		http_end_message(st, frame->side);
	}
	if (frame->kind & HTTP_FRAME_NOT_CHUNKED) {
		side->phase = side->unchunked;
		if (side->incoming)
			side->incoming->notes |= HTTP_NOTE_NOT_CHUNKED;
	}
}

/* What frame() has found out about the place where this frame begins. */
static inline void settle(struct http_state *st, const struct frame *frame)
{
	struct http_side *side = &st->sides[frame->side];

	if (frame->kind & (HTTP_FRAME_NOT_CHUNKED | HTTP_FRAME_INSTEAD))
		settle_rare(st, frame);
	side->doubtful = false;
	if (side->phase == HTTP_PHASE_FIRST_CHUNK)
		side->phase = HTTP_PHASE_CHUNK;
}

/* The line before a chunk's data, which is whole in the first part. */
static struct span skip_chunk_line(struct http_side *side, struct span data)
{
	bool odd = false;

	if (http_chunk_line(data, &side->chunk_size, &side->chunk_line, &odd) != HTTP_MATCH_YES)
		side->chunk_line = data.len;
	if (odd && side->incoming)
		side->incoming->notes |= HTTP_NOTE_CHUNK_ODD;
	return span_of(data.data + side->chunk_line, data.len - side->chunk_line);
}

void http_part(void *state, const struct frame *frame)
{
	struct http_state *st = state;
	struct http_side *side = &st->sides[frame->side];
	struct span data = span_of(frame->data, frame->data ? frame->available : 0);
	uint64_t len = frame->available;

	if (!frame->at) {
		settle(st, frame);
		side->given = 0;
	}
	side->given += data.len;
	if (!frame->at && data.len && (frame->kind & HTTP_FRAME_KIND) == HTTP_FRAME_CHUNK) {
		data = skip_chunk_line(side, data);
		len = data.len;
	}
	add_body(st, side->incoming, len, data);
}

/* The server has answered without waiting for the rest: that it never comes is no loss. */
static bool is_refused(const struct http_state *st, enum side which)
{
	return which == SIDE_CLIENT && st->held;
}

static void extend(const struct http_state *st, struct http_message *m, const struct frame *frame)
{
	uint64_t there = frame->in_parts ? st->sides[frame->side].given : frame->available;
	bool ends_early = frame->lost && (frame->cut || there == frame->len);

	if (ends_early && is_refused(st, frame->side))
		m->base.ts_last = frame->ts_last;
	else
		message_extend(&m->base, frame);
}

typedef void take_fn(struct http_state *st, const struct frame *frame);

void http_message(void *state, const struct frame *frame)
{
	static take_fn *const by_kind[] = {
		[HTTP_FRAME_IGNORED] = take_nothing,   [HTTP_FRAME_HEAD_PART] = take_head_part,
		[HTTP_FRAME_HEAD] = take_head,	       [HTTP_FRAME_BODY] = take_body,
		[HTTP_FRAME_CHUNK] = take_chunk,       [HTTP_FRAME_LAST_CHUNK] = take_last_chunk,
		[HTTP_FRAME_HEADLESS] = take_headless, [HTTP_FRAME_PIECE] = take_piece,
	};
	struct http_state *st = state;
	struct http_side *side = &st->sides[frame->side];

	if (!frame->in_parts)
		settle(st, frame);
	if (side->incoming)
		extend(st, side->incoming, frame);
	by_kind[frame->kind & HTTP_FRAME_KIND](st, frame);
	if (st->grown)
		http_recharge(st);
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

		http_take_lines(st, &frame, buffer_span(&side->head), NULL);
		buffer_free(&side->head);
		/* Without the empty line at their end they are no model for others. */
		http_heads_release(side->last);
		side->last = NULL;
	}
	if (side->incoming) {
		side->incoming->base.partial |= why != HTTP_NOTE_BODY_CUT || !is_refused(st, which);
		if (why == HTTP_NOTE_BODY_CUT && side->wait >= HTTP_WAIT_REFUSED &&
		    !side->incoming->body_bytes)
			why = HTTP_NOTE_BODY_UNSENT;
		if (!(side->incoming->notes & (HTTP_NOTE_HEAD_CUT | HTTP_NOTE_CHUNK_BAD)))
			side->incoming->notes |= why;
	}
	if (side->phase != HTTP_PHASE_HEAD)
		http_end_message(st, which);
}

/* Nothing is missing, but what came is no frame. */
static void note_bad(struct http_side *side)
{
	if (side->phase == HTTP_PHASE_HEAD && !side->head.len)
		side->garbled = true;
	else if (side->incoming &&
		 (side->phase == HTTP_PHASE_CHUNK || side->phase == HTTP_PHASE_FIRST_CHUNK))
		side->incoming->notes |= HTTP_NOTE_CHUNK_BAD;
}

void http_lost(void *state, enum side side, uint64_t missing)
{
	struct http_state *st = state;
	struct http_side *s = &st->sides[side];

	if (!missing)
		note_bad(s);
	s->at_line_start = false;
	if (side == SIDE_SERVER) {
		http_answer_closing(st, missing ? 0 : HTTP_NOTE_GARBAGE_AFTER);
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
	http_answer_closing(st, 0);
	http_take_interim(st, (struct http_message *)matcher_oldest(st->matcher));
	matcher_finish(st->matcher);
}
