/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/nats.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/nats/state.h"

static void nats_close(void *state)
{
	struct nats_state *st = state;

	for (int side = 0; side < 2; side++)
		if (st->incoming[side])
			matcher_discard(st->matcher, &st->incoming[side]->base);
	matcher_free(st->matcher);
	buffer_free(&st->application);
	buffer_free(&st->user);
	buffer_free(&st->headers);
	buffer_free(&st->resp_headers);
	buffer_free(&st->options);
	buffer_free(&st->error);
	buffer_free(&st->scratch);
	buffer_free(&st->note);
	budget_give(session_budget(st->session), st->charged);
	free(st);
}

static void *nats_open(struct session *s)
{
	struct nats_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct nats_message),
					     .emit = nats_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		free(st);
		return NULL;
	}
	nats_recharge(st);
	return st;
}

static enum frame_status nats_frame(const void *state, enum side side, const struct cursor *in,
				    struct frame *frame)
{
	struct nats_line line;
	enum frame_status status;

	(void)state;
	if (!cursor_left(in))
		return FRAME_MORE;
	status = nats_line_read(cursor_rest(in), side, &frame->scanned, &line);
	if (status != FRAME_DONE)
		return status;
	frame->len = nats_frame_len(&line);
	frame->in_parts = line.has_payload && frame->len > NATS_PART_MIN;
	return FRAME_DONE;
}

/* Whether a line stands here, and behind it and its payload, as far as it is there, another one. */
static enum frame_status starts_here(struct span rest, enum side side)
{
	struct nats_line line;
	enum frame_status status;
	size_t scanned = 0;
	uint64_t len;

	status = nats_line_read(rest, side, &scanned, &line);
	if (status != FRAME_DONE)
		return status;
	len = nats_frame_len(&line);
	if (len > rest.len)
		return FRAME_DONE;
	if (memcmp(rest.data + len - 2, "\r\n", 2) != 0)
		return FRAME_BAD;
	scanned = 0;
	rest = span_of(rest.data + len, rest.len - (size_t)len);
	if (!rest.len)
		return FRAME_DONE;
	return nats_line_read(rest, side, &scanned, &line) == FRAME_BAD ? FRAME_BAD : FRAME_DONE;
}

static bool nats_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	while (cursor_left(in)) {
		enum frame_status status = starts_here(cursor_rest(in), side);
		const uint8_t *end;

		if (status != FRAME_BAD)
			return status == FRAME_DONE;
		end = memchr(in->pos, '\n', cursor_left(in));
		cursor_skip(in, end ? (size_t)(end - in->pos) + 1 : cursor_left(in));
	}
	return false;
}

static const uint16_t ports[] = {4222, 0};

static const struct table *const tables[] = {&nats_table, NULL};

const struct protocol protocol_nats = {
	.name = "nats",
	.summary = "NATS messages and JetStream",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = nats_infer,
	.open = nats_open,
	.close = nats_close,
	.framing =
		{
			.frame = nats_frame,
			.resync = nats_resync,
			.message = nats_message,
			.part = nats_part,
			.lost = nats_lost,
		},
	.finish = nats_finish,
	.pack = nats_pack,
	.unpack = nats_unpack,
};
