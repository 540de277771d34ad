/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_STATE_H
#define SOCKTAPE_PROTOCOLS_KAFKA_STATE_H

#include "protocols/codec/codec.h"
#include "protocols/engine/matcher.h"
#include "protocols/kafka/header.h"
#include "protocols/kafka/places.h"
#include "protocols/kafka/reader.h"

enum kafka_frame_kind {
	KAFKA_FRAME_MESSAGE,
	KAFKA_FRAME_TOKEN /* of SASL, without a header (KIP-43) */
};

/* Frames up to this are kept whole, whatever is shown of them: they can't be read in pieces. */
#define KAFKA_WHOLE_MAX (128u << 20)

/* Frames longer than this are taken as they come. */
#define KAFKA_PART_MIN (256u << 10)

struct kafka_message {
	struct message base; /* text: the frame behind its length */
	uint64_t len;	     /* of it, on the wire */
	int16_t api;	     /* of a request */
	bool cut;	     /* not all of it is there */
};

/* A record may be decompressed to this in all, beside what the budget allows to keep of it. */
#define KAFKA_SCRATCH_MAX (64u << 20)

struct kafka_state {
	struct session *session;
	struct matcher *matcher;
	struct kafka_message *incoming[2]; /* whose frame comes in parts */
	bool shows_ends;		   /* somebody asks for end_offsets */
	bool token[2];			   /* the next frame of that side may be a SASL token */
	int32_t handshake_id;		   /* correlation id of the request that says so */
	struct codec_contexts codecs;
	struct buffer scratch;		/* for records */
	struct kafka_places ends;	/* what an offset of the answer lacks to be the end */
	struct kafka_places offsets_of; /* produced: the first record's; to fetch from */
	struct buffer sets;		/* of struct kafka_set, as the next two of that exchange */
	struct buffer aborted;		/* of struct kafka_aborted */
	struct buffer acquired;		/* of struct kafka_run */
	struct buffer headers;		/* of one record, as JSON */
	struct buffer request_json, response_json, topics, partitions, offsets, end_offsets, note;
};

/* ---- frame.c ---- */

enum frame_status kafka_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame);
bool kafka_resync(void *state, enum side side, struct cursor *in);

/* ---- exchange.c ---- */

void kafka_message(void *state, const struct frame *frame);
void kafka_part(void *state, const struct frame *frame);
void kafka_lost(void *state, enum side side, uint64_t missing);
void kafka_finish(void *state);

/* Records were read: a large batch's memory isn't kept for the next. */
void kafka_scratch_done(struct kafka_state *st);

/* ---- pack.c ---- */

bool kafka_pack(const void *state, struct buffer *out);
bool kafka_unpack(void *state, struct unpack *in);

/* ---- record.c ---- */

#define KAFKA_COLUMNS(X)                                                                           \
	X(API, "api", "TEXT", "", "Produce, Fetch, Metadata and so on")                            \
	X(VERSION, "version", "BIGINT", "", "of the api")                                          \
	X(CLIENT_ID, "client_id", "TEXT", "", "as the client calls itself")                        \
	X(CORRELATION_ID, "correlation_id", "BIGINT", "", "of request and response")               \
	X(GROUP_ID, "group_id", "TEXT", "", "consumer or share group")                             \
	X(MEMBER_ID, "member_id", "TEXT", "", "of the group")                                      \
	X(GENERATION, "generation", "BIGINT", "", "of the group, or epoch of its member")          \
	X(TRANSACTIONAL_ID, "transactional_id", "TEXT", "", "of a producer")                       \
	X(TOPICS, "topics", "JSON", "", "names, each once; the id of one whose name is not known") \
	X(PARTITIONS, "partitions", "JSON", "", "as \"topic-partition\", each once")               \
	X(RECORDS, "records", "BIGINT", "", "produced or fetched")                                 \
	X(RECORD_BYTES, "record_bytes", "BIGINT", "bytes", "of their batches, as transferred")     \
	X(OFFSETS, "offsets", "JSON", "",                                                          \
	  "by \"topic-partition\": of the first record produced, to fetch from, committed")        \
	X(COMPRESSION, "compression", "TEXT", "",                                                  \
	  "of the first batch: none, gzip, snappy, lz4, zstd")                                     \
	X(ACKS, "acks", "BIGINT", "", "of Produce: -1 all, 0 none (then there is no response), 1") \
	X(ERROR_CODE, "error_code", "BIGINT", "", "the first in the response that is not 0")       \
	X(ERROR, "error", "TEXT", "", "its name, and the broker's words")                          \
	X(THROTTLE_NS, "throttle_ns", "BIGINT", "ns", "the broker held the response back so long") \
	X(REQUEST, "request", "JSON", "", "all fields, up to --keep; records as their bytes")      \
	X(RESPONSE, "response", "JSON", "", "all fields, up to --keep; records as their bytes")    \
	X(REQ_BYTES, "req_bytes", "BIGINT", "bytes", "of the request, with its length")            \
	X(RESP_BYTES, "resp_bytes", "BIGINT", "bytes", "of the response, with its length")         \
	X(END_OFFSETS, "end_offsets", "JSON", "",                                                  \
	  "by \"topic-partition\": of the next record, as the answer tells")                       \
	X(REPLICA, "replica", "BIGINT", "", "the broker that asks to follow; null: no broker")

enum kafka_column {
#define KAFKA_COLUMN_ENUM(id, name, sql, unit, help) KAFKA_COLUMN_##id,
	KAFKA_COLUMNS(KAFKA_COLUMN_ENUM)
#undef KAFKA_COLUMN_ENUM
	KAFKA_COLUMN_COUNT
};

extern const struct table kafka_table;

/* A matcher_emit_fn; the context is the state. */
void kafka_emit(void *context, struct message *request, struct message *response, bool lost);

/* ---- infer.c ---- */

void kafka_infer(const struct sample *sample, struct verdict *verdict);

#endif
