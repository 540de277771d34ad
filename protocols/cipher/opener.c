/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cipher/opener.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "format/pack.h"
#include "protocols/cipher/derive.h"
#include "protocols/cipher/opener_private.h"

/* Two keys, MAC keys and IVs of the longest suite. */
#define KEY_BLOCK_MAX (2 * (32 + 48 + 16))

static struct opener *opener_new(const struct suite *suite, uint16_t version)
{
	struct opener *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->suite = *suite;
	o->version = version;
	return o;
}

/* Once key, IV and MAC key are there. NULL, and O is gone, when libcrypto has no such cipher. */
static struct opener *ready(struct opener *o)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, o->suite.cipher, NULL);

	o->ctx = cipher ? EVP_CIPHER_CTX_new() : NULL;
	if (o->ctx && aead_or_cbc_begin(o, cipher)) {
		EVP_CIPHER_free(cipher);
		return o;
	}
	EVP_CIPHER_free(cipher);
	opener_free(o);
	return NULL;
}

struct opener *opener_of_secret(const struct suite *suite, const struct secret *secret)
{
	struct opener *o;

	if (secret->len != suite->hash_len)
		return NULL;
	o = opener_new(suite, TLS_1_3);
	if (!o)
		return NULL;
	if (derive_label(suite->hash, secret, "key", o->key, suite->key_len) &&
	    derive_label(suite->hash, secret, "iv", o->iv, suite->iv_len))
		return ready(o);
	opener_free(o);
	return NULL;
}

bool secret_update(const struct suite *suite, struct secret *secret)
{
	struct secret next = {.len = secret->len};
	bool done = derive_label(suite->hash, secret, "traffic upd", next.bytes, next.len);

	if (done)
		*secret = next;
	OPENSSL_cleanse(&next, sizeof(next));
	return done;
}

/* The client's and the server's MAC keys, then keys, then IVs. */
static void divide(struct opener *o, const uint8_t *block, bool server)
{
	const struct suite *s = &o->suite;

	memcpy(o->mac_key, block + (server ? s->mac_len : 0), s->mac_len);
	block += 2 * (size_t)s->mac_len;
	memcpy(o->key, block + (server ? s->key_len : 0), s->key_len);
	block += 2 * (size_t)s->key_len;
	memcpy(o->iv, block + (server ? s->iv_len : 0), s->iv_len);
}

struct opener *opener_of_master(const struct suite *suite, const struct master_keys *keys,
				bool server)
{
	uint8_t block[KEY_BLOCK_MAX];
	size_t len = 2 * ((size_t)suite->mac_len + suite->key_len + suite->iv_len);
	struct opener *o;

	if (len > sizeof(block) || !derive_block(suite->hash, keys->master, keys->server_random,
						 keys->client_random, block, len))
		return NULL;
	o = opener_new(suite, keys->version);
	if (o) {
		o->encrypt_then_mac = keys->encrypt_then_mac && suite->kind == SUITE_CBC;
		divide(o, block, server);
		o = ready(o);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return o;
}

bool opener_open(struct opener *o, uint64_t seq, struct span record, struct opened *opened)
{
	struct record r = {
		.header = (const uint8_t *)record.data,
		.body = (const uint8_t *)record.data + RECORD_HEADER_LEN,
		.len = record.len - RECORD_HEADER_LEN,
		.seq = seq,
	};
	size_t need = (size_t)o->suite.explicit_len + o->suite.tag_len;

	if (record.len < RECORD_HEADER_LEN || r.len < need)
		return false;
	buffer_clear(&o->out);
	if (!buffer_reserve(&o->out, r.len + EVP_MAX_BLOCK_LENGTH))
		return false;
	opened->type = r.header[0];
	if (o->suite.kind == SUITE_CBC ? !cbc_open(o, &r) : !aead_open(o, &r))
		return false;
	if (o->version >= TLS_1_3) {
		/* The type stands behind the content, zeros behind it (RFC 8446, section 5.4). */
		while (o->out.len && !o->out.data[o->out.len - 1])
			o->out.len--;
		if (!o->out.len)
			return false;
		opened->type = (uint8_t)o->out.data[--o->out.len];
	}
	opened->bytes = buffer_span(&o->out);
	return true;
}

/* ---- putting aside ---- */

uint16_t opener_version(const struct opener *o)
{
	return o->version;
}

/* Whether the IV is of what came, and not of the keys: the last block of CBC of TLS 1.0. */
static bool iv_moves(const struct opener *o)
{
	return o->suite.kind == SUITE_CBC;
}

bool opener_equal(const struct opener *a, const struct opener *b)
{
	return a->version == b->version && a->encrypt_then_mac == b->encrypt_then_mac &&
	       a->suite.cipher == b->suite.cipher && a->suite.mac == b->suite.mac &&
	       a->suite.tag_len == b->suite.tag_len &&
	       CRYPTO_memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	       CRYPTO_memcmp(a->mac_key, b->mac_key, sizeof(a->mac_key)) == 0 &&
	       (iv_moves(a) || CRYPTO_memcmp(a->iv, b->iv, sizeof(a->iv)) == 0);
}

void opener_pack(const struct opener *o, struct buffer *out)
{
	pack_u64(out, o->last_seq);
	pack_u64(out, o->last_nonce);
	if (iv_moves(o))
		buffer_append(out, o->iv, sizeof(o->iv));
}

void opener_unpack(struct opener *o, struct unpack *in)
{
	o->last_seq = unpack_u64(in);
	o->last_nonce = unpack_u64(in);
	if (iv_moves(o))
		unpack_bytes(in, o->iv, sizeof(o->iv));
}

size_t opener_memory(const struct opener *o)
{
	return o->out.capacity;
}

/* ---- the end ---- */

void opener_free(struct opener *o)
{
	if (!o)
		return;
	EVP_CIPHER_CTX_free(o->ctx);
	EVP_CIPHER_CTX_free(o->forward);
	EVP_CIPHER_CTX_free(o->block);
	EVP_MAC_CTX_free(o->mac);
	buffer_free(&o->out);
	OPENSSL_cleanse(o, sizeof(*o));
	free(o);
}
