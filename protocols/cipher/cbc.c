/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "protocols/cipher/opener_private.h"

bool cbc_begin(struct opener *o)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	o->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	EVP_MAC_free(hmac);
	return o->mac != NULL;
}

/* Number, type, version and length, then the bytes (RFC 5246, section 6.2.3.1). */
static bool mac_fits(struct opener *o, const struct record *r, const uint8_t *data, size_t len,
		     const uint8_t *expected)
{
	char *digest = (char *)(uintptr_t)o->suite.mac;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_END,
	};
	uint8_t head[8 + RECORD_HEADER_LEN], mac[EVP_MAX_MD_SIZE];
	size_t mac_len = 0;

	put_be64(head, r->seq);
	memcpy(head + 8, r->header, 3);
	head[11] = (uint8_t)(len >> 8);
	head[12] = (uint8_t)len;
	return EVP_MAC_init(o->mac, o->mac_key, o->suite.mac_len, params) == 1 &&
	       EVP_MAC_update(o->mac, head, sizeof(head)) == 1 &&
	       EVP_MAC_update(o->mac, data, len) == 1 &&
	       EVP_MAC_final(o->mac, mac, &mac_len, sizeof(mac)) == 1 &&
	       mac_len == o->suite.mac_len && CRYPTO_memcmp(mac, expected, mac_len) == 0;
}

/* What is decrypted of LEN bytes at FROM, whole blocks, goes to o->out. */
static bool decrypt(struct opener *o, const uint8_t *iv, const uint8_t *from, size_t len)
{
	int done = 0;

	if (!len || len % o->suite.iv_len ||
	    EVP_DecryptInit_ex2(o->ctx, NULL, NULL, iv, NULL) != 1 ||
	    EVP_DecryptUpdate(o->ctx, (uint8_t *)o->out.data, &done, from, (int)len) != 1)
		return false;
	o->out.len = (size_t)done;
	return o->out.len == len;
}

/* Each byte of the padding, its length included, says how many stand before the last. */
static bool take_padding_off(struct opener *o)
{
	size_t len = o->out.len, padding = len ? (uint8_t)o->out.data[len - 1] : 0;

	if (padding >= len)
		return false;
	for (size_t i = 0; i <= padding; i++)
		if ((uint8_t)o->out.data[len - 1 - i] != padding)
			return false;
	o->out.len = len - padding - 1;
	return true;
}

bool cbc_open(struct opener *o, const struct record *r)
{
	const struct suite *s = &o->suite;
	size_t len = r->len, mac_len = s->mac_len;
	const uint8_t *iv = s->explicit_len ? r->body : o->iv;

	if (len < (size_t)s->explicit_len + mac_len)
		return false;
	if (o->encrypt_then_mac) {
		len -= mac_len;
		if (!mac_fits(o, r, r->body, len, r->body + len))
			return false;
	}
	if (!decrypt(o, iv, r->body + s->explicit_len, len - s->explicit_len) ||
	    !take_padding_off(o))
		return false;
	if (!o->encrypt_then_mac) {
		const uint8_t *data = (const uint8_t *)o->out.data;

		if (o->out.len < mac_len)
			return false;
		o->out.len -= mac_len;
		if (!mac_fits(o, r, data, o->out.len, data + o->out.len))
			return false;
	}
	if (!s->explicit_len)
		memcpy(o->iv, r->body + len - s->iv_len, s->iv_len);
	return true;
}

void opener_pass(struct opener *o, struct span record)
{
	size_t mac_len = o->encrypt_then_mac ? o->suite.mac_len : 0;

	if (o->suite.kind != SUITE_CBC || o->suite.explicit_len ||
	    record.len < RECORD_HEADER_LEN + mac_len + o->suite.iv_len)
		return;
	memcpy(o->iv, record.data + record.len - mac_len - o->suite.iv_len, o->suite.iv_len);
}
