/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mux/mux.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/mux/state.h"

static void mux_close(void *state)
{
	struct mux_state *st = state;

	for (int side = 0; side < 2; side++) {
		if (st->incoming[side])
			matcher_discard(st->matcher, &st->incoming[side]->base);
		while (st->open[side]) {
			struct mux_message *m = st->open[side];

			st->open[side] = m->next_open;
			matcher_discard(st->matcher, &m->base);
		}
	}
	matcher_free(st->matcher);
	buffer_free(&st->contexts);
	buffer_free(&st->resp_contexts);
	buffer_free(&st->dtab);
	buffer_free(&st->args);
	buffer_free(&st->result);
	buffer_free(&st->exception);
	buffer_free(&st->error);
	buffer_free(&st->ids);
	buffer_free(&st->note);
	budget_give(session_budget(st->session), st->charged);
	free(st);
}

static void *mux_open(struct session *s)
{
	struct mux_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct mux_message),
					     .emit = mux_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		free(st);
		return NULL;
	}
	mux_recharge(st);
	return st;
}

static enum frame_status mux_frame(const void *state, enum side side, const struct cursor *in,
				   struct frame *frame)
{
	struct mux_header header;
	struct cursor c = *in;

	(void)state;
	(void)side;
	if (cursor_left(in) < MUX_HEADER_LEN)
		return FRAME_MORE;
	if (!mux_header_read(&c, &header))
		return FRAME_BAD;
	frame->len = header.len;
	frame->in_parts = header.len > MUX_PART_MIN;
	return FRAME_DONE;
}

/* So many frames behind a candidate are looked at. */
#define FRAMES_CHECKED 3
/* What a frame that isn't whole may begin with at most; Finagle has a handful. */
#define CONTEXTS_MAX 32
#define KEY_MAX	     128

/* Clients ask, servers answer; both ping, and drain what the other asks. */
static bool fits_side(int8_t type, enum side side)
{
	switch (type) {
	case MUX_TDISPATCH:
	case MUX_TREQ:
	case MUX_TINIT:
	case MUX_TDISCARDED:
	case MUX_OLD_TDISCARDED:
		return side == SIDE_CLIENT;
	case MUX_RDISPATCH:
	case MUX_RREQ:
	case MUX_RINIT:
	case MUX_RDISCARDED:
	case MUX_TLEASE:
		return side == SIDE_SERVER;
	default:
		return true;
	}
}

/* The beginning of a body whose end isn't there. */
static bool begins_body(int8_t type, struct span front)
{
	struct cursor c = cursor_of(front.data, front.len);
	uint16_t contexts, key;

	if (type != MUX_TDISPATCH && type != MUX_RDISPATCH)
		return false;
	if (type == MUX_RDISPATCH && cursor_u8(&c) > MUX_NACK)
		return false;
	contexts = cursor_be16(&c);
	if (c.failed || contexts > CONTEXTS_MAX)
		return false;
	key = cursor_be16(&c);
	return !contexts || c.failed || (key && key <= KEY_MAX);
}

/* A frame whose body fits, and others behind it, as far as they are there. */
static bool starts_here(struct span rest, enum side side)
{
	for (int i = 0; i < FRAMES_CHECKED && rest.len >= MUX_HEADER_LEN; i++) {
		struct cursor c = cursor_of(rest.data, rest.len);
		struct mux_header header;
		struct span body;

		if (!mux_header_read(&c, &header) || header.tag > 0xffff ||
		    !fits_side(header.type, side))
			return false;
		body = cursor_rest(&c);
		if (header.len > rest.len)
			return i > 0 || begins_body(header.type, body);
		body.len = header.len - MUX_HEADER_LEN;
		if (!header.goes_on && !mux_body_read(header.type, body).good)
			return false;
		rest = span_of(rest.data + header.len, rest.len - header.len);
	}
	return true;
}

static bool mux_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	for (; cursor_left(in) >= MUX_HEADER_LEN; cursor_skip(in, 1))
		if (!in->pos[0] && starts_here(cursor_rest(in), side))
			return true;
	return false;
}

static const uint16_t ports[] = {0};

static const struct table *const tables[] = {&mux_table, NULL};

const struct protocol protocol_mux = {
	.name = "mux",
	.summary = "Finagle's Mux, and ThriftMux in it",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = mux_infer,
	.open = mux_open,
	.close = mux_close,
	.framing =
		{
			.frame = mux_frame,
			.resync = mux_resync,
			.message = mux_message,
			.part = mux_part,
			.lost = mux_lost,
		},
	.finish = mux_finish,
	.pack = mux_pack,
	.unpack = mux_unpack,
};
