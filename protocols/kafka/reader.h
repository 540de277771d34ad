/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_READER_H
#define SOCKTAPE_PROTOCOLS_KAFKA_READER_H

#include "protocols/cursor.h"
#include "protocols/kafka/schema.h"

/*
 * Reads a message by its schema, whatever api and version it is of, and tells a visitor what is in
 * it, in the order of the schema. Nothing is allocated.
 */

/* A single value. The bytes of strings, records and so on are borrowed from the message. */
struct kafka_value {
	const struct kafka_field *field;
	bool is_null;
	bool cut; /* RECORDS: the message ends before they do; what there is of them is told */
	union {
		int64_t integer; /* BOOL to INT64, UINT16 and UINT32 too */
		double real;
		struct span bytes; /* STRING, BYTES, UUID (16 bytes), RECORDS */
	};
};

struct kafka_visitor {
	void *context;
	/* A value; of an array's elements every one. */
	void (*value)(void *context, const struct kafka_value *value);
	/* An array begins; COUNT elements follow. Not called for one that is null: value() is. */
	void (*array)(void *context, const struct kafka_field *field, uint32_t count);
	/* An element of an array, or a field, that is a structure begins. */
	void (*enter)(void *context, const struct kafka_field *field);
	/* What array() or enter() began ends. */
	void (*leave)(void *context, const struct kafka_field *field);
	/* A tagged field that the schema doesn't know. */
	void (*unknown_tag)(void *context, uint32_t tag, struct span bytes);
};

/*
 * Reads MESSAGE with SCHEMA at VERSION. False when it doesn't fit, or when IN ends before it does;
 * everything before that place was told. Arrays that claim more elements than bytes are left are
 * refused before they are told. IN is then behind it.
 */
bool kafka_read(const struct kafka_schema *schema, int version, struct cursor *in,
		const struct kafka_visitor *visitor);

/* A UUID as Kafka writes it: URL-safe base64 of its 16 bytes, 22 characters. */
void kafka_uuid_text(struct span uuid, char text[23]);

#endif
