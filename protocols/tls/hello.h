/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_HELLO_H
#define SOCKTAPE_PROTOCOLS_TLS_HELLO_H

#include "format/buffer.h"

#define TLS_RANDOM_LEN 32

/* Values that mean nothing, to keep others from choking on new ones (RFC 8701). */
static inline bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* ClientHello (RFC 8446, section 4.1.2). Spans point into the message. */
struct tls_client_hello {
	uint16_t version; /* the highest that it offers */
	struct span random;
	struct span session_id;
	struct span suites;	/* two bytes each */
	struct span extensions; /* all of them, with their heads */
	struct span sni;
	struct span alpn;	   /* names with their lengths before them */
	struct span groups;	   /* two bytes each */
	struct span point_formats; /* one byte each */
	struct span signatures;	   /* two bytes each */
	struct span ticket;	   /* with which a session of TLS 1.2 is to go on */
	bool has_ticket;	   /* for resumption: a ticket, or a pre-shared key */
	bool has_psk;
	bool has_early_data;
	bool has_ech; /* what is meant is encrypted; SNI may be another's */
	uint16_t legacy_version;
};

/* MESSAGE: without type and length. False when it is none. */
bool tls_client_hello_read(struct span message, struct tls_client_hello *hello);

/* ServerHello (RFC 8446, section 4.1.3; RFC 5246, section 7.4.1.3). */
struct tls_server_hello {
	uint16_t version; /* that was chosen */
	struct span random;
	struct span session_id;
	uint16_t suite;
	struct span extensions;
	struct span alpn;
	uint16_t group; /* of the key share; 0: none */
	bool has_psk;	/* a pre-shared key was taken */
	bool is_retry;	/* HelloRetryRequest: the client has to begin again */
	bool encrypt_then_mac;
	bool compresses; /* what is encrypted */
	uint16_t legacy_version;
};

bool tls_server_hello_read(struct span message, struct tls_server_hello *hello);

/* EncryptedExtensions (RFC 8446, section 4.3.1). */
struct tls_encrypted_extensions {
	struct span alpn;
	bool has_early_data; /* it was taken */
};

bool tls_encrypted_extensions_read(struct span message, struct tls_encrypted_extensions *e);

/* The name of ALPN's first protocol. */
struct span tls_alpn_first(struct span alpn);

/* ---- fingerprint.c ---- */

/*
 * JA3: MD5 over version, suites, extensions, groups and point formats; JA4: FoxIO's specification
 * of 2023, the part for TLS clients; JA3S: MD5 over version, suite and extensions of the server.
 */
void tls_ja3(const struct tls_client_hello *hello, struct buffer *out);
void tls_ja4(const struct tls_client_hello *hello, struct buffer *out);
void tls_ja3s(const struct tls_server_hello *hello, struct buffer *out);

#endif
