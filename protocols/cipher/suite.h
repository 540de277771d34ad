/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CIPHER_SUITE_H
#define SOCKTAPE_PROTOCOLS_CIPHER_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_1_0 0x0301
#define TLS_1_1 0x0302
#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

enum suite_kind {
	SUITE_CBC,    /* RFC 5246, section 6.2.3.2; RFC 7366 */
	SUITE_GCM,    /* RFC 5288 */
	SUITE_CCM,    /* RFC 6655 */
	SUITE_CHACHA, /* ChaCha20-Poly1305: RFC 7905 */
};

/* How the records of a connection are protected. Lengths in bytes. */
struct suite {
	enum suite_kind kind;
	const char *cipher; /* as libcrypto calls it */
	const char *mac;    /* digest of HMAC, for CBC */
	const char *hash;   /* of the key derivation */
	uint8_t key_len;
	uint8_t iv_len; /* that is derived: the fixed part of an AEAD's nonce, or a block */
	uint8_t mac_len;
	uint8_t hash_len;
	uint8_t tag_len;      /* of an AEAD */
	uint8_t explicit_len; /* of what stands before the encrypted bytes in a record */
};

/*
 * Fills SUITE from the registered NAME of a cipher suite ("TLS_RSA_WITH_AES_128_CBC_SHA") in a
 * version of TLS. False where nothing here can open it.
 */
bool suite_read(const char *name, uint16_t version, struct suite *suite);

/*
 * TLS 1.3's suites by the length of their secrets, for who didn't see the ServerHello: the name of
 * number N, from 0 on; NULL after the last.
 */
const char *suite_guess(size_t secret_len, size_t n);

/* The same of TLS 1.2: one for each way to protect records that is in use, the surest first. */
const char *suite_guess_older(size_t n);

/* Bytes that the protection adds to a record at least, the record's header counted in. */
size_t suite_overhead(const struct suite *suite, uint16_t version);

#endif
