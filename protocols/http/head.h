/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_HEAD_H
#define SOCKTAPE_PROTOCOLS_HTTP_HEAD_H

#include "format/buffer.h"
#include "protocols/http/decode.h"
#include "protocols/http/start_line.h"

/* Header lines that are shown of one head; servers allow about a hundred. */
#define HTTP_FIELDS_MAX 1024

/* How the head says that the body's length is told (RFC 9112, section 6). */
enum http_length {
	HTTP_LENGTH_NONE,  /* it doesn't */
	HTTP_LENGTH_KNOWN, /* head.length */
	HTTP_LENGTH_HUGE,  /* a number beyond 2^63: more than will ever come */
};

/* Everything that framing and records need to know of a head. Spans point into the parser. */
struct http_head {
	struct http_start_line line;
	struct span host;
	enum http_length length_kind;
	uint64_t length;
	bool chunked;
	bool transfer_encoded;		   /* a Transfer-Encoding came */
	uint8_t codings[HTTP_CODINGS_MAX]; /* enum http_coding, in the order they were applied */
	unsigned coding_count;
	uint8_t transfer_codings[HTTP_CODINGS_MAX]; /* applied after those */
	unsigned transfer_coding_count;
	uint32_t notes;
};

/* Working memory of http_head_read(), kept from head to head. Zeroed is empty. */
struct http_fields {
	struct buffer list;	/* of struct http_field */
	struct buffer unfolded; /* a copy of the header lines when some are folded */
	uint16_t count;
};

/*
 * Reads the header lines in LINES (from behind the start line; the empty line at the end may be
 * missing) into FIELDS, and what they mean into HEAD, whose other members are left alone.
 */
void http_head_read(struct http_fields *fields, struct span lines, struct http_head *head);

/*
 * The fields as a JSON object in wire order, names as sent. A name that comes again (without
 * regard to case) becomes an array at the place of its first.
 */
void http_fields_json(const struct http_fields *fields, struct buffer *out);

/* The fields as "Name: value, Name: value". */
void http_fields_text(const struct http_fields *fields, struct buffer *out);

void http_fields_free(struct http_fields *fields);

#endif
