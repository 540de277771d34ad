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

/* A frame whose body fits, and others behind it, as far as they are there. */
static bool starts_here(struct span rest)
{
	for (int i = 0; i < FRAMES_CHECKED && rest.len >= MUX_HEADER_LEN; i++) {
		struct cursor c = cursor_of(rest.data, rest.len);
		struct mux_header header;

		if (!mux_header_read(&c, &header) || header.tag > 0xffff)
			return false;
		if (header.len > rest.len)
			return i > 0 || header.type == MUX_TDISPATCH ||
			       header.type == MUX_RDISPATCH;
		if (!header.goes_on &&
		    !mux_body_read(header.type,
				   span_of(rest.data + MUX_HEADER_LEN, header.len - MUX_HEADER_LEN))
			     .good)
			return false;
		rest = span_of(rest.data + header.len, rest.len - header.len);
	}
	return true;
}

static bool mux_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	for (; cursor_left(in) >= MUX_HEADER_LEN; cursor_skip(in, 1))
		if (!in->pos[0] && starts_here(cursor_rest(in)))
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
