/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_HEAD_H
#define SOCKTAPE_PROTOCOLS_HTTP_HEAD_H

#include "format/buffer.h"
#include "protocols/content/decode.h"
#include "protocols/http/start_line.h"

/* Header lines that are shown of one head; servers allow about a hundred. */
#define HTTP_FIELDS_MAX 1024

/* How the head says that the body's length is told (RFC 9112, section 6). */
enum http_length {
	HTTP_LENGTH_NONE,  /* it doesn't */
	HTTP_LENGTH_KNOWN, /* head.length */
	HTTP_LENGTH_HUGE,  /* a number beyond 2^63: more than will ever come */
};

/* What header lines mean for framing and records. */
struct http_head {
	struct span host;
	struct span upgrade;
	enum http_length length_kind;
	uint64_t length;
	bool closes;  /* Connection: close (RFC 9112, section 9.6) */
	bool expects; /* Expect: 100-continue (RFC 9110, section 10.1.1) */
	bool chunked;
	bool transfer_encoded;			    /* a Transfer-Encoding came */
	uint8_t codings[HTTP_CODINGS_MAX];	    /* enum http_coding, in the order of use */
	uint8_t transfer_codings[HTTP_CODINGS_MAX]; /* used after those */
	unsigned coding_count;
	unsigned transfer_coding_count;
	uint32_t notes; /* a set of enum http_note */
};

/*
 * Header lines of one side, read one head after another. Most heads on a connection repeat the
 * lines of the one before them; then nothing is parsed. Zeroed is empty.
 */
struct http_fields {
	struct buffer lines; /* as read last; what the others point into */
	/*
	 * The fields as a JSON object in wire order, names as sent. A name that comes again
	 * (without regard to case) becomes an array at the place of its first.
	 */
	struct buffer json;
	struct http_head head;
	struct buffer unfolded; /* what they point into, when some of the lines are folded */
	struct buffer list;	/* of struct http_field */
	uint16_t count;
};

/*
 * Reads the header lines in LINES: from behind the start line, the empty line at their end
 * included if it is there. Fills all of FIELDS. False: they are those that were read last.
 */
bool http_fields_read(struct http_fields *fields, struct span lines);

/* How long the lines read last are, when BYTES begin with the same ones; else 0. */
static inline size_t http_fields_repeated(const struct http_fields *fields, struct span bytes)
{
	if (!fields->lines.len || bytes.len < fields->lines.len ||
	    memcmp(bytes.data, fields->lines.data, fields->lines.len) != 0)
		return 0;
	return fields->lines.len;
}

/* The fields as "Name: value, Name: value". */
void http_fields_text(const struct http_fields *fields, struct buffer *out);

/* Bytes of memory beside FIELDS itself. */
static inline size_t http_fields_memory(const struct http_fields *fields)
{
	return fields->lines.capacity + fields->unfolded.capacity + fields->list.capacity +
	       fields->json.capacity;
}

void http_fields_free(struct http_fields *fields);

#endif
