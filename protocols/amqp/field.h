/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_AMQP_FIELD_H
#define SOCKTAPE_PROTOCOLS_AMQP_FIELD_H

#include "format/buffer.h"
#include "protocols/amqp/spec.h"

/* Where JSON goes, at most about LIMIT bytes of it. */
struct amqp_json {
	struct buffer *out;
	size_t limit; /* of out->len */
	bool cut;
	bool damaged; /* what was read isn't as it should be, from somewhere on */
	/* field.c's own: */
	bool ambiguous;	    /* there is an 's' */
	bool short_strings; /* which is the specification's, not RabbitMQ's */
};

/*
 * Appends a field table (the bytes behind its length) as an object. Types are those of RabbitMQ's
 * "AMQP 0-9-1 Errata", section 3, and of the specification's section 4.2.1 where both agree, only
 * that one has them, or a table makes sense in no other way. Times are text (RFC 3339), decimals
 * are numbers, byte arrays are strings.
 */
void amqp_json_table(struct amqp_json *w, struct span table);

/* Seconds since 1970 as text, with its quotes; what is no such time is its number. */
void amqp_json_time(struct buffer *out, uint64_t seconds);

/* Appends the arguments of CALL as an object, without what is reserved or secret. */
void amqp_json_call(struct amqp_json *w, const struct amqp_call *call);

/* The value of NAME in TABLE where it is a string; else empty. */
struct span amqp_table_string(struct span table, const char *name);

/* ---- content headers (section 4.2.6.1, and class basic's fields) ---- */

enum amqp_property {
	AMQP_CONTENT_TYPE,
	AMQP_CONTENT_ENCODING,
	AMQP_HEADERS,
	AMQP_DELIVERY_MODE,
	AMQP_PRIORITY,
	AMQP_CORRELATION_ID,
	AMQP_REPLY_TO,
	AMQP_EXPIRATION,
	AMQP_MESSAGE_ID,
	AMQP_TIMESTAMP,
	AMQP_TYPE,
	AMQP_USER_ID,
	AMQP_APP_ID,
	AMQP_CLUSTER_ID,
	AMQP_PROPERTY_COUNT
};

struct amqp_properties {
	uint16_t class_id;
	uint64_t body_size;
	uint16_t there; /* bit N: property N is */
	bool whole;
	struct amqp_value values[AMQP_PROPERTY_COUNT];
};

#define AMQP_CONTENT_HEADER_MIN 14

/* How long the body is, as PAYLOAD of a content header says; UINT64_MAX: that isn't there. */
uint64_t amqp_content_size(struct span payload);

/* PAYLOAD: of a frame with a content header. False: not even the body's size is there. */
bool amqp_properties_read(struct span payload, struct amqp_properties *properties);

void amqp_json_properties(struct amqp_json *w, const struct amqp_properties *properties);

#endif
