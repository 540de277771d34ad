/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_JSON_H
#define SOCKTAPE_PROTOCOLS_KAFKA_JSON_H

#include "protocols/kafka/reader.h"

/*
 * A message as JSON, with Kafka's own names: bytes in base64, UUIDs as Kafka writes them, records
 * as their number of bytes, secrets as null. What consumers tell each other inside the messages of
 * groups is shown as what it is.
 */
struct kafka_json {
	struct buffer *out;
	size_t limit; /* of out->len; beyond it nothing is appended */
	bool cut;
	bool comma; /* before the next value or key */
	unsigned depth;
	bool is_array[32]; /* by depth */
	bool is_shown[32]; /* its opening bracket was appended */
};

/*
 * For who reads a message with a visitor of its own: what to call for what kafka_read() tells,
 * between begin, which wants about LIMIT bytes at most appended to OUT, and end, which closes what
 * is open.
 */
void kafka_json_begin(struct kafka_json *j, struct buffer *out, size_t limit);
void kafka_json_value(struct kafka_json *j, const struct kafka_value *value);
void kafka_json_open(struct kafka_json *j, const struct kafka_field *field, bool array);
void kafka_json_close(struct kafka_json *j);
void kafka_json_tag(struct kafka_json *j, uint32_t tag, struct span bytes);
void kafka_json_end(struct kafka_json *j);

#endif
