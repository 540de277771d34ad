/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_CQL_BUILD_H
#define SOCKTAPE_TESTS_UNIT_CQL_BUILD_H

#include "format/buffer.h"
#include "protocols/cql/wire.h"
#include "tests/unit/feed.h"

/* Makes messages of CQL for tests. */

#define BYTES(text) span_of(text, sizeof(text) - 1)

void cql_put8(struct buffer *b, unsigned value);
void cql_put16(struct buffer *b, unsigned value);
void cql_put32(struct buffer *b, uint32_t value);
void cql_put64(struct buffer *b, uint64_t value);
void cql_put_string(struct buffer *b, const char *text);       /* [string] */
void cql_put_long_string(struct buffer *b, const char *text);  /* [long string] */
void cql_put_bytes(struct buffer *b, struct span bytes);       /* [bytes] */
void cql_put_short_bytes(struct buffer *b, struct span bytes); /* [short bytes] */

/* A conversation: each envelope that is added is a message, until cql_join() makes several one. */
struct cql_talk {
	unsigned version;
	bool segmented;	    /* those that follow go into segments */
	bool lz4;	    /* whose payload is compressed */
	struct buffer body; /* of the next envelope */
	struct buffer bytes[64];
	struct feed_message messages[64];
	size_t count;
};

void cql_add(struct cql_talk *t, enum cql_opcode opcode, int stream, unsigned flags);
void cql_add_bytes(struct cql_talk *t, bool request, struct span bytes);

/* PAYLOAD in a segment; not SELF_CONTAINED: it is a part of an envelope. */
void cql_append_segment(struct buffer *out, struct span payload, bool self_contained, bool lz4);

/* The last message goes behind the one before it. */
void cql_join(struct cql_talk *t);

struct feed cql_feed(const struct cql_talk *t);
void cql_free(struct cql_talk *t);

/* ---- whole requests and answers ---- */

void cql_startup(struct cql_talk *t, int stream, const char *compression);
void cql_ready(struct cql_talk *t, int stream);
void cql_query(struct cql_talk *t, int stream, const char *statement);
void cql_void(struct cql_talk *t, int stream);

/* PREPARE, and its answer: ID, with one bound value "n" of int and one column "v" of text. */
void cql_prepare(struct cql_talk *t, int stream, const char *statement);
void cql_prepared(struct cql_talk *t, int stream, const char *id);
void cql_execute(struct cql_talk *t, int stream, const char *id, int32_t n);

/* Rows of the column "v" of text, as many as there are VALUES before NULL. */
void cql_rows(struct cql_talk *t, int stream, bool metadata, const char *const *values);

#endif
