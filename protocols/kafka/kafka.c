/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/kafka.h"

#include <stdlib.h>

#include "protocols/kafka/message_rows.h"
#include "protocols/kafka/state.h"

void kafka_scratch_done(struct kafka_state *st)
{
	if (st->scratch.capacity > 1u << 20)
		buffer_free(&st->scratch);
}

static void kafka_close(void *state)
{
	struct kafka_state *st = state;

	if (!st)
		return;
	for (int side = 0; side < 2; side++)
		if (st->incoming[side])
			matcher_discard(st->matcher, &st->incoming[side]->base);
	matcher_free(st->matcher);
	codec_free(&st->codecs);
	buffer_free(&st->scratch);
	buffer_free(&st->request_json);
	buffer_free(&st->response_json);
	buffer_free(&st->topics);
	buffer_free(&st->partitions);
	buffer_free(&st->offsets);
	buffer_free(&st->end_offsets);
	buffer_free(&st->sets);
	buffer_free(&st->aborted);
	buffer_free(&st->acquired);
	buffer_free(&st->headers);
	kafka_places_free(&st->ends);
	kafka_places_free(&st->offsets_of);
	buffer_free(&st->note);
	free(st);
}

static void *kafka_open(struct session *s)
{
	struct kafka_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->shows_ends = session_wants(s, &kafka_table, KAFKA_COLUMN_END_OFFSETS);
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .by_key = true,
					     .message_len = sizeof(struct kafka_message),
					     .emit = kafka_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		kafka_close(st);
		return NULL;
	}
	return st;
}

static const uint16_t ports[] = {9092, 9093, 0};

static const struct table *const tables[] = {&kafka_table, &kafka_messages_table, NULL};

const struct protocol protocol_kafka = {
	.name = "kafka",
	.summary = "Kafka requests with their responses, and the records that they carry",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = kafka_infer,
	.open = kafka_open,
	.close = kafka_close,
	.framing =
		{
			.frame = kafka_frame,
			.resync = kafka_resync,
			.message = kafka_message,
			.part = kafka_part,
			.lost = kafka_lost,
		},
	.finish = kafka_finish,
	.pack = kafka_pack,
	.unpack = kafka_unpack,
};
