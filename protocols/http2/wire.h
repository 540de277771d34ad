/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_WIRE_H
#define SOCKTAPE_PROTOCOLS_HTTP2_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands on the wire of HTTP/2 (RFC 9113, sections 3.4 and 4.1). */

#define HTTP2_PREFACE	  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HTTP2_PREFACE_LEN 24

/* The longest payload, unless SETTINGS_MAX_FRAME_SIZE allows more (RFC 9113, section 4.2). */
#define HTTP2_FRAME_SIZE 16384

#define HTTP2_HEADER_LEN 9

/* Frame types (RFC 9113, section 6; RFC 7838, RFC 8336, RFC 9218). */
enum http2_type {
	HTTP2_DATA = 0,
	HTTP2_HEADERS = 1,
	HTTP2_PRIORITY = 2,
	HTTP2_RST_STREAM = 3,
	HTTP2_SETTINGS = 4,
	HTTP2_PUSH_PROMISE = 5,
	HTTP2_PING = 6,
	HTTP2_GOAWAY = 7,
	HTTP2_WINDOW_UPDATE = 8,
	HTTP2_CONTINUATION = 9,
	HTTP2_ALTSVC = 10,
	HTTP2_ORIGIN = 12,
	HTTP2_PRIORITY_UPDATE = 16
};

/* Flags of a frame; what a bit means depends on the type. */
#define HTTP2_FLAG_END_STREAM  0x01
#define HTTP2_FLAG_ACK	       0x01
#define HTTP2_FLAG_END_HEADERS 0x04
#define HTTP2_FLAG_PADDED      0x08
#define HTTP2_FLAG_PRIORITY    0x20

/* Settings that matter here (RFC 9113, section 6.5.2). */
#define HTTP2_SETTING_INITIAL_WINDOW 4
#define HTTP2_INITIAL_WINDOW	     65535

#define HTTP2_NO_ERROR 0
#define HTTP2_CANCEL   8

struct http2_header {
	uint32_t len; /* of what follows the header */
	uint8_t type;
	uint8_t flags;
	uint32_t stream;
};

/* BYTES: HTTP2_HEADER_LEN of them. */
struct http2_header http2_header_read(const uint8_t *bytes);

/*
 * Whether a header can stand where a frame begins: a known type with a length and a stream that
 * the type allows, and flags that it knows. Frames of types that nobody has defined are valid, but
 * they say nothing: false, unless ANY.
 */
bool http2_header_valid(const struct http2_header *h, bool any);

/* "CANCEL"; NULL: nobody has defined it (RFC 9113, section 7). */
const char *http2_error_name(uint32_t code);

#endif
