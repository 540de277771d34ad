/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/cipher/opener_private.h"

#define SEQ_LEN	  8
#define BLOCK_LEN 16

/* ---- keys ---- */

static bool aead_begin(struct opener *o, const EVP_CIPHER *cipher)
{
	const struct suite *s = &o->suite;

	if (EVP_DecryptInit_ex2(o->ctx, cipher, NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL) != 1)
		return false;
	if (s->kind == SUITE_CCM &&
	    EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_AEAD_SET_TAG, s->tag_len, NULL) != 1)
		return false;
	return EVP_DecryptInit_ex2(o->ctx, NULL, o->key, NULL, NULL) == 1;
}

bool aead_or_cbc_begin(struct opener *o, const EVP_CIPHER *cipher)
{
	if (o->suite.kind != SUITE_CBC)
		return aead_begin(o, cipher);
	return EVP_DecryptInit_ex2(o->ctx, cipher, o->key, NULL, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(o->ctx, 0) == 1 && cbc_begin(o);
}

/* ---- opening ---- */

/* RFC 8446, section 5.3, and RFC 7905: XOR with the number; RFC 5288: with what the record says. */
static void make_nonce(const struct opener *o, const struct record *r, uint8_t nonce[NONCE_LEN])
{
	uint8_t seq[SEQ_LEN];

	memcpy(nonce, o->iv, o->suite.iv_len);
	if (o->suite.explicit_len) {
		memcpy(nonce + o->suite.iv_len, r->body, o->suite.explicit_len);
		return;
	}
	put_be64(seq, r->seq);
	for (int i = 0; i < SEQ_LEN; i++)
		nonce[NONCE_LEN - SEQ_LEN + i] ^= seq[i];
}

#define AAD_MAX (SEQ_LEN + RECORD_HEADER_LEN)

/* RFC 8446, section 5.2: the header; RFC 5246, section 6.2.3.3: number, header, plain length. */
static size_t make_aad(const struct opener *o, const struct record *r, size_t len,
		       uint8_t aad[AAD_MAX])
{
	if (o->version >= TLS_1_3) {
		memcpy(aad, r->header, RECORD_HEADER_LEN);
		return RECORD_HEADER_LEN;
	}
	put_be64(aad, r->seq);
	memcpy(aad + SEQ_LEN, r->header, 3);
	aad[SEQ_LEN + 3] = (uint8_t)(len >> 8);
	aad[SEQ_LEN + 4] = (uint8_t)len;
	return AAD_MAX;
}

bool aead_open(struct opener *o, const struct record *r)
{
	const struct suite *s = &o->suite;
	const uint8_t *from = r->body + s->explicit_len;
	size_t len = r->len - s->explicit_len - s->tag_len, aad_len;
	uint8_t nonce[NONCE_LEN], aad[AAD_MAX], *to = (uint8_t *)o->out.data;
	uint8_t tag[BLOCK_LEN];
	int done = 0, more = 0;

	make_nonce(o, r, nonce);
	aad_len = make_aad(o, r, len, aad);
	memcpy(tag, from + len, s->tag_len);
	if (EVP_DecryptInit_ex2(o->ctx, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_AEAD_SET_TAG, s->tag_len, tag) != 1)
		return false;
	/* CCM wants to know the length first, and proves all at once. */
	if (s->kind == SUITE_CCM && EVP_DecryptUpdate(o->ctx, NULL, &done, NULL, (int)len) != 1)
		return false;
	if (EVP_DecryptUpdate(o->ctx, NULL, &done, aad, (int)aad_len) != 1 ||
	    EVP_DecryptUpdate(o->ctx, to, &done, from, (int)len) != 1)
		return false;
	if (s->kind == SUITE_CCM)
		done = (int)len;
	else if (EVP_DecryptFinal_ex(o->ctx, to + done, &more) != 1)
		return false;
	if (s->explicit_len) {
		o->last_nonce = get_be64(r->body);
		o->last_seq = r->seq;
	}
	o->out.len = (size_t)done + (size_t)more;
	return o->out.len == len;
}

/* ---- the number of a record ---- */

/* For one block, and the same cipher forwards. */
static bool prepare(struct opener *o)
{
	char name[32];
	EVP_CIPHER *gcm, *ecb;
	bool done;

	if (o->forward)
		return true;
	snprintf(name, sizeof(name), "%.*s-ECB", (int)strlen(o->suite.cipher) - 4, o->suite.cipher);
	gcm = EVP_CIPHER_fetch(NULL, o->suite.cipher, NULL);
	ecb = EVP_CIPHER_fetch(NULL, name, NULL);
	o->forward = EVP_CIPHER_CTX_new();
	o->block = EVP_CIPHER_CTX_new();
	done = gcm && ecb && o->forward && o->block &&
	       EVP_EncryptInit_ex2(o->forward, gcm, o->key, NULL, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(o->forward, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL) == 1 &&
	       EVP_CipherInit_ex2(o->block, ecb, o->key, NULL, 1, NULL) == 1;
	EVP_CIPHER_free(gcm);
	EVP_CIPHER_free(ecb);
	if (!done) {
		EVP_CIPHER_CTX_free(o->forward);
		EVP_CIPHER_CTX_free(o->block);
		o->forward = o->block = NULL;
	}
	return done;
}

static bool one_block(struct opener *o, bool encrypt, uint8_t block[BLOCK_LEN])
{
	int done = 0;

	return EVP_CipherInit_ex2(o->block, NULL, o->key, NULL, encrypt, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(o->block, 0) == 1 &&
	       EVP_CipherUpdate(o->block, block, &done, block, BLOCK_LEN) == 1 && done == BLOCK_LEN;
}

/* Encrypts LEN bytes at DATA in place, under the fixed part of the nonce; TAG may be NULL. */
static bool encrypt(struct opener *o, const struct record *r, uint8_t *data, size_t len,
		    uint8_t *tag)
{
	int done = 0, more = 0;

	return EVP_EncryptInit_ex2(o->forward, NULL, NULL, o->iv, NULL) == 1 &&
	       EVP_EncryptUpdate(o->forward, NULL, &done, r->header, RECORD_HEADER_LEN) == 1 &&
	       EVP_EncryptUpdate(o->forward, data, &done, data, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(o->forward, data + done, &more) == 1 &&
	       (!tag ||
		EVP_CIPHER_CTX_ctrl(o->forward, EVP_CTRL_AEAD_GET_TAG, BLOCK_LEN, tag) == 1);
}

static void exclusive_or(uint8_t *to, const uint8_t *with, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] ^= with[i];
}

/*
 * GCM's tag is a digest of header and encrypted bytes, XOR the encrypted block (nonce, 1) (NIST SP
 * 800-38D, section 7.1). TLS 1.3's header doesn't hold the number, so the digest can be had under
 * any nonce, and decrypting what is left of the tag gives this record's own.
 */
static bool compute_number(struct opener *o, const struct record *r, uint64_t *seq)
{
	size_t len = r->len - BLOCK_LEN;
	uint8_t tag[BLOCK_LEN], block[BLOCK_LEN] = {0}, *data = (uint8_t *)o->out.data;

	memset(data, 0, len);
	if (!prepare(o) || !encrypt(o, r, data, len, NULL))
		return false;
	exclusive_or(data, r->body, len);
	memcpy(block, o->iv, NONCE_LEN);
	block[BLOCK_LEN - 1] = 1;
	if (!encrypt(o, r, data, len, tag) || !one_block(o, true, block))
		return false;
	exclusive_or(tag, block, BLOCK_LEN);
	exclusive_or(tag, r->body + len, BLOCK_LEN);
	if (!one_block(o, false, tag))
		return false;
	*seq = get_be64(tag + 4) ^ get_be64(o->iv + 4);
	return !memcmp(tag, o->iv, 4) && !memcmp(tag + NONCE_LEN, "\0\0\0\1", 4);
}

/* Most programs count the explicit nonce up with the number, many from 0 on. */
static bool guess_by_nonce(const struct opener *o, uint64_t nonce, unsigned n, uint64_t *seq)
{
	if (n > 1)
		return false;
	*seq = n ? nonce : o->last_seq + (nonce - o->last_nonce);
	return true;
}

bool opener_number(struct opener *o, struct span record, unsigned n, uint64_t *seq)
{
	const struct record r = {
		.header = (const uint8_t *)record.data,
		.body = (const uint8_t *)record.data + RECORD_HEADER_LEN,
		.len = record.len - RECORD_HEADER_LEN,
	};

	if (o->suite.kind == SUITE_CBC || record.len < RECORD_HEADER_LEN ||
	    r.len < (size_t)o->suite.explicit_len + o->suite.tag_len)
		return false;
	if (o->suite.explicit_len)
		return guess_by_nonce(o, get_be64(r.body), n, seq);
	if (n || opener_may_count(o))
		return false;
	buffer_clear(&o->out);
	return buffer_reserve(&o->out, r.len + EVP_MAX_BLOCK_LENGTH) && compute_number(o, &r, seq);
}

bool opener_may_count(const struct opener *o)
{
	return o->version < TLS_1_3 || o->suite.kind != SUITE_GCM;
}
