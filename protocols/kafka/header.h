/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_HEADER_H
#define SOCKTAPE_PROTOCOLS_KAFKA_HEADER_H

#include "protocols/cursor.h"
#include "protocols/kafka/schema.h"

/* Before each message stands its length. */
#define KAFKA_LENGTH_LEN 4

/* Brokers refuse longer requests (socket.request.max.bytes). */
#define KAFKA_REQUEST_MAX (100u << 20)

/* Api, version, correlation id, and the length of the client's id. */
#define KAFKA_REQUEST_MIN 10

#define KAFKA_API_PRODUCE	  0
#define KAFKA_API_FETCH		  1
#define KAFKA_API_LIST_OFFSETS	  2
#define KAFKA_API_METADATA	  3
#define KAFKA_API_SASL_HANDSHAKE  17
#define KAFKA_API_API_VERSIONS	  18
#define KAFKA_API_CONTROLLED_DOWN 7
#define KAFKA_API_SHARE_FETCH	  78

struct kafka_request_header {
	int16_t api;
	int16_t version;
	int32_t correlation_id;
	bool has_client_id;
	struct span client_id;
	const struct kafka_schema *schema; /* of the request; NULL: the version is unknown */
};

/* Whether that api has such a version, or may have it in a Kafka that is a little newer. */
bool kafka_is_version(int api, int version);

/*
 * Reads the header of a request: IN begins behind the length, and is then at the body. False when
 * it can be none: an api or a version that is nobody's, a client id that is no text.
 */
bool kafka_request_header_read(struct cursor *in, struct kafka_request_header *header);

/*
 * The same where a request is sure to begin, so that it may be of an api that only its two ends
 * know: those of brokers that aren't Kafka's own, or of the next Kafka. Its client has a name then.
 */
bool kafka_any_header_read(struct cursor *in, struct kafka_request_header *header);

/*
 * Whether a request ends at IN, behind the body that its schema wants. librdkafka puts an empty
 * array behind its ApiVersions of versions 0 to 2, which a draft of KIP-35 had there; brokers
 * ignore it.
 */
bool kafka_request_ends(const struct cursor *in, const struct kafka_request_header *header);

/* Steps over what stands between a response's correlation id and its body. */
void kafka_response_header_skip(struct cursor *in, const struct kafka_request_header *request);

#endif
