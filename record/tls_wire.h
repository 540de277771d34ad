/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TLS_WIRE_H
#define SOCKTAPE_RECORD_TLS_WIRE_H

#include "format/event.h"

/*
 * TLS records in what crossed a socket: as much of RFC 8446 and RFC 5246 as it takes to find the
 * ClientHello's random, and the lengths of application data. Nothing is decrypted, and bytes that
 * don't look like TLS are left alone.
 */

/* Bytes of a ClientHello up to the end of its random: RFC 8446, 5.1 and 4.1.2. */
#define TLS_HELLO_LEN 43

#define TLS_HEADER_LEN 5

/* Of all ciphers but one, which adds 8: RFC 5116, RFC 6655. It ends a record's body. */
#define TLS_TAG_LEN 16

enum tls_record_type {
	TLS_RECORD_DATA = 23, /* RFC 8446 section 5.1 */
};

/* One direction. Zero-initialised is one whose beginning isn't known. */
struct tls_stream {
	uint64_t at;   /* position of the next byte that is expected */
	uint64_t body; /* bytes left of the record's body */
	uint8_t header[TLS_HEADER_LEN];
	uint8_t header_len;  /* bytes of the next header that are there */
	uint8_t type;	     /* of the record whose body it is */
	bool synced;	     /* a record or its header stands at `at` */
	uint64_t data_bytes; /* bodies of application data, as far as they were seen to their end */
	uint64_t data_records;
	uint32_t data_len;	  /* of the body of the last one */
	uint8_t tag[TLS_TAG_LEN]; /* the end of the same, as far as it was seen */
	uint8_t tag_len;
};

/* Whether LEN bytes may be the beginning of a ClientHello, as far as they go. */
bool tls_is_hello(const char *bytes, size_t len);

/*
 * Whether BYTES is what a cipher adds to a record's plaintext: RFC 8446, 5.2 (a type, and a tag of
 * 16 or 8 bytes), RFC 5288 (8 bytes of nonce, and the tag), RFC 7905 (the tag). Of CBC the length
 * says less.
 */
bool tls_added_known(uint64_t bytes);

/* The beginning of a record with a header that makes sense stands at POSITION. */
void tls_stream_begin(struct tls_stream *s, uint64_t position);

/*
 * Goes on in PAYLOAD, which stands at `at`. Stops behind each header of application data, and at
 * the end of its body; returns the bytes that it has taken: all when it has lost its way. *BODY
 * tells whether they are of the body of application data.
 */
size_t tls_stream_next(struct tls_stream *s, const char *payload, size_t len, bool *body);

/* N bytes at the stream's place are missing: inside of a body they are known to be of it. */
void tls_stream_skip(struct tls_stream *s, uint64_t n);

#endif
