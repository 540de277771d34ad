/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/cipher/opener_private.h"

/*
 * Which number a record has: in TLS 1.3 it is in the nonce, before that in what is authenticated.
 * GCM's tag (NIST SP 800-38D, section 7.1) tells either: it is a digest of header and encrypted
 * bytes, XOR the encrypted block (nonce, 1), and the digest is linear in the header.
 */

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

/* Encrypts LEN bytes at DATA in place, as those of R; TAG may be NULL. */
static bool encrypt(struct opener *o, const struct record *r, uint8_t *data, size_t len,
		    uint8_t *tag)
{
	uint8_t nonce[NONCE_LEN], aad[AAD_MAX];
	size_t aad_len = aead_aad(o, r, len, aad);
	int done = 0, more = 0;

	aead_nonce(o, r, nonce);
	return EVP_EncryptInit_ex2(o->forward, NULL, NULL, nonce, NULL) == 1 &&
	       EVP_EncryptUpdate(o->forward, NULL, &done, aad, (int)aad_len) == 1 &&
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

/* The tag of the bytes that R has, if its number is that of R. */
static bool tag_as(struct opener *o, const struct record *r, uint8_t tag[BLOCK_LEN])
{
	size_t len = r->len - o->suite.explicit_len - BLOCK_LEN;
	uint8_t *data = (uint8_t *)o->out.data;

	memset(data, 0, len);
	if (!encrypt(o, r, data, len, NULL))
		return false;
	exclusive_or(data, r->body + o->suite.explicit_len, len);
	return encrypt(o, r, data, len, tag);
}

/*
 * TLS 1.3's header doesn't hold the number, so the digest can be had under any nonce, and
 * decrypting what is left of the tag gives this record's own.
 */
static bool number_in_nonce(struct opener *o, const struct record *r, uint64_t *seq)
{
	uint8_t tag[BLOCK_LEN], block[BLOCK_LEN] = {0};

	memcpy(block, o->iv, NONCE_LEN);
	block[BLOCK_LEN - 1] = 1;
	if (!tag_as(o, r, tag) || !one_block(o, true, block))
		return false;
	exclusive_or(tag, block, BLOCK_LEN);
	exclusive_or(tag, r->body + r->len - BLOCK_LEN, BLOCK_LEN);
	if (!one_block(o, false, tag))
		return false;
	*seq = get_be64(tag + 4) ^ get_be64(o->iv + 4);
	return !memcmp(tag, o->iv, 4) && !memcmp(tag + NONCE_LEN, "\0\0\0\1", 4);
}

/* An element of GCM's field, as its block in big-endian order. */
struct element {
	uint64_t high;
	uint64_t low;
};

static struct element element_of(const uint8_t block[BLOCK_LEN])
{
	return (struct element){get_be64(block), get_be64(block + 8)};
}

/* Section 6.3: the product with x. */
static struct element times_x(struct element e)
{
	uint64_t carry = e.low & 1;

	e.low = e.low >> 1 | e.high << 63;
	e.high = e.high >> 1 ^ (carry ? UINT64_C(0xe1) << 56 : 0);
	return e;
}

/* Takes from *E, and from *SUM, what of BASIS has the leading bits that it has. Gives that of the
 * rest; -1: nothing is left. */
static int reduce(const struct element basis[128], const uint64_t sums[128], struct element *e,
		  uint64_t *sum)
{
	while (e->high || e->low) {
		int lead = e->high ? __builtin_clzll(e->high) : 64 + __builtin_clzll(e->low);

		if (!basis[lead].high && !basis[lead].low)
			return lead;
		e->high ^= basis[lead].high;
		e->low ^= basis[lead].low;
		*sum ^= sums[lead];
	}
	return -1;
}

/* The number whose bits' parts of the digest, of which the highest bit's is FACTOR, add up to
 * DIGEST. */
static bool number_solve(struct element factor, struct element digest, uint64_t *seq)
{
	struct element basis[128] = {{0}};
	uint64_t sums[128] = {0};

	for (int bit = 63; bit >= 0; bit--, factor = times_x(factor)) {
		struct element e = factor;
		uint64_t sum = UINT64_C(1) << bit;
		int lead = reduce(basis, sums, &e, &sum);

		if (lead < 0)
			continue;
		basis[lead] = e;
		sums[lead] = sum;
	}
	*seq = 0;
	return reduce(basis, sums, &digest, seq) < 0;
}

/*
 * RFC 5246, section 6.2.3.3: the number begins the header. So how the tag differs from that of
 * number 0 tells it: a number of 64 bits has to fit a digest of 128.
 */
static bool number_in_header(struct opener *o, const struct record *r, uint64_t *seq)
{
	struct record other = *r;
	uint8_t none[BLOCK_LEN], highest[BLOCK_LEN], tag[BLOCK_LEN];

	other.seq = 0;
	if (!tag_as(o, &other, none))
		return false;
	other.seq = UINT64_C(1) << 63;
	if (!tag_as(o, &other, highest))
		return false;
	memcpy(tag, r->body + r->len - BLOCK_LEN, BLOCK_LEN);
	exclusive_or(tag, none, BLOCK_LEN);
	exclusive_or(highest, none, BLOCK_LEN);
	return number_solve(element_of(highest), element_of(tag), seq);
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
	if (o->suite.explicit_len && guess_by_nonce(o, get_be64(r.body), n, seq))
		return true;
	if (n > (o->suite.explicit_len ? 2 : 0) || opener_may_count(o))
		return false;
	buffer_clear(&o->out);
	if (!buffer_reserve(&o->out, r.len + EVP_MAX_BLOCK_LENGTH) || !prepare(o))
		return false;
	return o->version < TLS_1_3 ? number_in_header(o, &r, seq) : number_in_nonce(o, &r, seq);
}

bool opener_may_count(const struct opener *o)
{
	return o->suite.kind != SUITE_GCM;
}
