/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/state.h"
#include "protocols/value/note.h"
#include "protocols/value/size.h"

/* ---- outcome ---- */

static enum outcome outcome_of(const struct amqp_message *m)
{
	const struct amqp_settlement *s = &m->settlement;

	if (m->base.partial || s->partial)
		return OUTCOME_PARTIAL;
	if (m->return_code || (s->fate == AMQP_FATE_NACK && m->side == SIDE_CLIENT))
		return OUTCOME_ERROR;
	if (m->method && amqp_method_id(m->method) == AMQP_BASIC_RETURN)
		return OUTCOME_ERROR;
	if (s->fate != AMQP_FATE_NONE)
		return OUTCOME_OK;
	if (m->given_up)
		return OUTCOME_PARTIAL;
	return m->awaited == AMQP_AWAITS_CONFIRM || m->awaited == AMQP_AWAITS_COMMIT ||
			       m->awaited == AMQP_AWAITS_ACK
		       ? OUTCOME_UNANSWERED
		       : OUTCOME_OK;
}

void amqp_message_record(const struct amqp_message *m, struct record *record)
{
	bool settled = m->settlement.fate != AMQP_FATE_NONE;

	*record = (struct record){
		.outcome = outcome_of(m),
		.request_first = m->base.ts_first,
		.request_last = m->base.ts_last,
		.response_first = settled ? m->settlement.first : TIME_UNKNOWN,
		.response_last = settled ? m->settlement.last : TIME_UNKNOWN,
		.side = m->side,
		.position = m->base.position,
	};
}

const char *amqp_fate_reply(enum amqp_fate fate)
{
	static const char *const names[] = {
		[AMQP_FATE_ACK] = "basic.ack",		 [AMQP_FATE_NACK] = "basic.nack",
		[AMQP_FATE_REJECT] = "basic.reject",	 [AMQP_FATE_COMMIT] = "tx.commit-ok",
		[AMQP_FATE_ROLLBACK] = "tx.rollback-ok", [AMQP_FATE_RECOVER] = "basic.recover-ok",
	};

	return names[fate];
}

/* ---- notes ---- */

static const char *note_of_wait(const struct amqp_message *m)
{
	if (m->settlement.fate != AMQP_FATE_NONE)
		return m->settlement.inferred
			       ? "which confirm is for it is inferred: counting began unseen"
			       : NULL;
	if (m->given_up)
		return "memory is short: what became of it was not waited for";
	switch (m->awaited) {
	case AMQP_AWAITS_CONFIRM:
		return "not confirmed as far as recorded";
	case AMQP_AWAITS_COMMIT:
		return "neither committed nor rolled back as far as recorded";
	case AMQP_AWAITS_ACK:
		return "not acknowledged as far as recorded";
	case AMQP_AWAITS_PERHAPS:
		return m->side == SIDE_CLIENT ? "whether a confirm is due is unknown: the channel "
						"is from before the "
						"recording"
					      : "whether an acknowledgement is due is unknown: the "
						"consumer is from "
						"before the recording";
	default:
		return NULL;
	}
}

void amqp_note_message(struct amqp_state *st, const struct amqp_message *m)
{
	const char *wait = note_of_wait(m);

	if (!m->method && m->has_header)
		note_append(&st->note, "the method before this message was not recorded");
	if (m->cut)
		note_append(&st->note, "not all of it was recorded");
	if (m->damaged)
		note_append(&st->note, "its frames are not as they should be");
	if (wait)
		note_append(&st->note, wait);
}

/* ---- values ---- */

void amqp_fill_arguments(const struct amqp_call *call, const uint8_t *columns, struct value *values)
{
	for (unsigned i = 0; i < call->count; i++) {
		const struct amqp_argument *argument = &call->method->arguments[i];
		const struct amqp_value *from = &call->values[i];
		uint8_t column = columns[argument->role];
		struct value *to;

		if (!column)
			continue;
		to = &values[column - 1];
		if (argument->type == AMQP_BIT)
			*to = value_bool(from->number != 0);
		else if (argument->type < AMQP_SHORT_STRING)
			*to = value_int((int64_t)from->number);
		else if (from->text.len || to->type == VALUE_NULL)
			/* A name that the server made is only in the reply. */
			*to = value_text(from->text);
	}
}

static void fill_cause(struct value *values, const struct amqp_call *call)
{
	const struct amqp_method *cause = amqp_method_find(
		(uint16_t)amqp_number(call, AMQP_ROLE_CAUSE_CLASS),
		(uint16_t)amqp_number(call, AMQP_ROLE_CAUSE_METHOD));

	if (cause)
		values[AMQP_COLUMN_CAUSE] = value_word(span_text(cause->name));
}

static void fill_call(struct value *values, const struct amqp_call *call)
{
	static const uint8_t columns_of[AMQP_ROLE_COUNT] = {
		[AMQP_ROLE_EXCHANGE] = AMQP_COLUMN_EXCHANGE + 1,
		[AMQP_ROLE_ROUTING_KEY] = AMQP_COLUMN_ROUTING_KEY + 1,
		[AMQP_ROLE_QUEUE] = AMQP_COLUMN_QUEUE + 1,
		[AMQP_ROLE_CONSUMER_TAG] = AMQP_COLUMN_CONSUMER_TAG + 1,
		[AMQP_ROLE_DELIVERY_TAG] = AMQP_COLUMN_DELIVERY_TAG + 1,
		[AMQP_ROLE_MESSAGES] = AMQP_COLUMN_MESSAGES + 1,
		[AMQP_ROLE_CONSUMERS] = AMQP_COLUMN_CONSUMERS + 1,
		[AMQP_ROLE_REPLY_CODE] = AMQP_COLUMN_REPLY_CODE + 1,
		[AMQP_ROLE_REPLY_TEXT] = AMQP_COLUMN_REPLY_TEXT + 1,
	};

	amqp_fill_arguments(call, columns_of, values);
	if (values[AMQP_COLUMN_REPLY_CODE].type == VALUE_INT)
		fill_cause(values, call);
}

void amqp_read(struct amqp_state *st, const struct amqp_message *m, struct amqp_reading *reading)
{
	amqp_message_call(m, &reading->call);
	reading->described = m->has_header &&
			     amqp_properties_read(amqp_message_header(m), &reading->properties);
	amqp_body_read(st, m, reading);
}

static bool wants(const struct amqp_state *st, enum amqp_column column)
{
	return session_wants(st->session, &amqp_table, column);
}

/* Whether writing it may show that it is damaged: what is in a table isn't read before. */
static bool has_table(const struct amqp_call *call)
{
	for (unsigned i = 0; i < call->count; i++)
		if (call->method->arguments[i].type == AMQP_TABLE)
			return true;
	return false;
}

static void fill_fields(struct amqp_state *st, const struct amqp_message *m,
			const struct amqp_call *call, struct buffer *json, enum amqp_column column,
			struct value *values)
{
	struct amqp_json w = {.out = json, .limit = session_keep(st->session)};

	buffer_clear(json);
	if (m->alone || m->method_len < AMQP_IDS_LEN)
		return;
	if (wants(st, column) || has_table(call)) {
		amqp_json_call(&w, call);
		if (call->method)
			values[column] = value_json(buffer_span(json));
	}
	if (!m->cut && (!call->whole || w.damaged))
		note_append(&st->note, call->method ? "its fields are not as they should be"
						    : "no such method is known");
	else if (w.cut)
		note_append(&st->note, "its fields are longer than what is kept");
}

static void fill_content(struct amqp_state *st, const struct amqp_message *m,
			 const struct amqp_reading *reading, struct value *values)
{
	struct amqp_json w = {.out = &st->properties_json, .limit = session_keep(st->session)};

	buffer_clear(&st->properties_json);
	if (!m->has_header)
		return;
	if (wants(st, AMQP_COLUMN_BODY))
		values[AMQP_COLUMN_BODY] = value_text(reading->body);
	values[AMQP_COLUMN_BODY_BYTES] = value_int((int64_t)amqp_body_bytes(m));
	if (!reading->described)
		return;
	if (reading->body_note)
		note_append(&st->note, reading->body_note);
	if (wants(st, AMQP_COLUMN_PROPERTIES) || reading->properties.there & 1u << AMQP_HEADERS) {
		amqp_json_properties(&w, &reading->properties);
		values[AMQP_COLUMN_PROPERTIES] = value_json(buffer_span(&st->properties_json));
	}
	if (!m->cut && (w.damaged || !reading->properties.whole))
		note_append(&st->note, "its properties are not as they should be");
}

uint64_t amqp_body_bytes(const struct amqp_message *m)
{
	return m->body_size == UINT64_MAX ? m->body_seen : m->body_size;
}

static void fill_method(const struct amqp_message *m, const struct amqp_method *method,
			struct value *values)
{
	static const char *const alone[] = {
		[AMQP_ALONE_PROTOCOL] = "protocol-header",
		[AMQP_ALONE_HEARTBEAT] = "heartbeat",
	};

	values[AMQP_COLUMN_CHANNEL] = value_int(m->channel);
	if (m->alone)
		values[AMQP_COLUMN_METHOD] = value_word(span_text(alone[m->alone]));
	if (!method)
		return;
	values[AMQP_COLUMN_CLASS] = value_word(span_of(method->name, method->class_len));
	values[AMQP_COLUMN_METHOD] = value_word(span_text(method->name + method->class_len + 1));
}

/* "0-9-1" of what the client begins with. */
static void fill_version(struct amqp_state *st, const struct amqp_message *m, struct value *values)
{
	struct span header = amqp_message_method(m);
	const char *version = amqp_protocol_version(header);

	buffer_clear(&st->request_json);
	if (m->alone != AMQP_ALONE_PROTOCOL || header.len < AMQP_PROTOCOL_LEN)
		return;
	if (version)
		buffer_printf(&st->request_json, "{\"version\":\"%s\"}", version);
	else
		buffer_printf(&st->request_json, "{\"version\":\"%u-%u-%u\"}",
			      (uint8_t)header.data[5], (uint8_t)header.data[6],
			      (uint8_t)header.data[7]);
	values[AMQP_COLUMN_REQUEST] = value_json(buffer_span(&st->request_json));
	if (m->side == SIDE_SERVER)
		note_append(&st->note,
			    "the server refuses the version, and names one that it speaks");
	else if (version && strcmp(version, "0-9-1") != 0)
		note_append(&st->note, "an older version, read as 0-9-1");
}

static void fill_settlement(const struct amqp_message *m, struct value *values)
{
	const struct amqp_settlement *s = &m->settlement;

	if (m->awaited == AMQP_AWAITS_CONFIRM || s->inferred)
		values[AMQP_COLUMN_DELIVERY_TAG] = value_int((int64_t)m->tag);
	if (s->fate != AMQP_FATE_NONE) {
		values[AMQP_COLUMN_REPLY] = value_word(span_text(amqp_fate_reply(s->fate)));
		values[AMQP_COLUMN_RESP_BYTES] = value_int((int64_t)s->wire);
	}
	if (m->return_code) {
		values[AMQP_COLUMN_REPLY_CODE] = value_int(m->return_code);
		values[AMQP_COLUMN_REPLY_TEXT] = value_text(amqp_message_return(m));
	}
	if (m->queue_len)
		values[AMQP_COLUMN_QUEUE] = value_text(amqp_message_queue(m));
}

static void fill_asked(struct amqp_state *st, const struct amqp_message *m,
		       const struct amqp_reading *reading, struct value *values)
{
	fill_method(m, m->method, values);
	fill_version(st, m, values);
	if (!m->alone)
		fill_fields(st, m, &reading->call, &st->request_json, AMQP_COLUMN_REQUEST, values);
	fill_call(values, &reading->call);
	fill_content(st, m, reading, values);
	fill_settlement(m, values);
	amqp_note_message(st, m);
	if (m->method && !amqp_may_send(m->side, m->method))
		note_append(&st->note, "not for this end to send");
	values[AMQP_COLUMN_REQ_BYTES] = value_int((int64_t)m->wire);
}

static void fill_answered(struct amqp_state *st, const struct amqp_message *m, struct value *values)
{
	struct amqp_reading reading;

	amqp_read(st, m, &reading);
	fill_fields(st, m, &reading.call, &st->response_json, AMQP_COLUMN_RESPONSE, values);
	fill_call(values, &reading.call);
	if (m->has_header)
		fill_content(st, m, &reading, values);
	if (m->cut)
		note_append(&st->note, "not all of the reply was recorded");
	if (m->damaged)
		note_append(&st->note, "the reply's frames are not as they should be");
	if (m->method)
		values[AMQP_COLUMN_REPLY] = value_word(span_text(m->method->name));
	values[AMQP_COLUMN_RESP_BYTES] = value_int((int64_t)m->wire);
}

void amqp_emit_row(struct amqp_state *st, const struct amqp_row *row, struct record *record)
{
	struct value values[AMQP_COLUMN_COUNT] = {0};
	const struct amqp_message *any = row->asked ? row->asked : row->answered;
	enum side sender = row->asked ? any->side : side_opposite(any->side);
	const struct amqp_reading *reading = row->reading;
	struct amqp_reading own;

	buffer_clear(&st->note);
	if (row->asked && !reading) {
		amqp_read(st, row->asked, &own);
		reading = &own;
	}
	if (row->asked)
		fill_asked(st, row->asked, reading, values);
	else
		fill_method(any, any->method ? amqp_method_answered(any->method) : NULL, values);
	if (row->answered)
		fill_answered(st, row->answered, values);
	values[AMQP_COLUMN_SENDER] = value_word(
		span_text(sender == SIDE_CLIENT ? "client" : "server"));
	if (row->settled != AMQP_SETTLES_NOTHING)
		values[AMQP_COLUMN_SETTLED] = value_int((int64_t)row->settled);
	values[AMQP_COLUMN_VHOST] = value_text_if(buffer_span(&st->vhost));
	values[AMQP_COLUMN_USER] = value_text_if(buffer_span(&st->user));
	values[AMQP_COLUMN_APPLICATION] = value_text_if(buffer_span(&st->application));
	record->table = &amqp_table;
	record->values = values;
	record->side = any->side;
	record->note = buffer_span(&st->note);
	session_emit(st->session, record);
	if (row->answered && row->answered->has_header)
		http_decoder_trim(&st->decoder);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define AMQP_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	AMQP_COLUMNS(AMQP_COLUMN_ROW)
#undef AMQP_COLUMN_ROW
};

static void append(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type != VALUE_TEXT && value->type != VALUE_WORD)
		return;
	buffer_append_text(out, before);
	buffer_append_span(out, value->text);
}

/* Names that are there, but empty, are the default. */
static void append_name(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type == VALUE_TEXT && value->text.len)
		append(out, before, value);
}

static void append_count(struct buffer *out, const struct value *value, const char *what)
{
	if (value->type == VALUE_INT)
		buffer_printf(out, " %lld %s%s", (long long)value->integer, what,
			      value->integer == 1 ? "" : "s");
}

/*
 * "queue.declare mail -> declare-ok 3 messages", "basic.publish events order.1 1.2KB -> basic.ack",
 * "basic.ack #7", "queue.declare no.such -> 404 NOT_FOUND - no queue".
 */
static void describe(const struct value *values, struct buffer *out)
{
	append(out, "", &values[AMQP_COLUMN_CLASS]);
	append(out, values[AMQP_COLUMN_CLASS].type == VALUE_NULL ? "" : ".",
	       &values[AMQP_COLUMN_METHOD]);
	if (values[AMQP_COLUMN_METHOD].type == VALUE_NULL)
		buffer_append_text(out, "(unknown method)");
	append_name(out, " ", &values[AMQP_COLUMN_EXCHANGE]);
	append_name(out, " ", &values[AMQP_COLUMN_ROUTING_KEY]);
	append_name(out, " ", &values[AMQP_COLUMN_QUEUE]);
	if (values[AMQP_COLUMN_DELIVERY_TAG].type == VALUE_INT)
		buffer_printf(out, " #%lld", (long long)values[AMQP_COLUMN_DELIVERY_TAG].integer);
	if (values[AMQP_COLUMN_BODY_BYTES].type == VALUE_INT) {
		buffer_append_char(out, ' ');
		size_append(out, values[AMQP_COLUMN_BODY_BYTES].integer);
	}
	append(out, " -> ", &values[AMQP_COLUMN_REPLY]);
	append_count(out, &values[AMQP_COLUMN_MESSAGES], "message");
	if (values[AMQP_COLUMN_REPLY_CODE].type == VALUE_INT)
		buffer_printf(out, " %lld", (long long)values[AMQP_COLUMN_REPLY_CODE].integer);
	append_name(out, " ", &values[AMQP_COLUMN_REPLY_TEXT]);
}

const struct table amqp_table = {
	.name = "amqp",
	.summary = "AMQP 0-9-1 methods with their replies",
	.columns = columns,
	.column_count = AMQP_COLUMN_COUNT,
	.describe = describe,
};
