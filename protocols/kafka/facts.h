/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_FACTS_H
#define SOCKTAPE_PROTOCOLS_KAFKA_FACTS_H

#include "protocols/kafka/records.h"
#include "protocols/kafka/state.h"
#include "protocols/kafka/topic.h"

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
	bool inferred;	 /* a name of a topic was told on another connection */
	bool unresolved; /* a name of a topic was not told */

	/* where it is just now */
	struct kafka_at at;
	struct span topic; /* the name, or the id as text */
	char uuid[24];
};

/* What FACTS begin with. */
struct kafka_facts kafka_facts_of(struct kafka_state *st);

/* A visitor for kafka_read() that fills FACTS. */
struct kafka_visitor kafka_facts_visitor(struct kafka_facts *facts);

#endif
