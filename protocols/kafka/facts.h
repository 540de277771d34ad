/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_FACTS_H
#define SOCKTAPE_PROTOCOLS_KAFKA_FACTS_H

#include "protocols/kafka/records.h"
#include "protocols/kafka/state.h"
#include "protocols/kafka/topic.h"

/* Runs of offsets, and transactions that were aborted, as an answer tells of a partition. */
struct kafka_run {
	int64_t first, last;
};

struct kafka_aborted {
	int64_t producer, first;
	bool ended; /* its marker came: for who reads the records */
};

/* The records of a partition, and which of its lists in the state are about them: [from, to). */
struct kafka_set {
	struct kafka_at at;
	struct span records;
	bool cut;
	uint32_t aborted_from, aborted_to, acquired_from, acquired_to;
};

/* What columns say of an exchange, found by the roles of fields, whatever the api. */
struct kafka_facts {
	struct kafka_state *st;
	int api;
	bool is_response;			/* the answer is being read */
	struct span group, member, transaction; /* as found first, and not empty */
	bool has_generation, has_acks, has_throttle, has_records;
	int64_t generation, acks, throttle_ms;
	int64_t replica;     /* -1: none */
	bool committed_only; /* what isn't committed yet is not asked for */
	int error_code;	     /* the first that is not 0 */
	struct span error_text;
	uint64_t records, record_bytes;
	unsigned compression;
	bool cut;	 /* a set of records isn't whole */
	bool damaged;	 /* or isn't as it should be */
	bool crc_wrong;	 /* or has another checksum */
	bool inferred;	 /* a name of a topic was told on another connection */
	bool unresolved; /* a name of a topic was not told */

	/* where it is just now */
	struct kafka_at at;
	struct span topic; /* the name, or the id as text */
	bool named;	   /* the message has it: it stays where it is */
	char uuid[24];
	int64_t producer, first;
	/* Came last into the lists, as a message names it: it is hardly ever another that comes. */
	struct span listed, listed_in;
	int64_t listed_partition; /* of the topic LISTED_IN */
	bool has_set;		  /* the partition that is read has records: the last set */
	bool too_many;		  /* partitions with records */
	uint32_t aborted_from;
};

/* What FACTS begin with. */
struct kafka_facts kafka_facts_of(struct kafka_state *st);

/* What to call for what kafka_read() tells of the request, then of the answer. */
void kafka_facts_value(struct kafka_facts *f, const struct kafka_value *value);
void kafka_facts_enter(struct kafka_facts *f, const struct kafka_field *field);
void kafka_facts_leave(struct kafka_facts *f, const struct kafka_field *field);

#endif
