/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cipher/suite.h"

#include <string.h>

#define RECORD_HEADER_LEN 5

/* The middle of a suite's name. Longer ones stand before those that they begin with. */
static const struct {
	const char *name;
	const char *cipher;
	enum suite_kind kind;
	uint8_t key_len;
	uint8_t tag_len; /* or the block of CBC */
} ciphers[] = {
	{"AES_128_GCM", "AES-128-GCM", SUITE_GCM, 16, 16},
	{"AES_256_GCM", "AES-256-GCM", SUITE_GCM, 32, 16},
	{"AES_128_CCM_8", "AES-128-CCM", SUITE_CCM, 16, 8},
	{"AES_256_CCM_8", "AES-256-CCM", SUITE_CCM, 32, 8},
	{"AES_128_CCM", "AES-128-CCM", SUITE_CCM, 16, 16},
	{"AES_256_CCM", "AES-256-CCM", SUITE_CCM, 32, 16},
	{"CHACHA20_POLY1305", "ChaCha20-Poly1305", SUITE_CHACHA, 32, 16},
	{"ARIA_128_GCM", "ARIA-128-GCM", SUITE_GCM, 16, 16},
	{"ARIA_256_GCM", "ARIA-256-GCM", SUITE_GCM, 32, 16},
	{"AES_128_CBC", "AES-128-CBC", SUITE_CBC, 16, 16},
	{"AES_256_CBC", "AES-256-CBC", SUITE_CBC, 32, 16},
	{"3DES_EDE_CBC", "DES-EDE3-CBC", SUITE_CBC, 24, 8},
	{"CAMELLIA_128_CBC", "CAMELLIA-128-CBC", SUITE_CBC, 16, 16},
	{"CAMELLIA_256_CBC", "CAMELLIA-256-CBC", SUITE_CBC, 32, 16},
	{"ARIA_128_CBC", "ARIA-128-CBC", SUITE_CBC, 16, 16},
	{"ARIA_256_CBC", "ARIA-256-CBC", SUITE_CBC, 32, 16},
};

/* The end of a suite's name. */
static const struct {
	const char *name;
	const char *digest;
	uint8_t len;
} digests[] = {
	{"_SHA256", "SHA256", 32},
	{"_SHA384", "SHA384", 48},
	{"_SHA", "SHA1", 20},
	{"_MD5", "MD5", 16},
};

/* Where the cipher stands in NAME. */
static const char *cipher_part(const char *name, uint16_t version)
{
	const char *with = strstr(name, "_WITH_");

	if (version >= TLS_1_3)
		return !with && strncmp(name, "TLS_", 4) == 0 ? name + 4 : NULL;
	return with ? with + 6 : NULL;
}

static bool read_digest(const char *end, uint16_t version, struct suite *suite)
{
	const char *hash = "SHA256";
	uint8_t hash_len = 32;
	size_t i = 0, count = sizeof(digests) / sizeof(digests[0]);

	while (i < count && strcmp(end, digests[i].name) != 0)
		i++;
	/* Those of CCM don't name TLS 1.2's hash, which is SHA-256. */
	if (i == count && (*end || suite->kind != SUITE_CCM))
		return false;
	if (i < count && suite->kind == SUITE_CBC) {
		suite->mac = digests[i].digest;
		suite->mac_len = digests[i].len;
	}
	if (i < count && digests[i].len == 48) {
		hash = digests[i].digest;
		hash_len = 48;
	}
	/* RFC 2246, section 5: both of them together. */
	suite->hash = version < TLS_1_2 ? "MD5-SHA1" : hash;
	suite->hash_len = hash_len;
	return true;
}

static void set_lengths(struct suite *suite, uint8_t tag_len, uint16_t version)
{
	if (suite->kind == SUITE_CBC) {
		suite->iv_len = tag_len;
		suite->explicit_len = version >= TLS_1_1 ? tag_len : 0;
		return;
	}
	suite->tag_len = tag_len;
	suite->iv_len = version >= TLS_1_3 || suite->kind == SUITE_CHACHA ? 12 : 4;
	suite->explicit_len = 12 - suite->iv_len;
}

bool suite_read(const char *name, uint16_t version, struct suite *suite)
{
	const char *part = name ? cipher_part(name, version) : NULL;

	*suite = (struct suite){0};
	for (size_t i = 0; part && i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		size_t len = strlen(ciphers[i].name);

		if (strncmp(part, ciphers[i].name, len) != 0)
			continue;
		suite->kind = ciphers[i].kind;
		suite->cipher = ciphers[i].cipher;
		suite->key_len = ciphers[i].key_len;
		set_lengths(suite, ciphers[i].tag_len, version);
		/* AEADs came with TLS 1.2, and are all that TLS 1.3 has. */
		if (suite->kind == SUITE_CBC ? version >= TLS_1_3 : version < TLS_1_2)
			return false;
		return version >= TLS_1_0 && read_digest(part + len, version, suite);
	}
	return false;
}

const char *suite_guess(size_t secret_len, size_t n)
{
	static const char *const of_sha256[] = {
		"TLS_AES_128_GCM_SHA256",
		"TLS_CHACHA20_POLY1305_SHA256",
		"TLS_AES_128_CCM_SHA256",
		"TLS_AES_128_CCM_8_SHA256",
	};

	if (secret_len == 48)
		return n == 0 ? "TLS_AES_256_GCM_SHA384" : NULL;
	return secret_len == 32 && n < 4 ? of_sha256[n] : NULL;
}

const char *suite_guess_older(size_t n)
{
	/* How keys are exchanged doesn't matter to records. */
	static const char *const names[] = {
		"TLS_RSA_WITH_AES_256_GCM_SHA384",
		"TLS_RSA_WITH_AES_128_GCM_SHA256",
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS_RSA_WITH_AES_256_CBC_SHA",
		"TLS_RSA_WITH_AES_128_CBC_SHA",
		"TLS_RSA_WITH_AES_128_CBC_SHA256",
		"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
		"TLS_RSA_WITH_AES_256_CBC_SHA256",
	};

	return n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL;
}

size_t suite_overhead(const struct suite *suite, uint16_t version)
{
	/* TLS 1.3 adds the content's type, CBC a byte of padding. */
	size_t more = version >= TLS_1_3 || suite->kind == SUITE_CBC ? 1 : 0;

	return RECORD_HEADER_LEN + suite->explicit_len + suite->tag_len + suite->mac_len + more;
}
