/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/thrift.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/thrift/state.h"

static void thrift_close(void *state)
{
	struct thrift_state *st = state;

	for (int side = 0; side < 2; side++)
		if (st->current[side])
			matcher_discard(st->matcher, &st->current[side]->base);
	matcher_free(st->matcher);
	buffer_free(&st->args);
	buffer_free(&st->result);
	buffer_free(&st->exception);
	buffer_free(&st->header);
	buffer_free(&st->error);
	buffer_free(&st->note);
	buffer_free(&st->plain);
	codec_free(&st->codecs);
	budget_give(session_budget(st->session), st->charged);
	free(st);
}

static void *thrift_open(struct session *s)
{
	struct thrift_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct thrift_message),
					     .emit = thrift_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		free(st);
		return NULL;
	}
	thrift_recharge(st);
	return st;
}

static const uint16_t ports[] = {9090, 0};

static const struct table *const tables[] = {&thrift_table, NULL};

const struct protocol protocol_thrift = {
	.name = "thrift",
	.summary = "Thrift calls, binary and compact, framed or not, THeader, UDP",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.datagram = true,
	.infer = thrift_infer,
	.open = thrift_open,
	.close = thrift_close,
	.framing =
		{
			.frame = thrift_frame,
			.memo_size = sizeof(struct thrift_walk),
			.resync = thrift_resync,
			.message = thrift_message,
			.part = thrift_part,
			.lost = thrift_lost,
		},
	.finish = thrift_finish,
	.pack = thrift_pack,
	.unpack = thrift_unpack,
};
