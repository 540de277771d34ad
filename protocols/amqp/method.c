/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/state.h"
#include "protocols/engine/session.h"

/* ---- rows of one method ---- */

/* Gives out a method that isn't answered, and throws it away. */
static void emit_alone(struct amqp_channel *ch, struct amqp_message *m, uint64_t settled,
		       bool error)
{
	struct amqp_row row = {.asked = m, .settled = settled};
	struct record record;

	matcher_record(NULL, &m->base, false, error, &record);
	record.request_first = m->base.ts_first;
	record.request_last = m->base.ts_last;
	record.response_first = record.response_last = TIME_UNKNOWN;
	amqp_emit_row(ch->st, &row, &record);
	matcher_discard(ch->st->messages, &m->base);
}

/* A reply without what it answers, or a method without its reply. */
static void emit_half(struct amqp_channel *ch, struct amqp_message *asked,
		      struct amqp_message *answered, bool lost)
{
	struct amqp_row row = {asked, answered, AMQP_SETTLES_NOTHING, NULL};
	struct record record;

	matcher_record(asked ? &asked->base : NULL, answered ? &answered->base : NULL, lost, false,
		       &record);
	amqp_emit_row(ch->st, &row, &record);
}

/* ---- calls with their replies ---- */

static bool is(const struct amqp_message *m, enum amqp_id id)
{
	return m->method && amqp_method_id(m->method) == (uint32_t)id;
}

static bool is_close(const struct amqp_message *m)
{
	return is(m, AMQP_CHANNEL_CLOSE) || is(m, AMQP_CONNECTION_CLOSE);
}

/* A close in place of the reply, or the reply. */
static bool fits(const struct amqp_message *call, const struct amqp_message *reply)
{
	return (is_close(reply) && reply->side != call->side) ||
	       (call->method && reply->method &&
		call->method->class_id == reply->method->class_id &&
		call->method->method_id == reply->method->answers);
}

/* Servers close with a code of an error; clients mostly with 200, or 0. */
static bool is_error(const struct amqp_message *call, const struct amqp_message *reply)
{
	struct amqp_call closed;
	uint64_t code;

	if (reply && is_close(reply))
		return true;
	if (!call || !is_close(call))
		return false;
	amqp_message_call(call, &closed);
	code = amqp_number(&closed, AMQP_ROLE_REPLY_CODE);
	return code && code != 200;
}

/* What the pair tells of consumers, and of the message that was got. */
static void learn_from(struct amqp_channel *ch, struct amqp_message *call,
		       struct amqp_message *reply)
{
	struct amqp_call asked, answered;
	const struct amqp_value *tag;

	if (is(reply, AMQP_BASIC_GET_OK)) {
		if (!reply->placed)
			amqp_got(ch, call, reply);
		return;
	}
	if (!call || (!is(reply, AMQP_BASIC_CONSUME_OK) && !is(reply, AMQP_BASIC_CANCEL_OK)))
		return;
	amqp_message_call(call, &asked);
	amqp_message_call(reply, &answered);
	tag = amqp_argument(&answered, AMQP_ROLE_CONSUMER_TAG);
	if (!tag)
		return;
	if (is(reply, AMQP_BASIC_CONSUME_OK))
		amqp_consumer_began(ch, &asked, tag->text);
	else
		amqp_consumer_ended(ch, tag->text);
}

void amqp_emit_call(void *context, struct message *request, struct message *response, bool lost)
{
	struct amqp_channel *ch = context;
	struct amqp_message *call = (struct amqp_message *)request;
	struct amqp_message *reply = (struct amqp_message *)response;
	struct amqp_row row = {call, reply, reply ? reply->settled : AMQP_SETTLES_NOTHING, NULL};
	struct record record;

	/* After a loss they were paired by order alone. */
	if (call && reply && !fits(call, reply)) {
		emit_half(ch, call, NULL, true);
		emit_half(ch, NULL, reply, true);
		learn_from(ch, NULL, reply);
		return;
	}
	matcher_record(request, response, lost, is_error(call, reply), &record);
	amqp_emit_row(ch->st, &row, &record);
	if (reply)
		learn_from(ch, call, reply);
}

/* Calls that wait and are looked at for the one that a reply answers. */
#define SEARCHED_MAX 256

/* Calls before the first that M answers lost their replies; false: none that waits is answered. */
static bool skip_to_answered(struct amqp_channel *ch, struct matcher *calls,
			     const struct amqp_message *m)
{
	struct message *oldest = matcher_oldest(calls);
	struct message *fitting = oldest;
	size_t searched = 0;

	while (fitting && searched++ < SEARCHED_MAX && !fits((struct amqp_message *)fitting, m))
		fitting = fitting->next;
	if (!fitting || searched > SEARCHED_MAX)
		return !oldest;
	while (oldest != fitting) {
		struct message *gone = matcher_withdraw(calls, oldest);

		amqp_emit_call(ch, gone, NULL, true);
		matcher_discard(calls, gone);
		oldest = matcher_oldest(calls);
	}
	return true;
}

static void answer(struct amqp_channel *ch, struct matcher *calls, struct amqp_message *m)
{
	/* Its call wasn't seen, or will be when the next one is: order alone says nothing then. */
	bool unasked = !matcher_oldest(calls) && !session_is_by_calls(ch->st->session);

	if (!matcher_is_sure(calls) || skip_to_answered(ch, calls, m)) {
		matcher_response(calls, &m->base);
		if (unasked)
			matcher_lost(calls, SIDE_CLIENT);
		return;
	}
	amqp_emit_call(ch, NULL, &m->base, true);
	matcher_discard(calls, &m->base);
}

/* ---- what the connection and its channels are ---- */

/* The name in the client's answer of SASL, which also holds its password. */
static struct span user_of(struct span mechanism, struct span response)
{
	struct cursor c = cursor_of(response.data, response.len);

	if (span_is(mechanism, "AMQPLAIN"))
		return amqp_table_string(response, "LOGIN");
	if (!span_is(mechanism, "PLAIN"))
		return (struct span){0};
	/* Who it acts for, mostly nobody; then its name (RFC 4616, section 2). */
	cursor_until(&c, 0);
	return cursor_until(&c, 0);
}

static void learn_client(struct amqp_state *st, const struct amqp_call *call)
{
	const struct amqp_value *properties = amqp_argument(call, AMQP_ROLE_CLIENT_PROPERTIES);
	const struct amqp_value *mechanism = amqp_argument(call, AMQP_ROLE_MECHANISM);
	const struct amqp_value *response = amqp_argument(call, AMQP_ROLE_SECRET);
	struct span name = {0};

	if (properties)
		name = amqp_table_string(properties->text, "connection_name");
	if (properties && !name.len)
		name = amqp_table_string(properties->text, "product");
	amqp_set_text(st, &st->application, name);
	if (mechanism && response)
		amqp_set_text(st, &st->user, user_of(mechanism->text, response->text));
}

static void learn_connection(struct amqp_state *st, const struct amqp_call *call)
{
	const struct amqp_value *vhost = amqp_argument(call, AMQP_ROLE_VHOST);
	uint64_t frame_max = amqp_number(call, AMQP_ROLE_FRAME_MAX);

	switch (amqp_call_id(call)) {
	case AMQP_CONNECTION_START_OK:
		learn_client(st, call);
		break;
	case AMQP_CONNECTION_TUNE_OK:
		/* None at all is agreed on as 0. */
		st->frame_max = frame_max ? frame_max : UINT32_MAX;
		break;
	case AMQP_CONNECTION_OPEN:
		if (vhost)
			amqp_set_text(st, &st->vhost, vhost->text);
		break;
	default:
		break;
	}
}

/* What a call from the client makes of its channel. */
static void change_channel(struct amqp_channel *ch, const struct amqp_call *call)
{
	const struct amqp_value *tag = amqp_argument(call, AMQP_ROLE_CONSUMER_TAG);

	switch (amqp_call_id(call)) {
	case AMQP_CHANNEL_OPEN:
		amqp_channel_begin(ch, AMQP_MODE_PLAIN);
		break;
	case AMQP_CONFIRM_SELECT:
		if (ch->mode != AMQP_MODE_CONFIRM)
			amqp_channel_begin(ch, AMQP_MODE_CONFIRM);
		break;
	case AMQP_TX_SELECT:
		if (ch->mode != AMQP_MODE_TX)
			amqp_channel_begin(ch, AMQP_MODE_TX);
		break;
	case AMQP_BASIC_CONSUME:
		/* Known from here on, as messages may come before the reply. */
		if (tag && tag->text.len)
			amqp_consumer_began(ch, call, tag->text);
		break;
	default:
		break;
	}
}

/* ---- by kind ---- */

/* The same, on its own. */
static struct amqp_message *copy_of(struct amqp_state *st, const struct amqp_message *m)
{
	const struct frame frame = {
		.offset = m->base.position,
		.ts_first = m->base.ts_first,
		.ts_last = m->base.ts_last,
		.lost = m->base.partial,
	};
	struct amqp_message *copy = (struct amqp_message *)matcher_message(st->messages, &frame);

	if (!copy)
		return NULL;
	copy->method = m->method;
	copy->side = m->side;
	copy->channel = m->channel;
	copy->wire = m->wire;
	copy->cut = m->cut;
	copy->damaged = m->damaged;
	copy->settled = AMQP_SETTLES_NOTHING;
	if (!amqp_message_append(st, copy, buffer_span(&m->base.text)))
		return copy;
	copy->method_len = m->method_len;
	copy->header_len = m->header_len;
	copy->body_len = m->body_len;
	copy->has_header = m->has_header;
	copy->body_size = m->body_size;
	copy->body_seen = m->body_seen;
	copy->frames = m->frames;
	return copy;
}

/* The call that waits on CH and that a close names as its cause; NULL: none. */
static struct matcher *caused_by(struct amqp_channel *ch, enum side caller,
				 const struct amqp_method *cause)
{
	struct matcher *calls = ch->calls[caller];
	struct message *oldest = calls ? matcher_oldest(calls) : NULL;

	return oldest && ((struct amqp_message *)oldest)->method == cause ? calls : NULL;
}

/* A close answers the call that it names: no other answer will come. */
static void answer_with_close(struct amqp_channel *ch, const struct amqp_message *m,
			      const struct amqp_call *call)
{
	const struct amqp_method *cause = amqp_method_find(
		(uint16_t)amqp_number(call, AMQP_ROLE_CAUSE_CLASS),
		(uint16_t)amqp_number(call, AMQP_ROLE_CAUSE_METHOD));
	enum side caller = side_opposite(m->side);
	struct matcher *calls = cause ? caused_by(ch, caller, cause) : NULL;
	struct amqp_channel *other = ch;
	struct amqp_message *copy;
	size_t at = 0;

	/* A close of the connection doesn't say on which channel. */
	while (cause && !calls && !ch->number && !ch->st->closing &&
	       (other = map_next(&ch->st->channels, &at)) != NULL) {
		amqp_channel_catch_up(other);
		calls = caused_by(other, caller, cause);
	}
	ch->st->closing |= !ch->number;
	copy = calls ? copy_of(ch->st, m) : NULL;
	if (copy)
		answer(other, calls, copy);
}

static void take_call(struct amqp_channel *ch, struct amqp_message *m, const struct amqp_call *call)
{
	struct matcher *calls = amqp_channel_calls(ch, m->side);

	if (m->side == SIDE_CLIENT)
		change_channel(ch, call);
	learn_connection(ch->st, call);
	if (is_close(m))
		answer_with_close(ch, m, call);
	if (amqp_number(call, AMQP_ROLE_NO_WAIT) || !calls)
		emit_alone(ch, m, AMQP_SETTLES_NOTHING, false);
	else
		matcher_request(calls, &m->base);
}

/* What was got must be there to be acknowledged, even if it isn't known yet what it answers. */
static void place(struct amqp_channel *ch, struct amqp_message *m)
{
	struct amqp_message *copy = copy_of(ch->st, m);

	if (!copy)
		return;
	m->placed = true;
	amqp_got(ch, NULL, copy);
	matcher_discard(ch->st->messages, &copy->base);
}

static void take_reply(struct amqp_channel *ch, struct amqp_message *m,
		       const struct amqp_call *call)
{
	enum side caller = side_opposite(m->side);
	struct matcher *calls = amqp_channel_calls(ch, caller);
	struct message *oldest = calls ? matcher_oldest(calls) : NULL;
	enum amqp_id id = amqp_method_id(m->method);

	m->settled = AMQP_SETTLES_NOTHING;
	learn_connection(ch->st, call);
	if (caller == SIDE_CLIENT && oldest)
		amqp_not_returned(ch, oldest->position);
	if (id == AMQP_TX_COMMIT_OK || id == AMQP_TX_ROLLBACK_OK)
		m->settled = amqp_end_transaction(
			ch, m, id == AMQP_TX_COMMIT_OK ? AMQP_FATE_COMMIT : AMQP_FATE_ROLLBACK);
	else if (id == AMQP_BASIC_RECOVER_OK)
		m->settled = amqp_recover(ch, m);
	else if (id == AMQP_CONFIRM_SELECT_OK)
		amqp_channel_shows(ch, AMQP_MODE_CONFIRM);
	else if (id == AMQP_TX_SELECT_OK)
		amqp_channel_shows(ch, AMQP_MODE_TX);
	else if (id == AMQP_CHANNEL_CLOSE_OK && !oldest)
		amqp_channel_lost(ch, caller);
	if (id == AMQP_BASIC_GET_OK && calls && !matcher_is_sure(calls))
		place(ch, m);
	if (calls)
		answer(ch, calls, m);
	else
		matcher_discard(ch->st->messages, &m->base);
	if (id == AMQP_CHANNEL_CLOSE_OK)
		amqp_channel_close(ch);
	else if (id == AMQP_CONNECTION_CLOSE_OK)
		amqp_channels_close(ch->st);
}

/* A method of which not even the name is there: it may have been any. */
static void take_unknown(struct amqp_channel *ch, struct amqp_message *m)
{
	if (m->cut && m->method_len < 4)
		amqp_channel_lost(ch, m->side);
	emit_alone(ch, m, AMQP_SETTLES_NOTHING, false);
}

/* A server that answers with a header doesn't speak what it was asked for (section 4.2.2). */
static void take_alone(struct amqp_channel *ch, struct amqp_message *m)
{
	bool refused = m->alone == AMQP_ALONE_PROTOCOL && m->side == SIDE_SERVER;

	emit_alone(ch, m, AMQP_SETTLES_NOTHING, refused);
}

static void take_content(struct amqp_channel *ch, struct amqp_message *m,
			 const struct amqp_call *call)
{
	switch (amqp_call_id(call)) {
	case AMQP_BASIC_PUBLISH:
		amqp_publish(ch, m, call);
		break;
	case AMQP_BASIC_DELIVER:
		amqp_deliver(ch, m, call);
		break;
	case AMQP_BASIC_RETURN:
		amqp_return(ch, m, call);
		break;
	default:
		take_reply(ch, m, call);
		break;
	}
}

/* A message whose method was not recorded. What a client sends is published, and confirmed. */
static void take_headless(struct amqp_channel *ch, struct amqp_message *m,
			  const struct amqp_call *call)
{
	if (m->side == SIDE_CLIENT)
		amqp_publish(ch, m, call);
	else
		amqp_emit_content(ch, m);
}

void amqp_take(struct amqp_channel *ch, struct amqp_message *m)
{
	struct amqp_call call;

	amqp_message_call(m, &call);
	if (m->base.text.failed) {
		matcher_discard(ch->st->messages, &m->base);
	} else if (m->alone) {
		take_alone(ch, m);
	} else if (!m->method && m->has_header) {
		take_headless(ch, m, &call);
	} else if (!m->method || !amqp_may_send(m->side, m->method)) {
		take_unknown(ch, m);
	} else if (m->method->flags & AMQP_CONTENT) {
		take_content(ch, m, &call);
	} else if (m->method->flags & AMQP_REPLY) {
		take_reply(ch, m, &call);
	} else if (m->method->flags & AMQP_CALL) {
		take_call(ch, m, &call);
	} else {
		uint64_t settled = amqp_settle(ch, m, &call);

		emit_alone(ch, m, settled, false);
	}
}
