/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_DECRYPT_H
#define SOCKTAPE_PROTOCOLS_TLS_DECRYPT_H

#include "protocols/cipher/keylog.h"
#include "protocols/cipher/opener.h"
#include "protocols/protocol.h"
#include "protocols/tls/hello.h"

/*
 * Opens the records of one TLS connection with what the session's key log holds, and finds out
 * again which record it is where some are missing.
 */
struct tls_decrypt;
struct unpack;

/* NULL when there is no memory. */
struct tls_decrypt *tls_decrypt_new(struct session *s);

/* What the handshake says, in its order. */
void tls_decrypt_client_hello(struct tls_decrypt *d, const struct tls_client_hello *hello);
void tls_decrypt_server_hello(struct tls_decrypt *d, const struct tls_server_hello *hello);
/* A ticket of TLS 1.2, with which a later session goes on. */
void tls_decrypt_ticket(struct tls_decrypt *d, struct span ticket);

/* A whole record that isn't protected. */
void tls_decrypt_plain(struct tls_decrypt *d, const struct frame *frame);
/* One of type ChangeCipherSpec, in TLS 1.2 and older. */
void tls_decrypt_change_cipher(struct tls_decrypt *d, const struct frame *frame);

/* What was found in a protected record. */
struct tls_content {
	struct opened opened; /* borrowed until the next record */
	bool early;	      /* under the key of 0-RTT data */
	bool traffic;	      /* under a key of application data */
	/* What is missing before it: bytes of plaintext, or the most that there may have been. */
	uint64_t missing;
	bool snapped; /* because the user wanted no more */
};

/* FRAME, whole or not, is protected. False: it can't be opened. */
bool tls_decrypt_open(struct tls_decrypt *d, const struct frame *frame,
		      struct tls_content *content);

/* What is missing behind the last record of SIDE that was opened, as in struct tls_content. */
uint64_t tls_decrypt_missing(const struct tls_decrypt *d, enum side side, bool *snapped);

/* How much was read so far, and if not all: why, in words that are constant. */
enum reading_of_tls tls_decrypt_reading(const struct tls_decrypt *d, const char **unread);

/*
 * Appends to OUT what tls_decrypt_unpack() needs to go on as D (format/pack.h). No secret is in it:
 * keys are made again of what the key log has. False where that would give others.
 */
bool tls_decrypt_pack(const struct tls_decrypt *d, struct buffer *out);

/* NULL when there is no memory. */
struct tls_decrypt *tls_decrypt_unpack(struct session *s, struct unpack *in);

void tls_decrypt_free(struct tls_decrypt *d); /* NULL is fine */

#endif
