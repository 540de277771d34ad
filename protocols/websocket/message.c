/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/budget.h"
#include "protocols/websocket/state.h"

/* A compressed message is needed whole, whatever is shown of it: up to this. */
#define COMPRESSED_MAX (16u << 20)

static bool is_control(uint8_t opcode)
{
	return opcode >= WEBSOCKET_CLOSE;
}

/* The message that a frame begins, or goes on with. */
static struct websocket_message *message_of(struct websocket_side *side,
					    const struct websocket_head *head,
					    const struct frame *frame)
{
	struct websocket_message *m = is_control(head->opcode) ? &side->control : &side->data;

	if (m->open)
		return m;
	m->open = true;
	m->opcode = head->opcode;
	m->compressed = head->compressed;
	m->first = frame->ts_first;
	m->position = frame->offset;
	/* It began before the recording did, or in a hole. */
	m->lost = head->opcode == WEBSOCKET_CONTINUATION;
	return m;
}

static void close_message(struct websocket_state *st, struct websocket_message *m)
{
	struct buffer payload = m->payload;
	uint64_t charged = m->charged;

	buffer_clear(&payload);
	*m = (struct websocket_message){.payload = payload, .charged = charged};
	/* What one large message took isn't kept for the next. */
	if (payload.capacity > 64u << 10) {
		buffer_free(&m->payload);
		budget_settle(session_budget(st->session), &m->payload, &m->charged);
	}
}

static void end_message(struct websocket_state *st, enum side side, struct websocket_message *m)
{
	if (m->open)
		websocket_emit(st, side, m);
	close_message(st, m);
}

static void keep(struct websocket_state *st, struct websocket_message *m, struct span data,
		 const uint8_t *mask, uint64_t at)
{
	struct budget *budget = session_budget(st->session);
	size_t most = m->compressed ? COMPRESSED_MAX : session_keep(st->session);
	size_t room = m->payload.len < most ? most - m->payload.len : 0;
	char *to;

	if (data.len > room || m->cut) {
		m->cut = true;
		return;
	}
	if (data.len > m->payload.capacity - m->payload.len) {
		if (!budget_take(budget, data.len)) {
			m->cut = true;
			return;
		}
		budget_give(budget, data.len);
	}
	to = buffer_reserve(&m->payload, data.len);
	if (!to)
		return;
	for (size_t i = 0; i < data.len; i++)
		to[i] = (char)((uint8_t)data.data[i] ^ mask[(at + i) & 3]);
	m->payload.len += data.len;
	budget_settle(budget, &m->payload, &m->charged);
}

/* AT: where in the frame's payload DATA begins. */
static void take_payload(struct websocket_state *st, struct websocket_message *m,
			 const struct websocket_head *head, struct span data, uint64_t at)
{
	size_t most = session_keep(st->session);

	/* As much as is shown, then the rest is counted. */
	if (!m->compressed && !m->cut && m->payload.len < most &&
	    data.len > most - m->payload.len) {
		keep(st, m, span_of(data.data, most - m->payload.len), head->mask, at);
		m->cut = true;
		return;
	}
	if (!m->lost)
		keep(st, m, data, head->mask, at);
}

static void end_frame(struct websocket_state *st, const struct frame *frame,
		      const struct websocket_head *head, struct websocket_message *m)
{
	m->fragments++;
	m->odd |= head->odd;
	m->len += head->len;
	m->last = frame->ts_last;
	if (head->fin)
		end_message(st, frame->side, m);
}

void websocket_part(void *state, const struct frame *frame)
{
	struct websocket_state *st = state;
	struct websocket_side *side = &st->sides[frame->side];
	struct websocket_head *head = &side->head;
	struct websocket_message *m;
	uint64_t at = frame->at, end = at + frame->available;

	for (uint64_t i = at; i < end && i < WEBSOCKET_HEAD_MAX; i++)
		side->head_bytes[i] = frame->data ? frame->data[i - at] : 0;
	if (websocket_head_read(span_of(side->head_bytes, end < WEBSOCKET_HEAD_MAX
								  ? (size_t)end
								  : WEBSOCKET_HEAD_MAX),
				frame->side, head) != WEBSOCKET_IS)
		return;
	m = message_of(side, head, frame);
	if (!frame->data) {
		m->lost = true;
		return;
	}
	if (end <= head->head_len)
		return;
	if (at < head->head_len)
		take_payload(st, m, head,
			     span_of(frame->data + (head->head_len - at),
				     (size_t)(end - head->head_len)),
			     0);
	else
		take_payload(st, m, head, span_of(frame->data, frame->available),
			     at - head->head_len);
}

void websocket_message(void *state, const struct frame *frame)
{
	struct websocket_state *st = state;
	struct websocket_side *side = &st->sides[frame->side];
	struct websocket_head head = side->head;
	struct websocket_message *m;

	if (!frame->in_parts && websocket_head_read(span_of(frame->data, frame->available),
						    frame->side, &head) != WEBSOCKET_IS) {
		websocket_lost(st, frame->side, frame->len);
		return;
	}
	/* A message that begins, though the last one did not end: its end is missing. */
	if (!is_control(head.opcode) && head.opcode != WEBSOCKET_CONTINUATION && side->data.open &&
	    side->data.fragments) {
		side->data.lost = true;
		end_message(st, frame->side, &side->data);
	}
	m = message_of(side, &head, frame);
	if (!frame->in_parts)
		take_payload(st, m, &head,
			     span_of(frame->data + head.head_len, frame->available - head.head_len),
			     0);
	m->lost |= frame->lost;
	m->cut |= frame->cut;
	end_frame(st, frame, &head, m);
}

void websocket_lost(void *state, enum side which, uint64_t missing)
{
	struct websocket_state *st = state;
	struct websocket_side *side = &st->sides[which];

	(void)missing;
	side->data.lost |= side->data.open;
	end_message(st, which, &side->data);
	websocket_inflate_lost(side);
}

void websocket_finish(void *state)
{
	struct websocket_state *st = state;

	for (int i = 0; i < 2; i++) {
		struct websocket_message *m = &st->sides[i].data;

		m->lost |= m->open;
		end_message(st, (enum side)i, m);
	}
}
