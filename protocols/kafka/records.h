/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_RECORDS_H
#define SOCKTAPE_PROTOCOLS_KAFKA_RECORDS_H

#include "protocols/codec/codec.h"
#include "protocols/cursor.h"

/*
 * What topics hold: record batches (magic 2) and the message sets before them (magic 0 and 1), as
 * Kafka's "Record Format" and its implementation notes describe them.
 */
enum kafka_compression {
	KAFKA_COMPRESSION_NONE,
	KAFKA_COMPRESSION_GZIP,
	KAFKA_COMPRESSION_SNAPPY,
	KAFKA_COMPRESSION_LZ4,
	KAFKA_COMPRESSION_ZSTD
};

/* NULL: there is none. */
const char *kafka_compression_name(unsigned compression);

#define KAFKA_TIME_UNKNOWN INT64_MIN

struct kafka_record {
	int64_t offset;
	int64_t timestamp; /* ms since 1970; KAFKA_TIME_UNKNOWN: magic 0 has none */
	bool has_key, has_value;
	struct span key, value;
	struct span headers; /* encoded; kafka_header_next() reads them */
	uint32_t header_count;
	uint8_t magic;
	uint8_t compression; /* enum kafka_compression */
	bool append_time;    /* timestamp is the broker's */
	bool transactional;
	bool control;	     /* a marker of the broker, no message */
	int64_t producer_id; /* -1: none */
	int16_t producer_epoch;
	int32_t sequence; /* of this record; -1: none */
};

/* The record is valid during the call. False: no more are wanted. */
typedef bool kafka_record_fn(void *context, const struct kafka_record *record);

struct kafka_records {
	/* for the caller to fill in */
	struct codec_contexts *codecs;
	struct buffer *scratch;	 /* where batches are decompressed to */
	size_t scratch_max;	 /* bytes of it that may be used */
	bool incomplete;	 /* the set ends early: of its last batch whole records are read */
	kafka_record_fn *record; /* NULL: they are only counted */
	void *context;

	/* what was found */
	uint64_t batches;
	uint64_t count;	     /* of records; as batches claim it where they weren't read */
	uint8_t compression; /* of the first batch */
	bool cut;	     /* the last batch isn't whole: brokers cut answers to size */
	bool damaged;	     /* something in a batch is not as it says */
	bool crc_wrong;	     /* a whole batch isn't what its CRC was made of: only when counting */
	bool capped;	     /* a batch is larger than scratch_max when decompressed */
};

/*
 * Reads the batches in SET, one behind the other. To count, only message sets (magic 0 and 1) have
 * to be decompressed: they don't say how many they are. Counting is when their CRCs are checked,
 * too, those of whole batches, and of compressed messages that of what is around them; what is
 * wrong is read all the same.
 */
void kafka_records_read(struct kafka_records *r, struct span set);

/* The next header of a record; false: there are no more. */
bool kafka_header_next(struct cursor *headers, struct span *key, struct span *value, bool *is_null);

#endif
