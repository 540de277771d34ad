/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_HPACK_H
#define SOCKTAPE_PROTOCOLS_HTTP2_HPACK_H

#include <stdint.h>

#include "format/buffer.h"

/*
 * Header compression for HTTP/2 (RFC 7541), the decoder of one direction. Unlike an end of the
 * connection it may not have seen all that went into the table: a recording begins in the middle,
 * and bytes are lost. Entries that it didn't see are unknown, and said to be; they are never
 * guessed, and they go as the sender puts newer ones before them.
 */

/* SETTINGS_HEADER_TABLE_SIZE until something else is agreed on (RFC 9113, section 6.5.2). */
#define HPACK_TABLE_SIZE 4096

/* No more of a table is remembered, whatever is agreed on: older entries become unknown. */
#define HPACK_TABLE_MAX (256u << 10)

struct hpack_entry;
struct unpack;

/* Zeroed is what a connection begins with, but for size_max. */
struct hpack {
	struct hpack_entry **entries; /* a ring; the newest is entries[newest] */
	size_t capacity;	      /* of the ring: a power of two, or 0 */
	size_t newest;
	size_t count;
	size_t size;	 /* RFC 7541, section 4.1 */
	size_t size_max; /* what the sender keeps to */
	bool older;	 /* entries that we don't know may lie behind the oldest */
	struct buffer text;
};

struct hpack_field {
	struct span name; /* as sent: lower case; names of pseudo-header fields begin with ':' */
	struct span value;
	bool name_unknown;
	bool value_unknown;
};

/* NAME and VALUE are valid during the call. */
typedef void hpack_field_fn(void *context, const struct hpack_field *field);

/*
 * Reads a field block: HEADERS or PUSH_PROMISE with their CONTINUATIONs joined, without padding.
 * False when it is none, from somewhere on; then the table is as after hpack_lost(). Fields before
 * that place are given all the same.
 */
bool hpack_decode(struct hpack *h, struct span block, hpack_field_fn *field, void *context);

/* Blocks may be missing, so what they put into the table is: all entries become unknown. */
void hpack_lost(struct hpack *h);

/* Appends the table to OUT (format/pack.h), and takes it from IN into one that is zeroed. */
void hpack_pack(const struct hpack *h, struct buffer *out);
bool hpack_unpack(struct hpack *h, struct unpack *in);

/* Bytes of memory that it holds. */
size_t hpack_memory(const struct hpack *h);

void hpack_free(struct hpack *h);

#endif
