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

/* Reads a message and appends it to OUT, at most about LIMIT bytes. False as kafka_read(). */
bool kafka_json_append(struct buffer *out, size_t limit, const struct kafka_schema *schema,
		       int version, struct cursor *in, bool *cut);

#endif
