/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cipher/derive.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* libcrypto takes everything as if it might change it. */
static OSSL_PARAM octets(const char *name, const void *data, size_t len)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, len);
}

static OSSL_PARAM text(const char *name, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)value, 0);
}

static bool derive(const char *kdf_name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done;
}

bool derive_label(const char *hash, const struct secret *secret, const char *label, uint8_t *out,
		  size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		text(OSSL_KDF_PARAM_DIGEST, hash),
		octets(OSSL_KDF_PARAM_KEY, secret->bytes, secret->len),
		octets(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
		octets(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
		OSSL_PARAM_END,
	};

	return derive("TLS13-KDF", params, out, len);
}

bool derive_block(const char *hash, const struct secret *master, const uint8_t *server_random,
		  const uint8_t *client_random, uint8_t *out, size_t len)
{
	const OSSL_PARAM params[] = {
		text(OSSL_KDF_PARAM_DIGEST, hash),
		octets(OSSL_KDF_PARAM_SECRET, master->bytes, master->len),
		octets(OSSL_KDF_PARAM_SEED, "key expansion", 13),
		octets(OSSL_KDF_PARAM_SEED, server_random, SECRET_NAME_LEN),
		octets(OSSL_KDF_PARAM_SEED, client_random, SECRET_NAME_LEN),
		OSSL_PARAM_END,
	};

	return derive("TLS1-PRF", params, out, len);
}
