/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_TLS_PAIR_H
#define SOCKTAPE_TESTS_UNIT_TLS_PAIR_H

#include <openssl/ssl.h>

#include "format/buffer.h"
#include "format/event.h"

/*
 * A TLS client and a server of OpenSSL's that talk through memory: what goes over their wire, what
 * they said, and the key log. Everything fails the test that goes wrong.
 */

#define TLS_PAIR_MESSAGES 512

/* What one end sent at once. */
struct tls_pair_message {
	enum direction direction; /* DIRECTION_SENT: by the client */
	size_t from;		  /* in tls_pair.wire */
	size_t len;
};

/* Both ends' settings, for any number of pairs: sessions go on from one to the next. */
struct tls_ends {
	SSL_CTX *client;
	SSL_CTX *server;
	SSL_SESSION *session; /* the last one that the server gave */
};

struct tls_pair {
	struct tls_ends *ends;
	SSL *client;
	SSL *server;
	struct buffer wire;
	struct tls_pair_message messages[TLS_PAIR_MESSAGES];
	size_t count;
	struct buffer keylog;
	struct buffer said[2]; /* application data, by enum direction */
};

/* VERSION: TLS1_2_VERSION and so on. CIPHERS: of TLS 1.2, or suites of TLS 1.3; NULL: any. */
void tls_ends_open(struct tls_ends *ends, int version, const char *ciphers);
void tls_ends_close(struct tls_ends *ends);

/* RESUME: the client goes on with the last session. No handshake yet. */
void tls_pair_open(struct tls_pair *p, struct tls_ends *ends, bool resume);
void tls_pair_handshake(struct tls_pair *p);

/* LEN bytes that say who and where they are; the other end reads them. */
void tls_pair_say(struct tls_pair *p, enum direction direction, size_t len);
/* Some of each, in turns. */
void tls_pair_talk(struct tls_pair *p, unsigned turns);

/* Moves what the ends have written, until neither has more. */
void tls_pair_pump(struct tls_pair *p);
/* The same of one end, once, and the other doesn't read it yet. False: there was nothing. */
bool tls_pair_carry(struct tls_pair *p, enum direction direction);

void tls_pair_close(struct tls_pair *p);

#endif
