/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_MESSAGE_ROWS_H
#define SOCKTAPE_PROTOCOLS_KAFKA_MESSAGE_ROWS_H

#include "protocols/kafka/facts.h"

#define KAFKA_MESSAGES_COLUMNS(X)                                                                  \
	X(DIRECTION, "direction", "TEXT", "", "produced, fetched, or replicated: by a broker")     \
	X(TOPIC, "topic", "TEXT", "", "its name, or its id where that is not known")               \
	X(PARTITION, "partition", "BIGINT", "", "of the topic")                                    \
	X(OFFSET, "offset", "BIGINT", "", "in the partition; null: the broker did not tell")       \
	X(TIMESTAMP, "timestamp", "BIGINT", "ms", "since 1970, of its producer or of the broker")  \
	X(KEY, "key", "TEXT", "", "up to --keep")                                                  \
	X(VALUE, "value", "TEXT", "", "up to --keep; null: a tombstone")                           \
	X(VALUE_BYTES, "value_bytes", "BIGINT", "bytes", "of the value")                           \
	X(HEADERS, "headers", "JSON", "", "in their order; a key that repeats: an array")          \
	X(COMPRESSION, "compression", "TEXT", "", "of its batch: none, gzip, snappy, lz4, zstd")   \
	X(PRODUCER_ID, "producer_id", "BIGINT", "", "of an idempotent producer")                   \
	X(PRODUCER_EPOCH, "producer_epoch", "BIGINT", "", "of an idempotent producer")             \
	X(SEQUENCE, "sequence", "BIGINT", "", "of an idempotent producer, in the partition")       \
	X(TRANSACTIONAL, "transactional", "BOOLEAN", "", "part of a transaction")                  \
	X(CONTROL, "control", "BOOLEAN", "", "no message but a marker of the broker")              \
	X(MAGIC, "magic", "BIGINT", "", "version of the batch's format: 0, 1, 2")                  \
	X(CLIENT_ID, "client_id", "TEXT", "", "as who produced or fetched calls itself")           \
	X(GROUP_ID, "group_id", "TEXT", "", "share group; other groups don't say theirs to fetch") \
	X(SKIPPED, "skipped", "BOOLEAN", "",                                                       \
	  "fetched, but not for the application: in front of the offset asked for, aborted, or "   \
	  "not acquired by this member of a share group")

enum kafka_messages_column {
#define KAFKA_MESSAGES_COLUMN_ENUM(id, name, sql, unit, help) KAFKA_MESSAGES_COLUMN_##id,
	KAFKA_MESSAGES_COLUMNS(KAFKA_MESSAGES_COLUMN_ENUM)
#undef KAFKA_MESSAGES_COLUMN_ENUM
	KAFKA_MESSAGES_COLUMN_COUNT
};

extern const struct table kafka_messages_table;

/*
 * Emits the records that a Produce or a Fetch carried, one row each, with the times of their
 * EXCHANGE, of which FACTS were read. Offsets of what was produced are those of the answer.
 */
void kafka_message_rows(struct kafka_state *st, const struct kafka_request_header *header,
			const struct kafka_facts *facts, const struct record *exchange);

#endif
