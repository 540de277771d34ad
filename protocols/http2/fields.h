/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_FIELDS_H
#define SOCKTAPE_PROTOCOLS_HTTP2_FIELDS_H

#include "protocols/http2/hpack.h"

/* Fields that are shown of one block; more are counted. */
#define HTTP2_FIELDS_MAX 256

/* The fields of one block, in the order in which they came. Zeroed is empty. */
struct http2_fields {
	struct buffer text; /* names and values */
	struct buffer list; /* of struct http2_field */
	size_t count;
	size_t unknown; /* with a name or value that the table had before we saw it */
	size_t dropped; /* beyond HTTP2_FIELDS_MAX */
};

/* A hpack_field_fn; the context is a struct http2_fields. */
void http2_fields_add(void *context, const struct hpack_field *field);

void http2_fields_clear(struct http2_fields *fields);

/* The I-th field; borrowed until the next is added. */
struct hpack_field http2_fields_at(const struct http2_fields *fields, size_t i);

/*
 * Whether the value of gRPC's binary metadata ("-bin") isn't in base64, but behind a zero, which no
 * value of HTTP/2 has otherwise: gRFC G1. *BYTES is what is behind it.
 */
bool http2_field_is_raw(struct span name, struct span value, struct span *bytes);

/* The first field with this name whose value is known; false: there is none. */
bool http2_fields_find(const struct http2_fields *fields, const char *name, struct span *value);

/*
 * Appends all but the pseudo-header fields that columns show as a JSON object, in their order; a
 * name that comes again makes an array at the place of its first. An unknown name is "?", an
 * unknown value null; bytes of http2_field_is_raw() are in base64.
 */
void http2_fields_json(const struct http2_fields *fields, struct buffer *out);

void http2_fields_free(struct http2_fields *fields);

#endif
