/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/state.h"
#include "protocols/value/note.h"
#include "protocols/value/size.h"

#define AMQP_MESSAGES_COLUMNS(X)                                                                   \
	X(DIRECTION, "direction", "TEXT", "",                                                      \
	  "published, delivered (to a consumer), got (asked for one by one) or returned")          \
	X(CHANNEL, "channel", "BIGINT", "", "number")                                              \
	X(EXCHANGE, "exchange", "TEXT", "", "it was published to; empty is the default exchange")  \
	X(ROUTING_KEY, "routing_key", "TEXT", "", "it was published with")                         \
	X(QUEUE, "queue", "TEXT", "", "it was delivered from; null: the consumer isn't known")     \
	X(CONSUMER_TAG, "consumer_tag", "TEXT", "", "of the consumer that it was delivered to")    \
	X(DELIVERY_TAG, "delivery_tag", "BIGINT", "",                                              \
	  "number in its channel; of one that is published in confirm mode: as the confirm names " \
	  "it")                                                                                    \
	X(REDELIVERED, "redelivered", "BOOLEAN", "", "it was delivered before, perhaps")           \
	X(MANDATORY, "mandatory", "BOOLEAN", "", "to be returned when no queue takes it")          \
	X(SETTLED, "settled", "TEXT", "",                                                          \
	  "published: ack, nack, commit, rollback; delivered or got: ack, nack, reject, recover")  \
	X(MULTIPLE, "multiple", "BOOLEAN", "", "what settled it was for several messages")         \
	X(REQUEUE, "requeue", "BOOLEAN", "", "nack or reject put it back into the queue")          \
	X(RETURNED, "returned", "BOOLEAN", "", "published, and no queue took it")                  \
	X(REPLY_CODE, "reply_code", "BIGINT", "", "of the return")                                 \
	X(REPLY_TEXT, "reply_text", "TEXT", "", "of the return")                                   \
	X(CONTENT_TYPE, "content_type", "TEXT", "", "property: MIME type")                         \
	X(CONTENT_ENCODING, "content_encoding", "TEXT", "", "property: MIME encoding")             \
	X(HEADERS, "headers", "JSON", "", "property: table of the application's own fields")       \
	X(DELIVERY_MODE, "delivery_mode", "BIGINT", "", "property: 1 transient, 2 persistent")     \
	X(PRIORITY, "priority", "BIGINT", "", "property: 0 to 9")                                  \
	X(CORRELATION_ID, "correlation_id", "TEXT", "", "property: of a request and its answer")   \
	X(REPLY_TO, "reply_to", "TEXT", "", "property: queue for the answer")                      \
	X(EXPIRATION, "expiration", "TEXT", "", "property: time to live, in ms")                   \
	X(MESSAGE_ID, "message_id", "TEXT", "", "property: of the application")                    \
	X(TIMESTAMP, "timestamp", "BIGINT", "s", "property: since 1970, of the application")       \
	X(TYPE, "type", "TEXT", "", "property: of the application")                                \
	X(USER_ID, "user_id", "TEXT", "", "property: checked by the broker")                       \
	X(APP_ID, "app_id", "TEXT", "", "property: of the application")                            \
	X(CLUSTER_ID, "cluster_id", "TEXT", "", "property: not used any more")                     \
	X(BODY, "body", "TEXT", "", "without its encoding, up to --keep")                          \
	X(BODY_BYTES, "body_bytes", "BIGINT", "bytes", "of the body")                              \
	X(FRAMES, "frames", "BIGINT", "", "that the body came in")                                 \
	X(VHOST, "vhost", "TEXT", "", "virtual host of the connection")                            \
	X(USER, "user", "TEXT", "", "of the connection")                                           \
	X(APPLICATION, "application", "TEXT", "", "name that the client gave its connection")

enum column_id {
#define COLUMN_ENUM(id, name, sql, unit, help) COLUMN_##id,
	AMQP_MESSAGES_COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
	COLUMN_COUNT
};

static const char *direction_of(const struct amqp_message *m)
{
	switch (m->method ? amqp_method_id(m->method) : 0) {
	case AMQP_BASIC_GET_OK:
		return "got";
	case AMQP_BASIC_RETURN:
		return "returned";
	default:
		return m->side == SIDE_CLIENT ? "published" : "delivered";
	}
}

static void fill_method(const struct amqp_call *call, struct value *values)
{
	static const uint8_t columns_of[AMQP_ROLE_COUNT] = {
		[AMQP_ROLE_EXCHANGE] = COLUMN_EXCHANGE + 1,
		[AMQP_ROLE_ROUTING_KEY] = COLUMN_ROUTING_KEY + 1,
		[AMQP_ROLE_CONSUMER_TAG] = COLUMN_CONSUMER_TAG + 1,
		[AMQP_ROLE_DELIVERY_TAG] = COLUMN_DELIVERY_TAG + 1,
		[AMQP_ROLE_REDELIVERED] = COLUMN_REDELIVERED + 1,
		[AMQP_ROLE_MANDATORY] = COLUMN_MANDATORY + 1,
		[AMQP_ROLE_REPLY_CODE] = COLUMN_REPLY_CODE + 1,
		[AMQP_ROLE_REPLY_TEXT] = COLUMN_REPLY_TEXT + 1,
	};

	amqp_fill_arguments(call, columns_of, values);
}

static void fill_settlement(const struct amqp_message *m, struct value *values)
{
	const struct amqp_settlement *s = &m->settlement;
	static const char *const names[] = {
		[AMQP_FATE_ACK] = "ack",	   [AMQP_FATE_NACK] = "nack",
		[AMQP_FATE_REJECT] = "reject",	   [AMQP_FATE_COMMIT] = "commit",
		[AMQP_FATE_ROLLBACK] = "rollback", [AMQP_FATE_RECOVER] = "recover",
	};

	if (m->queue_len)
		values[COLUMN_QUEUE] = value_text(amqp_message_queue(m));
	if (m->awaited == AMQP_AWAITS_CONFIRM || s->inferred)
		values[COLUMN_DELIVERY_TAG] = value_int((int64_t)m->tag);
	if (m->side == SIDE_CLIENT)
		values[COLUMN_RETURNED] = value_bool(m->return_code != 0);
	if (m->return_code) {
		values[COLUMN_REPLY_CODE] = value_int(m->return_code);
		values[COLUMN_REPLY_TEXT] = value_text(amqp_message_return(m));
	}
	if (s->fate == AMQP_FATE_NONE)
		return;
	values[COLUMN_SETTLED] = value_word(span_text(names[s->fate]));
	values[COLUMN_MULTIPLE] = value_bool(s->multiple);
	if (s->fate == AMQP_FATE_NACK || s->fate == AMQP_FATE_REJECT)
		values[COLUMN_REQUEUE] = value_bool(s->requeue);
}

/* Which column a property goes to: they stand in one order. */
static void fill_properties(struct amqp_state *st, const struct amqp_message *m,
			    const struct amqp_reading *reading, struct value *values)
{
	struct amqp_json w = {.out = &st->properties_json, .limit = session_keep(st->session)};
	const struct amqp_properties *properties = &reading->properties;

	buffer_clear(&st->properties_json);
	if (!reading->described)
		return;
	for (unsigned i = 0; i < AMQP_PROPERTY_COUNT; i++) {
		const struct amqp_value *property = &properties->values[i];
		struct value *value = &values[COLUMN_CONTENT_TYPE + i];

		if (!(properties->there & 1u << i))
			continue;
		if (i == AMQP_HEADERS) {
			amqp_json_table(&w, property->text);
			*value = value_json(buffer_span(&st->properties_json));
		} else if (i == AMQP_DELIVERY_MODE || i == AMQP_PRIORITY || i == AMQP_TIMESTAMP) {
			*value = value_int((int64_t)property->number);
		} else {
			*value = value_text(property->text);
		}
	}
	if (!m->cut && (w.damaged || !properties->whole))
		note_append(&st->note, "its properties are not as they should be");
}

void amqp_emit_message(struct amqp_state *st, const struct amqp_message *m,
		       const struct amqp_reading *reading, struct record *record)
{
	struct value values[COLUMN_COUNT] = {0};

	/* Behind the method's row, in its place: ids stay as they are without it. */
	if (!session_wants_rows(st->session, &amqp_messages_table))
		return;
	buffer_clear(&st->note);
	values[COLUMN_DIRECTION] = value_word(span_text(direction_of(m)));
	values[COLUMN_CHANNEL] = value_int(m->channel);
	fill_method(&reading->call, values);
	fill_settlement(m, values);
	fill_properties(st, m, reading, values);
	if (m->has_header) {
		if (session_wants(st->session, &amqp_messages_table, COLUMN_BODY))
			values[COLUMN_BODY] = value_text(reading->body);
		values[COLUMN_BODY_BYTES] = value_int((int64_t)amqp_body_bytes(m));
		values[COLUMN_FRAMES] = value_int(m->frames);
	}
	values[COLUMN_VHOST] = value_text_if(buffer_span(&st->vhost));
	values[COLUMN_USER] = value_text_if(buffer_span(&st->user));
	values[COLUMN_APPLICATION] = value_text_if(buffer_span(&st->application));
	if (reading->body_note)
		note_append(&st->note, reading->body_note);
	amqp_note_message(st, m);
	record->table = &amqp_messages_table;
	record->values = values;
	record->note = buffer_span(&st->note);
	session_emit(st->session, record);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	AMQP_MESSAGES_COLUMNS(COLUMN_ROW)
#undef COLUMN_ROW
};

static void append(struct buffer *out, const struct value *value)
{
	if ((value->type != VALUE_TEXT && value->type != VALUE_WORD) || !value->text.len)
		return;
	buffer_append_char(out, ' ');
	buffer_append_span(out, value->text);
}

/* "published events order.1 #3 1.2KB -> ack", "delivered events order.1 mail #7 12B -> nack". */
static void describe(const struct value *values, struct buffer *out)
{
	buffer_append_span(out, values[COLUMN_DIRECTION].text);
	append(out, &values[COLUMN_EXCHANGE]);
	append(out, &values[COLUMN_ROUTING_KEY]);
	append(out, &values[COLUMN_QUEUE]);
	if (values[COLUMN_DELIVERY_TAG].type == VALUE_INT)
		buffer_printf(out, " #%lld", (long long)values[COLUMN_DELIVERY_TAG].integer);
	if (values[COLUMN_BODY_BYTES].type == VALUE_INT) {
		buffer_append_char(out, ' ');
		size_append(out, values[COLUMN_BODY_BYTES].integer);
	}
	if (values[COLUMN_SETTLED].type == VALUE_WORD)
		buffer_append_text(out, " ->");
	append(out, &values[COLUMN_SETTLED]);
	if (values[COLUMN_REPLY_CODE].type == VALUE_INT)
		buffer_printf(out, " %lld", (long long)values[COLUMN_REPLY_CODE].integer);
	append(out, &values[COLUMN_REPLY_TEXT]);
}

const struct table amqp_messages_table = {
	.name = "amqp_messages",
	.summary = "AMQP 0-9-1 messages, published, delivered, got and returned, with what settled "
		   "them",
	.columns = columns,
	.column_count = COLUMN_COUNT,
	.describe = describe,
};
