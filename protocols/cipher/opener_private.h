/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CIPHER_OPENER_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_CIPHER_OPENER_PRIVATE_H

#include <openssl/evp.h>

#include "protocols/cipher/opener.h"

/*
 * What the files of an opener share: opener.c makes and drives it, aead.c and cbc.c open, and
 * number.c finds a record's number.
 */

#define RECORD_HEADER_LEN 5
#define NONCE_LEN	  12
#define SEQ_LEN		  8
#define BLOCK_LEN	  16
#define AAD_MAX		  (SEQ_LEN + RECORD_HEADER_LEN)

struct opener {
	struct suite suite;
	uint16_t version;
	bool encrypt_then_mac;
	uint8_t key[32];
	uint8_t iv[16]; /* fixed part of the nonce; CBC of TLS 1.0: the last block before */
	uint8_t mac_key[48];
	EVP_CIPHER_CTX *ctx;	 /* decrypts */
	EVP_CIPHER_CTX *forward; /* of GCM: encrypts, made when a number is looked for */
	EVP_CIPHER_CTX *block;	 /* the same: one block */
	EVP_MAC_CTX *mac;	 /* of CBC */
	struct buffer out;
	uint64_t last_seq; /* of the last record that was opened, and its explicit nonce */
	uint64_t last_nonce;
};

struct record {
	const uint8_t *header;
	const uint8_t *body; /* behind the header */
	size_t len;	     /* of it */
	uint64_t seq;
};

/* Gives the cipher its key. */
bool aead_or_cbc_begin(struct opener *o, const EVP_CIPHER *cipher);

/* The plaintext goes to o->out, which has room. */
bool aead_open(struct opener *o, const struct record *r);

/* What R is protected with, beside the key: its nonce, and what is authenticated before its LEN
 * bytes of plaintext. */
void aead_nonce(const struct opener *o, const struct record *r, uint8_t nonce[NONCE_LEN]);
size_t aead_aad(const struct opener *o, const struct record *r, size_t len, uint8_t aad[AAD_MAX]);

bool cbc_begin(struct opener *o);
bool cbc_open(struct opener *o, const struct record *r);

static inline void put_be64(uint8_t *to, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		to[i] = (uint8_t)value;
}

static inline uint64_t get_be64(const uint8_t *from)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

#endif
