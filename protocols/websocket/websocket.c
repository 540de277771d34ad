/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/websocket/websocket.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/websocket/state.h"

/* Longer frames are taken as they come. */
#define WHOLE_MAX (64u << 10)

/* As many have to follow each other before one is believed. */
#define CHAIN 3

static enum frame_status websocket_frame(const void *state, enum side side, const struct cursor *in,
					 struct frame *frame)
{
	struct websocket_head head;

	(void)state;
	switch (websocket_head_read(cursor_rest(in), side, &head)) {
	case WEBSOCKET_MORE:
		return FRAME_MORE;
	case WEBSOCKET_IS_NOT:
		return FRAME_BAD;
	case WEBSOCKET_IS:
		break;
	}
	frame->len = head.head_len + head.len;
	frame->in_parts = head.len > WHOLE_MAX;
	return FRAME_DONE;
}

/* Frames in a row, to the end of what is there or as many as CHAIN. */
static bool at_frames(struct span bytes, enum side side)
{
	struct websocket_head head;

	for (int i = 0; i < CHAIN; i++) {
		if (!bytes.len)
			return i > 0;
		if (websocket_head_read(bytes, side, &head) != WEBSOCKET_IS || head.odd)
			return false;
		if (head.len > bytes.len - head.head_len)
			return i > 0;
		bytes = span_of(bytes.data + head.head_len + head.len,
				bytes.len - head.head_len - (size_t)head.len);
	}
	return true;
}

static bool websocket_resync(void *state, enum side side, struct cursor *in)
{
	struct cursor end;

	(void)state;
	for (; cursor_left(in) >= WEBSOCKET_HEAD_MAX; cursor_skip(in, 1))
		if (at_frames(cursor_rest(in), side))
			return true;
	/* Short ones, up to the end; where there are none, more bytes will tell. */
	for (end = *in; cursor_left(&end) >= WEBSOCKET_HEAD_MIN; cursor_skip(&end, 1)) {
		if (!at_frames(cursor_rest(&end), side))
			continue;
		*in = end;
		return true;
	}
	return false;
}

static void websocket_close(void *state)
{
	struct websocket_state *st = state;

	if (!st)
		return;
	for (int i = 0; i < 2; i++) {
		struct websocket_side *side = &st->sides[i];

		budget_give(session_budget(st->session),
			    side->data.charged + side->control.charged);
		buffer_free(&side->data.payload);
		buffer_free(&side->control.payload);
		websocket_inflate_free(st, side);
	}
	budget_give(session_budget(st->session), st->upgrade_charged);
	buffer_free(&st->upgrade);
	buffer_free(&st->plain);
	buffer_free(&st->note);
	free(st);
}

static void *websocket_open(struct session *s)
{
	struct websocket_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	websocket_take_upgrade(st, session_bequest(s));
	return st;
}

static const uint16_t ports[] = {80, 0};

static const struct table *const tables[] = {&websocket_table, NULL};

const struct protocol protocol_websocket = {
	.name = "websocket",
	.summary = "WebSocket messages",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = websocket_infer,
	.open = websocket_open,
	.close = websocket_close,
	.framing =
		{
			.frame = websocket_frame,
			.resync = websocket_resync,
			.message = websocket_message,
			.part = websocket_part,
			.lost = websocket_lost,
		},
	.finish = websocket_finish,
	.pack = websocket_pack,
	.unpack = websocket_unpack,
};
