/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mongodb/mongodb.h"

#include <stdlib.h>

#include "protocols/mongodb/state.h"

static void mongodb_close(void *state)
{
	struct mongodb_state *st = state;

	if (!st)
		return;
	for (int side = 0; side < 2; side++) {
		if (st->incoming[side])
			matcher_discard(st->matcher, &st->incoming[side]->base);
		buffer_free(&st->plain[side]);
	}
	matcher_free(st->matcher);
	codec_free(&st->codecs);
	buffer_free(&st->application);
	buffer_free(&st->exhaust_command);
	buffer_free(&st->exhaust_database);
	buffer_free(&st->exhaust_collection);
	buffer_free(&st->request_json);
	buffer_free(&st->response_json);
	buffer_free(&st->shape);
	buffer_free(&st->note);
	buffer_free(&st->error_text);
	free(st);
}

static void *mongodb_open(struct session *s)
{
	struct mongodb_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct mongodb_message),
					     .emit = mongodb_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		mongodb_close(st);
		return NULL;
	}
	return st;
}

static enum frame_status mongodb_frame(const void *state, enum side side, const struct cursor *in,
				       struct frame *frame)
{
	struct mongodb_header h;
	struct cursor c = *in;

	(void)state;
	(void)side;
	if (cursor_left(in) < MONGODB_HEADER_LEN)
		return FRAME_MORE;
	if (!mongodb_header_read(&c, &h))
		return FRAME_BAD;
	frame->len = h.len;
	frame->in_parts = h.len > MONGODB_PART_MIN;
	return FRAME_DONE;
}

/* A message that speaks for itself, as far as it is there. */
static bool mongodb_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	for (; cursor_left(in) >= MONGODB_HEADER_LEN + 10; cursor_skip(in, 1))
		/* The highest byte of opcodes is 0: most places are passed at once. */
		if (!in->pos[15] && mongodb_look(cursor_rest(in)).proof)
			return true;
	return false;
}

static const uint16_t ports[] = {27017, 0};

static const struct table *const tables[] = {&mongodb_table, NULL};

const struct protocol protocol_mongodb = {
	.name = "mongodb",
	.summary = "MongoDB commands with their answers",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = mongodb_infer,
	.open = mongodb_open,
	.close = mongodb_close,
	.framing =
		{
			.frame = mongodb_frame,
			.resync = mongodb_resync,
			.message = mongodb_message,
			.part = mongodb_part,
			.lost = mongodb_lost,
		},
	.finish = mongodb_finish,
	.pack = mongodb_pack,
	.unpack = mongodb_unpack,
};
