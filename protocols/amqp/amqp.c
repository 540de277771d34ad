/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/amqp.h"

#include <stdlib.h>

#include "protocols/amqp/state.h"
#include "protocols/engine/budget.h"

static void amqp_close(void *state)
{
	struct amqp_state *st = state;
	struct amqp_channel *ch;
	size_t at = 0;

	if (!st)
		return;
	while ((ch = map_next(&st->channels, &at)) != NULL)
		amqp_channel_free(ch);
	map_free(&st->channels);
	matcher_free(st->messages);
	buffer_free(&st->user);
	buffer_free(&st->vhost);
	buffer_free(&st->application);
	budget_recharge(session_budget(st->session), 0, &st->charged);
	buffer_free(&st->request_json);
	buffer_free(&st->response_json);
	buffer_free(&st->properties_json);
	buffer_free(&st->note);
	http_decoder_free(&st->decoder);
	free(st);
}

void amqp_set_text(struct amqp_state *st, struct buffer *to, struct span text)
{
	buffer_clear(to);
	buffer_append_span(to, text);
	budget_recharge(session_budget(st->session),
			st->user.capacity + st->vhost.capacity + st->application.capacity,
			&st->charged);
}

static void emit_nothing(void *context, struct message *request, struct message *response,
			 bool lost)
{
	(void)context;
	(void)request;
	(void)response;
	(void)lost;
}

static void *amqp_open(struct session *s)
{
	struct amqp_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->messages = matcher_new(s, &(struct matcher_options){
					      .message_len = sizeof(struct amqp_message),
					      .emit = emit_nothing,
				      });
	if (!st->messages) {
		amqp_close(st);
		return NULL;
	}
	return st;
}

static const uint16_t ports[] = {5672, 0};

static const struct table *const tables[] = {&amqp_table, &amqp_messages_table, NULL};

const struct protocol protocol_amqp = {
	.name = "amqp",
	.summary = "AMQP 0-9-1 methods with their replies, and the messages that they carry",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = amqp_infer,
	.open = amqp_open,
	.close = amqp_close,
	.framing =
		{
			.frame = amqp_frame,
			.memo_size = sizeof(struct amqp_head),
			.resync = amqp_resync,
			.message = amqp_message,
			.part = amqp_part,
			.lost = amqp_lost,
		},
	.finish = amqp_finish,
	.pack = amqp_pack,
	.unpack = amqp_unpack,
};
