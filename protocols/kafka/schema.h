/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_SCHEMA_H
#define SOCKTAPE_PROTOCOLS_KAFKA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What Kafka's messages consist of, as data: tools/kafka-schema makes the tables from the published
 * message definitions. How types are written: "The Messages" in Kafka's protocol guide, KIP-482
 * for the flexible versions.
 */
enum kafka_type {
	KAFKA_BOOL,
	KAFKA_INT8,
	KAFKA_INT16,
	KAFKA_UINT16,
	KAFKA_INT32,
	KAFKA_UINT32,
	KAFKA_INT64,
	KAFKA_FLOAT64,
	KAFKA_STRING,
	KAFKA_BYTES,
	KAFKA_UUID,
	KAFKA_RECORDS, /* record batches, with their length before them */
	KAFKA_STRUCT
};

#define KAFKA_ARRAY 1
#define KAFKA_PLAIN 2 /* its length isn't written the compact way, even in flexible versions */

/* What a field is to whoever asks, whatever the message. */
enum kafka_role {
	KAFKA_ROLE_NONE,
	KAFKA_ROLE_TOPIC,
	KAFKA_ROLE_TOPIC_ID,
	KAFKA_ROLE_PARTITION,
	KAFKA_ROLE_GROUP,
	KAFKA_ROLE_MEMBER,
	KAFKA_ROLE_GENERATION,
	KAFKA_ROLE_TRANSACTION,
	KAFKA_ROLE_ERROR,
	KAFKA_ROLE_ERROR_TEXT,
	KAFKA_ROLE_OFFSET,
	KAFKA_ROLE_END,	  /* of the partition, which consumers see */
	KAFKA_ROLE_FIRST, /* offsets of a run of records, both included */
	KAFKA_ROLE_LAST,
	KAFKA_ROLE_TIMESTAMP,
	KAFKA_ROLE_PRODUCER, /* its id */
	KAFKA_ROLE_REPLICA,  /* the broker that asks; -1: none does */
	KAFKA_ROLE_ISOLATION,
	KAFKA_ROLE_ACKS,
	KAFKA_ROLE_THROTTLE,
	KAFKA_ROLE_RECORDS,
	KAFKA_ROLE_SUBSCRIPTION, /* bytes that are ConsumerProtocolSubscription */
	KAFKA_ROLE_ASSIGNMENT,	 /* bytes that are ConsumerProtocolAssignment */
	KAFKA_ROLE_SECRET	 /* never shown */
};

/* Ranges of versions are inclusive; first > last: none. */
struct kafka_field {
	const char *name; /* as in Kafka's own JSON: "topicId" */
	const char *key;  /* the same as it begins a member: "topicId": */
	uint8_t key_len;
	uint8_t type;
	uint8_t flags;
	uint8_t role;  /* enum kafka_role */
	int16_t child; /* in kafka_structs[], for KAFKA_STRUCT; else -1 */
	uint8_t first, last;
	uint8_t nullable_first, nullable_last;
	uint8_t tagged_first, tagged_last; /* comes in the tagged fields, under this tag */
	uint8_t tag;
};

struct kafka_struct {
	uint16_t first; /* in kafka_fields[] */
	uint16_t count;
	bool names_topic; /* what is inside it belongs to a topic that it says */
	bool has_records;
};

enum kafka_kind {
	KAFKA_KIND_REQUEST,
	KAFKA_KIND_RESPONSE,
	KAFKA_KIND_HEADER,
	KAFKA_KIND_DATA /* bytes inside messages */
};

struct kafka_schema {
	const char *name; /* "Fetch"; of data and headers the whole one */
	uint8_t kind;
	int16_t api; /* -1: header and data */
	uint8_t first, last;
	uint8_t flexible; /* from this version on */
	uint16_t root;	  /* in kafka_structs[] */
};

extern const struct kafka_field kafka_fields[];
extern const struct kafka_struct kafka_structs[];
/* By kind, api and version. */
extern const struct kafka_schema kafka_schemas[];
extern const size_t kafka_schema_count;

/* Where those of an api begin, of requests and of responses; behind the last, where they end. */
#define KAFKA_API_COUNT 128
extern const uint16_t kafka_schema_index[2][KAFKA_API_COUNT + 1];

/* NULL: no release defines it. */
const struct kafka_schema *kafka_schema_find(enum kafka_kind kind, int api, int version);

/* NAME: of data. */
const struct kafka_schema *kafka_schema_data(const char *name, int version);

/* The name of an api ("Fetch"), whatever the version; NULL: there is none. */
const char *kafka_api_name(int api);

/* The versions that are defined of it; false: none. */
bool kafka_api_versions(int api, int *first, int *last);

static inline bool kafka_in(uint8_t first, uint8_t last, int version)
{
	return version >= first && version <= last;
}

#endif
