/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_AMQP_SPEC_H
#define SOCKTAPE_PROTOCOLS_AMQP_SPEC_H

#include "protocols/protocol.h"

/*
 * The classes and methods of AMQP 0-9-1 (its "Generated Documentation", section 1), with those that
 * RabbitMQ adds to it: confirm, exchange.bind, basic.nack, connection.blocked, update-secret.
 */

/* How an argument is written (section 4.2.5); bits that follow each other share octets. */
enum amqp_type {
	AMQP_BIT,
	AMQP_OCTET,
	AMQP_SHORT,
	AMQP_LONG,
	AMQP_LONGLONG,
	AMQP_SHORT_STRING,
	AMQP_LONG_STRING,
	AMQP_TABLE
};

/* What is asked for by name; all others are only shown. */
enum amqp_role {
	AMQP_ROLE_NONE,
	AMQP_ROLE_RESERVED, /* not shown */
	AMQP_ROLE_SECRET,   /* never shown */
	AMQP_ROLE_EXCHANGE,
	AMQP_ROLE_ROUTING_KEY,
	AMQP_ROLE_QUEUE,
	AMQP_ROLE_CONSUMER_TAG,
	AMQP_ROLE_DELIVERY_TAG,
	AMQP_ROLE_MULTIPLE,
	AMQP_ROLE_REQUEUE,
	AMQP_ROLE_REDELIVERED,
	AMQP_ROLE_MANDATORY,
	AMQP_ROLE_IMMEDIATE,
	AMQP_ROLE_NO_ACK,
	AMQP_ROLE_NO_WAIT,
	AMQP_ROLE_MESSAGES,
	AMQP_ROLE_CONSUMERS,
	AMQP_ROLE_REPLY_CODE,
	AMQP_ROLE_REPLY_TEXT,
	AMQP_ROLE_CAUSE_CLASS,
	AMQP_ROLE_CAUSE_METHOD,
	AMQP_ROLE_VHOST,
	AMQP_ROLE_FRAME_MAX,
	AMQP_ROLE_MECHANISM,
	AMQP_ROLE_CLIENT_PROPERTIES,
	AMQP_ROLE_COUNT
};

struct amqp_argument {
	const char *name;
	uint8_t type; /* enum amqp_type */
	uint8_t role; /* enum amqp_role */
};

#define AMQP_ARGUMENTS_MAX 9

enum {
	AMQP_BY_CLIENT = 1,
	AMQP_BY_SERVER = 2,
	AMQP_BY_BOTH = 3,
	AMQP_CALL = 4,	   /* waits for its reply, unless its no_wait is set */
	AMQP_REPLY = 8,	   /* to the method `answers` of its class */
	AMQP_CONTENT = 16, /* a message follows */
};

struct amqp_method {
	uint16_t class_id;
	uint16_t method_id;
	const char *name; /* "basic.publish" */
	uint8_t class_len;
	uint8_t flags;
	uint16_t answers;
	struct amqp_argument arguments[AMQP_ARGUMENTS_MAX]; /* ended by one without a name */
};

#define AMQP_ID(class_id, method_id) ((uint32_t)(class_id) << 16 | (uint32_t)(method_id))

enum amqp_id {
	AMQP_CONNECTION_START = AMQP_ID(10, 10),
	AMQP_CONNECTION_START_OK = AMQP_ID(10, 11),
	AMQP_CONNECTION_TUNE = AMQP_ID(10, 30),
	AMQP_CONNECTION_TUNE_OK = AMQP_ID(10, 31),
	AMQP_CONNECTION_OPEN = AMQP_ID(10, 40),
	AMQP_CONNECTION_CLOSE = AMQP_ID(10, 50),
	AMQP_CONNECTION_CLOSE_OK = AMQP_ID(10, 51),
	AMQP_CHANNEL_OPEN = AMQP_ID(20, 10),
	AMQP_CHANNEL_CLOSE = AMQP_ID(20, 40),
	AMQP_CHANNEL_CLOSE_OK = AMQP_ID(20, 41),
	AMQP_EXCHANGE_BIND = AMQP_ID(40, 30),
	AMQP_BASIC_CONSUME = AMQP_ID(60, 20),
	AMQP_BASIC_CONSUME_OK = AMQP_ID(60, 21),
	AMQP_BASIC_CANCEL = AMQP_ID(60, 30),
	AMQP_BASIC_CANCEL_OK = AMQP_ID(60, 31),
	AMQP_BASIC_PUBLISH = AMQP_ID(60, 40),
	AMQP_BASIC_RETURN = AMQP_ID(60, 50),
	AMQP_BASIC_DELIVER = AMQP_ID(60, 60),
	AMQP_BASIC_GET = AMQP_ID(60, 70),
	AMQP_BASIC_GET_OK = AMQP_ID(60, 71),
	AMQP_BASIC_GET_EMPTY = AMQP_ID(60, 72),
	AMQP_BASIC_ACK = AMQP_ID(60, 80),
	AMQP_BASIC_REJECT = AMQP_ID(60, 90),
	AMQP_BASIC_RECOVER_OK = AMQP_ID(60, 111),
	AMQP_BASIC_NACK = AMQP_ID(60, 120),
	AMQP_CONFIRM_SELECT = AMQP_ID(85, 10),
	AMQP_CONFIRM_SELECT_OK = AMQP_ID(85, 11),
	AMQP_TX_SELECT = AMQP_ID(90, 10),
	AMQP_TX_SELECT_OK = AMQP_ID(90, 11),
	AMQP_TX_COMMIT = AMQP_ID(90, 20),
	AMQP_TX_COMMIT_OK = AMQP_ID(90, 21),
	AMQP_TX_ROLLBACK = AMQP_ID(90, 30),
	AMQP_TX_ROLLBACK_OK = AMQP_ID(90, 31)
};

/* NULL: there is no such method. */
const struct amqp_method *amqp_method_find(uint16_t class_id, uint16_t method_id);

static inline uint32_t amqp_method_id(const struct amqp_method *method)
{
	return AMQP_ID(method->class_id, method->method_id);
}

/* The method that this reply answers. */
static inline const struct amqp_method *amqp_method_answered(const struct amqp_method *reply)
{
	return amqp_method_find(reply->class_id, reply->answers);
}

static inline bool amqp_may_send(enum side side, const struct amqp_method *method)
{
	return method->flags & (side == SIDE_CLIENT ? AMQP_BY_CLIENT : AMQP_BY_SERVER);
}

/* One that was read. */
struct amqp_value {
	uint64_t number;  /* of bits and numbers */
	struct span text; /* of strings; of tables their bytes without their length */
};

/* The next value of C; C failed: it isn't all there. A bit takes an octet of its own. */
void amqp_value_read(struct cursor *c, enum amqp_type type, struct amqp_value *value);

struct amqp_call {
	const struct amqp_method *method; /* NULL: unknown */
	unsigned count;			  /* values that are there */
	bool whole;			  /* all arguments are, and nothing behind them */
	struct amqp_value values[AMQP_ARGUMENTS_MAX];
};

/* Of class and method, which a method begins with. */
#define AMQP_IDS_LEN 4

/* The method that PAYLOAD begins with; NULL: no known one. */
const struct amqp_method *amqp_method_of(struct span payload);

/* Reads PAYLOAD, which begins with METHOD; of NULL nothing is. */
void amqp_call_read_as(const struct amqp_method *method, struct span payload,
		       struct amqp_call *call);

/* Reads a method from its class id on. False: not even its ids are there. */
bool amqp_call_read(struct span payload, struct amqp_call *call);

/* Which method it is; 0: an unknown one. */
static inline uint32_t amqp_call_id(const struct amqp_call *call)
{
	return call->method ? amqp_method_id(call->method) : 0;
}

/* The argument with this role, or NULL. */
const struct amqp_value *amqp_argument(const struct amqp_call *call, enum amqp_role role);

/* Its number, or 0. */
static inline uint64_t amqp_number(const struct amqp_call *call, enum amqp_role role)
{
	const struct amqp_value *value = amqp_argument(call, role);

	return value ? value->number : 0;
}

#endif
