/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/cql.h"

#include <stdlib.h>

#include "protocols/cql/state.h"

static void cql_close(void *state)
{
	struct cql_state *st = state;

	if (!st)
		return;
	for (int side = 0; side < 2; side++) {
		if (st->incoming[side])
			matcher_discard(st->matcher, &st->incoming[side]->base);
		buffer_free(&st->plain[side]);
	}
	matcher_free(st->matcher);
	codec_free(&st->codecs);
	buffer_free(&st->segment);
#define CQL_FREE(name) buffer_free(&st->name);
	CQL_TOLD(CQL_FREE)
	CQL_SCRATCH(CQL_FREE)
#undef CQL_FREE
	free(st);
}

static void *cql_open(struct session *s)
{
	struct cql_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct cql_message),
					     .emit = cql_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		cql_close(st);
		return NULL;
	}
	return st;
}

static const uint16_t ports[] = {9042, 0};

static const struct table *const tables[] = {&cql_table, NULL};

const struct protocol protocol_cql = {
	.name = "cql",
	.summary = "Cassandra's CQL requests with their answers, and events",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = cql_infer,
	.open = cql_open,
	.close = cql_close,
	.framing =
		{
			.frame = cql_frame,
			.resync = cql_resync,
			.message = cql_message,
			.part = cql_part,
			.lost = cql_lost,
		},
	.finish = cql_finish,
	.pack = cql_pack,
	.unpack = cql_unpack,
};
