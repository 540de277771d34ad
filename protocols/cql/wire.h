/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CQL_WIRE_H
#define SOCKTAPE_PROTOCOLS_CQL_WIRE_H

#include "protocols/cursor.h"

/*
 * Cassandra's "CQL binary protocol", versions 3 to 5 (native_protocol_v3.spec to _v5.spec);
 * sections are those of version 5. What versions before that call a frame is an envelope here: from
 * version 5 on, frames (segments here) carry one or more envelopes, or a part of one.
 */
#define CQL_HEADER_LEN 9
#define CQL_BODY_MAX   (256u << 20) /* section 2.4.1.5 */

/* Versions 1 and 2 have shorter headers; 65 and 66 are DataStax Enterprise's own. */
enum cql_version {
	CQL_V3 = 3,
	CQL_V4 = 4,
	CQL_V5 = 5,
	CQL_V6 = 6, /* so far the same as 5 */
	CQL_DSE_V1 = 65,
	CQL_DSE_V2 = 66
};

enum cql_opcode {
	CQL_ERROR = 0x00,
	CQL_STARTUP = 0x01,
	CQL_READY = 0x02,
	CQL_AUTHENTICATE = 0x03,
	CQL_OPTIONS = 0x05,
	CQL_SUPPORTED = 0x06,
	CQL_QUERY = 0x07,
	CQL_RESULT = 0x08,
	CQL_PREPARE = 0x09,
	CQL_EXECUTE = 0x0a,
	CQL_REGISTER = 0x0b,
	CQL_EVENT = 0x0c,
	CQL_BATCH = 0x0d,
	CQL_AUTH_CHALLENGE = 0x0e,
	CQL_AUTH_RESPONSE = 0x0f,
	CQL_AUTH_SUCCESS = 0x10
};

enum cql_flag {
	CQL_FLAG_COMPRESSED = 0x01,
	CQL_FLAG_TRACING = 0x02,
	CQL_FLAG_PAYLOAD = 0x04,
	CQL_FLAG_WARNING = 0x08,
	CQL_FLAG_BETA = 0x10,
	CQL_FLAGS = 0x1f
};

struct cql_header {
	uint8_t version;
	bool response;
	uint8_t flags;
	int16_t stream; /* negative: the server's own */
	uint8_t opcode;
	uint32_t len; /* of the body */
};

/* False: no envelope begins there, or the cursor ended. */
bool cql_header_read(struct cursor *c, struct cql_header *header);

/* Whether flags and stream, too, are such as today's peers send: for guessing. */
bool cql_header_is_usual(const struct cql_header *header);

/* "QUERY"; NULL: nobody has defined it. */
const char *cql_opcode_name(unsigned opcode);

/* "LOCAL_ONE"; NULL: nobody has defined it. */
const char *cql_consistency_name(unsigned consistency);

/* What versions have in common. */
bool cql_has_segments(unsigned version);   /* behind STARTUP and its answer */
bool cql_has_wide_flags(unsigned version); /* those of a query are an [int] */
bool cql_has_keyspace(unsigned version);   /* in a query, and ids of results' metadata */

/* [string], [long string], [bytes], [short bytes] of section 3; what of it is there. */
struct span cql_string(struct cursor *c);
struct span cql_long_string(struct cursor *c);
struct span cql_short_bytes(struct cursor *c);

/* *NULL_: 0, or the negative length of what has no bytes: -1 null, -2 not set. */
struct span cql_bytes(struct cursor *c, int32_t *null_);

/* ---- segment.c ---- */

#define CQL_SEGMENT_HEADER_LEN	   6 /* section 2.1 */
#define CQL_SEGMENT_HEADER_LEN_LZ4 8 /* section 2.2 */
#define CQL_SEGMENT_TRAILER_LEN	   4
#define CQL_SEGMENT_PAYLOAD_MAX	   131071

enum cql_segment_form {
	CQL_SEGMENT_ANY,
	CQL_SEGMENT_PLAIN,
	CQL_SEGMENT_LZ4
};

struct cql_segment {
	bool compressed; /* its payload is; not all are, where headers have two lengths */
	bool self_contained;
	enum cql_segment_form form;
	uint32_t header_len;
	uint32_t len; /* of the payload as transferred */
	uint32_t plain_len;
};

/* False: the header's checksum says that none begins there. */
bool cql_segment_read(struct span bytes, enum cql_segment_form form, struct cql_segment *segment);

/* Whether the checksum TRAILER is that of PAYLOAD, as transferred. */
bool cql_segment_checks(struct span payload, const uint8_t *trailer);

#endif
