/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/state.h"
#include "protocols/engine/knowledge.h"

/* ---- giving out ---- */

void amqp_emit_content(struct amqp_channel *ch, struct amqp_message *m)
{
	struct amqp_reading reading;
	struct amqp_row row = {
		.asked = m,
		.settled = AMQP_SETTLES_NOTHING,
		.reading = &reading,
	};
	struct record record;

	amqp_read(ch->st, m, &reading);
	/* The method that brought what was got has a row already. */
	if (!m->method || amqp_method_id(m->method) != AMQP_BASIC_GET_OK) {
		amqp_message_record(m, &record);
		amqp_emit_row(ch->st, &row, &record);
	}
	if (m->has_header || m->method) {
		amqp_message_record(m, &record);
		amqp_emit_message(ch->st, m, &reading, &record);
	}
	/* Windows of megabytes: not for every connection that is open. */
	if (reading.described)
		http_decoder_trim(&ch->st->decoder);
	matcher_discard(ch->st->messages, &m->base);
}

/* ---- consumers ---- */

#define FACT_CONSUMER 1

static struct fact consumer_fact(const struct amqp_channel *ch, struct span tag, struct buffer *key)
{
	buffer_append(key, &ch->number, sizeof(ch->number));
	buffer_append_span(key, tag);
	return (struct fact){
		.kind = FACT_CONSUMER,
		.scope = FACT_CONNECTION,
		.key = buffer_span(key),
	};
}

/* What is known of it: a byte that says whether it acknowledges, then its queue. */
void amqp_consumer_began(struct amqp_channel *ch, const struct amqp_call *consume, struct span tag)
{
	const struct amqp_value *queue = amqp_argument(consume, AMQP_ROLE_QUEUE);
	struct buffer key = {0}, value = {0};
	struct fact fact = consumer_fact(ch, tag, &key);

	buffer_append_char(&value, (char)amqp_number(consume, AMQP_ROLE_NO_ACK));
	if (queue)
		buffer_append_span(&value, queue->text);
	fact.value = buffer_span(&value);
	if (!key.failed && !value.failed)
		session_learn(ch->st->session, &fact);
	buffer_free(&key);
	buffer_free(&value);
}

void amqp_consumer_ended(struct amqp_channel *ch, struct span tag)
{
	struct buffer key = {0};
	struct fact fact = consumer_fact(ch, tag, &key);

	if (!key.failed)
		session_forget(ch->st->session, &fact);
	buffer_free(&key);
}

static void set_queue(struct amqp_state *st, struct amqp_message *m, struct span queue)
{
	if (amqp_message_append(st, m, queue))
		m->queue_len = (uint32_t)queue.len;
}

/* ---- delivered ---- */

void amqp_deliver(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call)
{
	const struct amqp_value *tag = amqp_argument(call, AMQP_ROLE_CONSUMER_TAG);
	struct buffer key = {0};
	struct fact fact;

	m->awaited = AMQP_AWAITS_PERHAPS;
	if (tag) {
		fact = consumer_fact(ch, tag->text, &key);
		if (session_recall(ch->st->session, &fact) == RECALL_OWN && fact.value.len) {
			m->awaited = fact.value.data[0] ? AMQP_AWAITS_NOTHING : AMQP_AWAITS_ACK;
			set_queue(ch->st, m, span_of(fact.value.data + 1, fact.value.len - 1));
		}
		buffer_free(&key);
	}
	if (m->awaited == AMQP_AWAITS_NOTHING || !amqp_argument(call, AMQP_ROLE_DELIVERY_TAG))
		amqp_emit_content(ch, m);
	else
		amqp_unsettled_add(ch, &ch->delivered, amqp_number(call, AMQP_ROLE_DELIVERY_TAG),
				   m);
}

/* Takes over what M holds: its memory, too. */
static struct amqp_message *move(struct amqp_state *st, struct amqp_message *m)
{
	const struct frame none = {0};
	struct amqp_message *own = (struct amqp_message *)matcher_message(st->messages, &none);
	struct buffer text;
	uint64_t charged;

	if (!own)
		return NULL;
	text = own->base.text;
	charged = own->base.charged;
	*own = *m;
	own->base.next = own->base.prev = own->base.next_same = own->base.prev_same = NULL;
	own->base.waits = 0;
	m->base.text = text;
	m->base.charged = charged;
	buffer_clear(&m->base.text);
	return own;
}

void amqp_got(struct amqp_channel *ch, const struct amqp_message *get, struct amqp_message *m)
{
	struct amqp_message *own = move(ch->st, m);
	const struct amqp_value *queue;
	struct amqp_call asked, call;

	if (!own)
		return;
	own->awaited = AMQP_AWAITS_PERHAPS;
	amqp_message_call(own, &call);
	if (get) {
		amqp_message_call(get, &asked);
		queue = amqp_argument(&asked, AMQP_ROLE_QUEUE);
		if (queue)
			set_queue(ch->st, own, queue->text);
		if (amqp_argument(&asked, AMQP_ROLE_NO_ACK))
			own->awaited = amqp_number(&asked, AMQP_ROLE_NO_ACK) ? AMQP_AWAITS_NOTHING
									     : AMQP_AWAITS_ACK;
	}
	if (own->awaited == AMQP_AWAITS_NOTHING || !amqp_argument(&call, AMQP_ROLE_DELIVERY_TAG))
		amqp_emit_content(ch, own);
	else
		amqp_unsettled_add(ch, &ch->delivered, amqp_number(&call, AMQP_ROLE_DELIVERY_TAG),
				   own);
}

/* ---- published ---- */

void amqp_publish(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call)
{
	bool mandatory = amqp_number(call, AMQP_ROLE_MANDATORY) ||
			 amqp_number(call, AMQP_ROLE_IMMEDIATE);

	switch (ch->mode) {
	case AMQP_MODE_UNKNOWN:
		m->awaited = AMQP_AWAITS_PERHAPS;
		break;
	case AMQP_MODE_PLAIN:
		m->awaited = mandatory ? AMQP_AWAITS_RETURN : AMQP_AWAITS_NOTHING;
		break;
	case AMQP_MODE_CONFIRM:
		m->awaited = AMQP_AWAITS_CONFIRM;
		break;
	case AMQP_MODE_TX:
		m->awaited = AMQP_AWAITS_COMMIT;
		break;
	}
	if (m->awaited == AMQP_AWAITS_NOTHING)
		amqp_emit_content(ch, m);
	else
		amqp_unsettled_add(ch, &ch->published, ch->published.last + 1, m);
}

/* ---- returned ---- */

/* Messages that wait and are looked at for the one that comes back. */
#define SEARCHED_MAX 1024

static bool is_same(const struct amqp_message *published, const struct amqp_message *returned,
		    const struct amqp_call *back)
{
	const struct amqp_value *exchange = amqp_argument(back, AMQP_ROLE_EXCHANGE);
	const struct amqp_value *key = amqp_argument(back, AMQP_ROLE_ROUTING_KEY);
	const struct amqp_value *exchange_of, *key_of;
	struct amqp_call call;

	if (published->return_code || published->body_size != returned->body_size)
		return false;
	amqp_message_call(published, &call);
	exchange_of = amqp_argument(&call, AMQP_ROLE_EXCHANGE);
	key_of = amqp_argument(&call, AMQP_ROLE_ROUTING_KEY);
	return exchange && key && exchange_of && key_of &&
	       (amqp_number(&call, AMQP_ROLE_MANDATORY) ||
		amqp_number(&call, AMQP_ROLE_IMMEDIATE)) &&
	       span_equal(exchange->text, exchange_of->text) &&
	       span_equal(key->text, key_of->text) &&
	       span_equal(amqp_message_body(published), amqp_message_body(returned));
}

static void mark_returned(struct amqp_channel *ch, const struct amqp_message *returned,
			  const struct amqp_call *back)
{
	const struct amqp_value *text = amqp_argument(back, AMQP_ROLE_REPLY_TEXT);
	struct amqp_unsettled *u = &ch->published;
	size_t looked_at = 0;

	for (size_t i = u->from; i < u->to && looked_at < SEARCHED_MAX; i++) {
		struct amqp_message *m = u->entries[i].message;

		if (!m)
			continue;
		looked_at++;
		if (!is_same(m, returned, back))
			continue;
		m->return_code = (uint16_t)amqp_number(back, AMQP_ROLE_REPLY_CODE);
		if (text && amqp_message_append(ch->st, m, text->text))
			m->return_len = (uint32_t)text->text.len;
		return;
	}
}

void amqp_return(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call)
{
	mark_returned(ch, m, call);
	amqp_emit_content(ch, m);
}

void amqp_not_returned(struct amqp_channel *ch, uint64_t position)
{
	struct amqp_message *m = amqp_unsettled_oldest(&ch->published);

	for (; m && m->awaited == AMQP_AWAITS_RETURN && m->base.position < position;
	     m = amqp_unsettled_oldest(&ch->published))
		amqp_emit_content(ch, amqp_unsettled_pop(&ch->published));
}

/* ---- settled ---- */

static struct amqp_settlement settlement_by(const struct amqp_message *m, enum amqp_fate fate)
{
	return (struct amqp_settlement){
		.fate = fate,
		.partial = m->base.partial,
		.first = m->base.ts_first,
		.last = m->base.ts_last,
		.wire = m->wire,
	};
}

uint64_t amqp_settle(struct amqp_channel *ch, const struct amqp_message *m,
		     const struct amqp_call *call)
{
	struct amqp_settlement how = settlement_by(m, AMQP_FATE_NONE);
	struct amqp_unsettled *u = m->side == SIDE_CLIENT ? &ch->delivered : &ch->published;

	switch (amqp_call_id(call)) {
	case AMQP_BASIC_ACK:
		how.fate = AMQP_FATE_ACK;
		break;
	case AMQP_BASIC_NACK:
		how.fate = AMQP_FATE_NACK;
		break;
	case AMQP_BASIC_REJECT:
		how.fate = AMQP_FATE_REJECT;
		break;
	default:
		return AMQP_SETTLES_NOTHING;
	}
	how.multiple = amqp_number(call, AMQP_ROLE_MULTIPLE);
	how.requeue = amqp_number(call, AMQP_ROLE_REQUEUE);
	if (!amqp_argument(call, AMQP_ROLE_DELIVERY_TAG))
		return 0;
	if (m->side == SIDE_SERVER)
		amqp_channel_shows(ch, AMQP_MODE_CONFIRM);
	return amqp_unsettled_settle(ch, u, amqp_number(call, AMQP_ROLE_DELIVERY_TAG), &how);
}

uint64_t amqp_end_transaction(struct amqp_channel *ch, const struct amqp_message *reply,
			      enum amqp_fate fate)
{
	const struct amqp_settlement how = settlement_by(reply, fate);
	struct amqp_message *m;
	uint64_t settled = 0;

	for (; (m = amqp_unsettled_pop(&ch->published)) != NULL; settled++) {
		m->settlement = how;
		amqp_emit_content(ch, m);
	}
	return settled;
}

uint64_t amqp_recover(struct amqp_channel *ch, const struct amqp_message *reply)
{
	struct amqp_settlement how = settlement_by(reply, AMQP_FATE_RECOVER);

	how.multiple = how.requeue = true;
	return amqp_unsettled_settle(ch, &ch->delivered, 0, &how);
}
