/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/spec.h"

#define BIT(name, role)                                                                            \
	{                                                                                          \
		name, AMQP_BIT, AMQP_ROLE_##role                                                   \
	}
#define OCTET(name, role)                                                                          \
	{                                                                                          \
		name, AMQP_OCTET, AMQP_ROLE_##role                                                 \
	}
#define SHORT(name, role)                                                                          \
	{                                                                                          \
		name, AMQP_SHORT, AMQP_ROLE_##role                                                 \
	}
#define LONG(name, role)                                                                           \
	{                                                                                          \
		name, AMQP_LONG, AMQP_ROLE_##role                                                  \
	}
#define LONGLONG(name, role)                                                                       \
	{                                                                                          \
		name, AMQP_LONGLONG, AMQP_ROLE_##role                                              \
	}
#define SHORT_STRING(name, role)                                                                   \
	{                                                                                          \
		name, AMQP_SHORT_STRING, AMQP_ROLE_##role                                          \
	}
#define LONG_STRING(name, role)                                                                    \
	{                                                                                          \
		name, AMQP_LONG_STRING, AMQP_ROLE_##role                                           \
	}
#define TABLE(name, role)                                                                          \
	{                                                                                          \
		name, AMQP_TABLE, AMQP_ROLE_##role                                                 \
	}

/* Those that many have; written out, as not every reader of sources expands macros in macros. */
#define TICKET                                                                                     \
	{                                                                                          \
		"reserved", AMQP_SHORT, AMQP_ROLE_RESERVED                                         \
	}
#define RESERVED                                                                                   \
	{                                                                                          \
		"reserved", AMQP_SHORT_STRING, AMQP_ROLE_RESERVED                                  \
	}
#define NO_WAIT                                                                                    \
	{                                                                                          \
		"no_wait", AMQP_BIT, AMQP_ROLE_NO_WAIT                                             \
	}
#define ARGUMENTS                                                                                  \
	{                                                                                          \
		"arguments", AMQP_TABLE, AMQP_ROLE_NONE                                            \
	}
#define EXCHANGE                                                                                   \
	{                                                                                          \
		"exchange", AMQP_SHORT_STRING, AMQP_ROLE_EXCHANGE                                  \
	}
#define ROUTING_KEY                                                                                \
	{                                                                                          \
		"routing_key", AMQP_SHORT_STRING, AMQP_ROLE_ROUTING_KEY                            \
	}
#define QUEUE                                                                                      \
	{                                                                                          \
		"queue", AMQP_SHORT_STRING, AMQP_ROLE_QUEUE                                        \
	}
#define TAG                                                                                        \
	{                                                                                          \
		"consumer_tag", AMQP_SHORT_STRING, AMQP_ROLE_CONSUMER_TAG                          \
	}
#define DELIVERY                                                                                   \
	{                                                                                          \
		"delivery_tag", AMQP_LONGLONG, AMQP_ROLE_DELIVERY_TAG                              \
	}
#define MULTIPLE                                                                                   \
	{                                                                                          \
		"multiple", AMQP_BIT, AMQP_ROLE_MULTIPLE                                           \
	}
#define REQUEUE                                                                                    \
	{                                                                                          \
		"requeue", AMQP_BIT, AMQP_ROLE_REQUEUE                                             \
	}
#define REDELIVERED                                                                                \
	{                                                                                          \
		"redelivered", AMQP_BIT, AMQP_ROLE_REDELIVERED                                     \
	}
#define MESSAGES                                                                                   \
	{                                                                                          \
		"message_count", AMQP_LONG, AMQP_ROLE_MESSAGES                                     \
	}
#define REPLY_CODE                                                                                 \
	{                                                                                          \
		"reply_code", AMQP_SHORT, AMQP_ROLE_REPLY_CODE                                     \
	}
#define REPLY_TEXT                                                                                 \
	{                                                                                          \
		"reply_text", AMQP_SHORT_STRING, AMQP_ROLE_REPLY_TEXT                              \
	}
#define CAUSE_CLASS                                                                                \
	{                                                                                          \
		"class_id", AMQP_SHORT, AMQP_ROLE_CAUSE_CLASS                                      \
	}
#define CAUSE_ID                                                                                   \
	{                                                                                          \
		"method_id", AMQP_SHORT, AMQP_ROLE_CAUSE_METHOD                                    \
	}
#define CHANNEL_MAX                                                                                \
	{                                                                                          \
		"channel_max", AMQP_SHORT, AMQP_ROLE_NONE                                          \
	}
#define FRAME_MAX                                                                                  \
	{                                                                                          \
		"frame_max", AMQP_LONG, AMQP_ROLE_FRAME_MAX                                        \
	}
#define SECONDS                                                                                    \
	{                                                                                          \
		"heartbeat", AMQP_SHORT, AMQP_ROLE_NONE                                            \
	}
#define DESTINATION                                                                                \
	{                                                                                          \
		"destination", AMQP_SHORT_STRING, AMQP_ROLE_NONE                                   \
	}
#define SOURCE                                                                                     \
	{                                                                                          \
		"source", AMQP_SHORT_STRING, AMQP_ROLE_EXCHANGE                                    \
	}

#define METHOD(class_id, class_name, method_id, method, flags, answers, ...)                       \
	{                                                                                          \
		class_id, method_id, class_name "." method, sizeof(class_name) - 1, flags,         \
			answers,                                                                   \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* Who sends it: c, s or both; whether it waits for a reply, or is one. */
#define C_CALL	AMQP_BY_CLIENT | AMQP_CALL, 0
#define S_CALL	AMQP_BY_SERVER | AMQP_CALL, 0
#define B_CALL	AMQP_BY_BOTH | AMQP_CALL, 0
#define C_REPLY AMQP_BY_CLIENT | AMQP_REPLY
#define S_REPLY AMQP_BY_SERVER | AMQP_REPLY
#define B_REPLY AMQP_BY_BOTH | AMQP_REPLY
#define C_ALONE AMQP_BY_CLIENT, 0
#define S_ALONE AMQP_BY_SERVER, 0
#define B_ALONE AMQP_BY_BOTH, 0

#define CONNECTION(...) METHOD(10, "connection", __VA_ARGS__)
#define CHANNEL(...)	METHOD(20, "channel", __VA_ARGS__)
#define ACCESS(...)	METHOD(30, "access", __VA_ARGS__)
#define EXCHANGES(...)	METHOD(40, "exchange", __VA_ARGS__)
#define QUEUES(...)	METHOD(50, "queue", __VA_ARGS__)
#define BASIC(...)	METHOD(60, "basic", __VA_ARGS__)
#define CONFIRM(...)	METHOD(85, "confirm", __VA_ARGS__)
#define TX(...)		METHOD(90, "tx", __VA_ARGS__)

/* By class and method, ascending. */
/* clang-format off */
static const struct amqp_method methods[] = {
	CONNECTION(10, "start", S_CALL, OCTET("version_major", NONE), OCTET("version_minor", NONE),
		   TABLE("server_properties", NONE), LONG_STRING("mechanisms", NONE),
		   LONG_STRING("locales", NONE)),
	CONNECTION(11, "start-ok", C_REPLY, 10, TABLE("client_properties", CLIENT_PROPERTIES),
		   SHORT_STRING("mechanism", MECHANISM), LONG_STRING("response", SECRET),
		   SHORT_STRING("locale", NONE)),
	CONNECTION(20, "secure", S_CALL, LONG_STRING("challenge", SECRET)),
	CONNECTION(21, "secure-ok", C_REPLY, 20, LONG_STRING("response", SECRET)),
	CONNECTION(30, "tune", S_CALL, CHANNEL_MAX, FRAME_MAX, SECONDS),
	CONNECTION(31, "tune-ok", C_REPLY, 30, CHANNEL_MAX, FRAME_MAX, SECONDS),
	CONNECTION(40, "open", C_CALL, SHORT_STRING("virtual_host", VHOST), RESERVED,
		   BIT("reserved", RESERVED)),
	CONNECTION(41, "open-ok", S_REPLY, 40, RESERVED),
	CONNECTION(50, "close", B_CALL, REPLY_CODE, REPLY_TEXT, CAUSE_CLASS, CAUSE_ID),
	CONNECTION(51, "close-ok", B_REPLY, 50),
	CONNECTION(60, "blocked", S_ALONE, SHORT_STRING("reason", REPLY_TEXT)),
	CONNECTION(61, "unblocked", S_ALONE),
	CONNECTION(70, "update-secret", C_CALL, LONG_STRING("new_secret", SECRET),
		   SHORT_STRING("reason", NONE)),
	CONNECTION(71, "update-secret-ok", S_REPLY, 70),
	CHANNEL(10, "open", C_CALL, RESERVED),
	CHANNEL(11, "open-ok", S_REPLY, 10, LONG_STRING("reserved", RESERVED)),
	CHANNEL(20, "flow", B_CALL, BIT("active", NONE)),
	CHANNEL(21, "flow-ok", B_REPLY, 20, BIT("active", NONE)),
	CHANNEL(40, "close", B_CALL, REPLY_CODE, REPLY_TEXT, CAUSE_CLASS, CAUSE_ID),
	CHANNEL(41, "close-ok", B_REPLY, 40),
	ACCESS(10, "request", C_CALL, SHORT_STRING("realm", NONE), BIT("exclusive", NONE),
	       BIT("passive", NONE), BIT("active", NONE), BIT("write", NONE), BIT("read", NONE)),
	ACCESS(11, "request-ok", S_REPLY, 10, SHORT("ticket", NONE)),
	EXCHANGES(10, "declare", C_CALL, TICKET, EXCHANGE, SHORT_STRING("type", NONE),
		  BIT("passive", NONE), BIT("durable", NONE), BIT("auto_delete", NONE),
		  BIT("internal", NONE), NO_WAIT, ARGUMENTS),
	EXCHANGES(11, "declare-ok", S_REPLY, 10),
	EXCHANGES(20, "delete", C_CALL, TICKET, EXCHANGE, BIT("if_unused", NONE), NO_WAIT),
	EXCHANGES(21, "delete-ok", S_REPLY, 20),
	EXCHANGES(30, "bind", C_CALL, TICKET, DESTINATION, SOURCE, ROUTING_KEY, NO_WAIT,
		  ARGUMENTS),
	EXCHANGES(31, "bind-ok", S_REPLY, 30),
	EXCHANGES(40, "unbind", C_CALL, TICKET, DESTINATION, SOURCE, ROUTING_KEY, NO_WAIT,
		  ARGUMENTS),
	EXCHANGES(51, "unbind-ok", S_REPLY, 40),
	QUEUES(10, "declare", C_CALL, TICKET, QUEUE, BIT("passive", NONE), BIT("durable", NONE),
	       BIT("exclusive", NONE), BIT("auto_delete", NONE), NO_WAIT, ARGUMENTS),
	QUEUES(11, "declare-ok", S_REPLY, 10, QUEUE, MESSAGES, LONG("consumer_count", CONSUMERS)),
	QUEUES(20, "bind", C_CALL, TICKET, QUEUE, EXCHANGE, ROUTING_KEY, NO_WAIT, ARGUMENTS),
	QUEUES(21, "bind-ok", S_REPLY, 20),
	QUEUES(30, "purge", C_CALL, TICKET, QUEUE, NO_WAIT),
	QUEUES(31, "purge-ok", S_REPLY, 30, MESSAGES),
	QUEUES(40, "delete", C_CALL, TICKET, QUEUE, BIT("if_unused", NONE), BIT("if_empty", NONE),
	       NO_WAIT),
	QUEUES(41, "delete-ok", S_REPLY, 40, MESSAGES),
	QUEUES(50, "unbind", C_CALL, TICKET, QUEUE, EXCHANGE, ROUTING_KEY, ARGUMENTS),
	QUEUES(51, "unbind-ok", S_REPLY, 50),
	BASIC(10, "qos", C_CALL, LONG("prefetch_size", NONE), SHORT("prefetch_count", NONE),
	      BIT("global", NONE)),
	BASIC(11, "qos-ok", S_REPLY, 10),
	BASIC(20, "consume", C_CALL, TICKET, QUEUE, TAG, BIT("no_local", NONE),
	      BIT("no_ack", NO_ACK), BIT("exclusive", NONE), NO_WAIT, ARGUMENTS),
	BASIC(21, "consume-ok", S_REPLY, 20, TAG),
	BASIC(30, "cancel", B_CALL, TAG, NO_WAIT),
	BASIC(31, "cancel-ok", B_REPLY, 30, TAG),
	BASIC(40, "publish", AMQP_BY_CLIENT | AMQP_CONTENT, 0, TICKET, EXCHANGE, ROUTING_KEY,
	      BIT("mandatory", MANDATORY), BIT("immediate", IMMEDIATE)),
	BASIC(50, "return", AMQP_BY_SERVER | AMQP_CONTENT, 0, REPLY_CODE, REPLY_TEXT, EXCHANGE,
	      ROUTING_KEY),
	BASIC(60, "deliver", AMQP_BY_SERVER | AMQP_CONTENT, 0, TAG, DELIVERY, REDELIVERED,
	      EXCHANGE, ROUTING_KEY),
	BASIC(70, "get", C_CALL, TICKET, QUEUE, BIT("no_ack", NO_ACK)),
	BASIC(71, "get-ok", S_REPLY | AMQP_CONTENT, 70, DELIVERY, REDELIVERED, EXCHANGE,
	      ROUTING_KEY, MESSAGES),
	BASIC(72, "get-empty", S_REPLY, 70, RESERVED),
	BASIC(80, "ack", B_ALONE, DELIVERY, MULTIPLE),
	BASIC(90, "reject", C_ALONE, DELIVERY, REQUEUE),
	BASIC(100, "recover-async", C_ALONE, REQUEUE),
	BASIC(110, "recover", C_CALL, REQUEUE),
	BASIC(111, "recover-ok", S_REPLY, 110),
	BASIC(120, "nack", B_ALONE, DELIVERY, MULTIPLE, REQUEUE),
	CONFIRM(10, "select", C_CALL, NO_WAIT),
	CONFIRM(11, "select-ok", S_REPLY, 10),
	TX(10, "select", C_CALL),
	TX(11, "select-ok", S_REPLY, 10),
	TX(20, "commit", C_CALL),
	TX(21, "commit-ok", S_REPLY, 20),
	TX(30, "rollback", C_CALL),
	TX(31, "rollback-ok", S_REPLY, 30),
};
/* clang-format on */

const struct amqp_method *amqp_method_find(uint16_t class_id, uint16_t method_id)
{
	uint32_t wanted = AMQP_ID(class_id, method_id);
	size_t low = 0, high = sizeof(methods) / sizeof(methods[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;
		uint32_t id = amqp_method_id(&methods[middle]);

		if (id == wanted)
			return &methods[middle];
		if (id < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void amqp_value_read(struct cursor *c, enum amqp_type type, struct amqp_value *value)
{
	value->number = 0;
	value->text = span_of(NULL, 0);
	switch (type) {
	case AMQP_BIT:
	case AMQP_OCTET:
		value->number = cursor_u8(c);
		break;
	case AMQP_SHORT:
		value->number = cursor_be16(c);
		break;
	case AMQP_LONG:
		value->number = cursor_be32(c);
		break;
	case AMQP_LONGLONG:
		value->number = cursor_be64(c);
		break;
	case AMQP_SHORT_STRING:
		value->text = cursor_span(c, cursor_u8(c));
		break;
	case AMQP_LONG_STRING:
	case AMQP_TABLE:
		value->text = cursor_span(c, cursor_be32(c));
		break;
	}
}

void amqp_call_read_as(const struct amqp_method *method, struct span payload,
		       struct amqp_call *call)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint8_t bits = 0;
	unsigned bit = 8; /* of BITS, the next; 8: a new octet is read */

	cursor_skip(&c, AMQP_IDS_LEN);
	call->method = method;
	call->count = 0;
	for (unsigned i = 0; method && i < AMQP_ARGUMENTS_MAX; i++) {
		const struct amqp_argument *argument = &method->arguments[i];

		if (!argument->name)
			break;
		if (argument->type != AMQP_BIT) {
			amqp_value_read(&c, argument->type, &call->values[i]);
			bit = 8;
		} else {
			if (bit == 8) {
				bits = cursor_u8(&c);
				bit = 0;
			}
			call->values[i] = (struct amqp_value){.number = bits >> bit & 1};
			bit++;
		}
		if (c.failed)
			break;
		call->count++;
	}
	call->whole = method && !c.failed && !cursor_left(&c);
}

const struct amqp_method *amqp_method_of(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint16_t class_id = cursor_be16(&c), method_id = cursor_be16(&c);

	return c.failed ? NULL : amqp_method_find(class_id, method_id);
}

bool amqp_call_read(struct span payload, struct amqp_call *call)
{
	amqp_call_read_as(amqp_method_of(payload), payload, call);
	return payload.len >= AMQP_IDS_LEN;
}

const struct amqp_value *amqp_argument(const struct amqp_call *call, enum amqp_role role)
{
	for (unsigned i = 0; i < call->count; i++)
		if (call->method->arguments[i].role == role)
			return &call->values[i];
	return NULL;
}
