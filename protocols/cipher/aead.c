/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cipher/opener_private.h"

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
void aead_nonce(const struct opener *o, const struct record *r, uint8_t nonce[NONCE_LEN])
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

/* RFC 8446, section 5.2: the header; RFC 5246, section 6.2.3.3: number, header, plain length. */
size_t aead_aad(const struct opener *o, const struct record *r, size_t len, uint8_t aad[AAD_MAX])
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

	aead_nonce(o, r, nonce);
	aad_len = aead_aad(o, r, len, aad);
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
