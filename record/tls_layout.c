/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_layout.h"

#include <stdio.h>

/* Of struct tls_layout: the fields of GnuTLS's, in their order; OpenSSL's; and Go's. */
#define AT(r_in, r_at, server, secrets, m_in, m_at, random)                                        \
	{                                                                                          \
		.random_in = (r_in), .random_at = (r_at), .server_at = (server),                   \
		.secrets_at = (secrets), .master_in = (m_in), .master_at = (m_at),                 \
		.server_random = (random)                                                          \
	}
#define AT_OPENSSL(r_in, r_at, server, secrets, m_in, bio, method, fd)                             \
	{                                                                                          \
		.random_in = (r_in), .random_at = (r_at), .server_at = (server),                   \
		.secrets_at = (secrets), .master_in = (m_in), .master_at = 0x50,                   \
		.server_random = -32, .bio_in = (bio), .bio_method = (method), .bio_fd = (fd)      \
	}
#define AT_GO(version, client, sent, received)                                                     \
	{                                                                                          \
		.go_version = (version), .go_client = (client), .go_sent = (sent),                 \
		.go_received = (received)                                                          \
	}

/* Versions are compared as numbers: 1.1.1w is 1, 1, 1. */
struct version {
	unsigned int major;
	unsigned int minor;
	unsigned int patch;
};

/*
 * 1.1.1 has the random behind ssl->s3, later ones in the object itself; the master secret is in its
 * session, behind the version, its length and the early secret. GnuTLS has all in the object
 * (tools/gnutls-offsets.c). Tried: 3.0.19, 3.0.22, 3.5.9, and GnuTLS 3.7.9, 3.8.9, 3.8.13; the
 * others are as their structures are declared. A wrong one does no harm: a random that stands in no
 * ClientHello ties nothing, and what is no secret opens nothing.
 */
static const struct {
	enum tls_library kind;
	struct version first;
	struct version last;
	struct tls_layout layout;
} layouts[] = {
	{TLS_LIBRARY_OPENSSL,
	 {1, 1, 1},
	 {1, 1, 1},
	 AT_OPENSSL(0xa8, 0xb8, 0x38, 0x33c, 0x510, 0x10, 0, 0x30)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 0, 0},
	 {3, 1, 99},
	 AT_OPENSSL(0, 0x160, 0x38, 0x744, 0x918, 0x10, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 2, 0},
	 {3, 2, 3},
	 AT_OPENSSL(0, 0x140, 0x70, 0x6fc, 0x880, 0x48, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 2, 4},
	 {3, 2, 99},
	 AT_OPENSSL(0, 0x148, 0x78, 0x704, 0x888, 0x50, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 3, 0},
	 {3, 3, 2},
	 AT_OPENSSL(0, 0x140, 0x70, 0x6fc, 0x880, 0x48, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 3, 3},
	 {3, 3, 99},
	 AT_OPENSSL(0, 0x148, 0x78, 0x704, 0x888, 0x50, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 4, 0},
	 {3, 4, 0},
	 AT_OPENSSL(0, 0x140, 0x70, 0x6fc, 0x880, 0x48, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 4, 1},
	 {3, 4, 99},
	 AT_OPENSSL(0, 0x148, 0x78, 0x704, 0x888, 0x50, 8, 0x38)},
	{TLS_LIBRARY_OPENSSL,
	 {3, 5, 0},
	 {4, 0, 99},
	 AT_OPENSSL(0, 0x188, 0x78, 0x77c, 0x900, 0x50, 8, 0x38)},
	{TLS_LIBRARY_GNUTLS, {3, 7, 0}, {3, 7, 2}, AT(0, 0x50, 0, 0x1884, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 7, 3}, {3, 7, 6}, AT(0, 0x50, 0, 0x188c, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 7, 7}, {3, 7, 99}, AT(0, 0x50, 0, 0x1814, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 8, 0}, {3, 8, 3}, AT(0, 0x50, 0, 0x1814, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 8, 4}, {3, 8, 6}, AT(0, 0x50, 0, 0x185c, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 8, 7}, {3, 8, 9}, AT(0, 0x50, 0, 0x1a54, 0, 0x20, 32)},
	/* As Debian 13 has patched it. */
	{TLS_LIBRARY_GNUTLS, {3, 8, 9}, {3, 8, 9}, AT(0, 0x50, 0, 0x1b5c, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 8, 10}, {3, 8, 10}, AT(0, 0x50, 0, 0x1b9c, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 8, 11}, {3, 8, 13}, AT(0, 0x50, 0, 0x1bfc, 0, 0x20, 32)},
	{TLS_LIBRARY_GNUTLS, {3, 8, 14}, {3, 8, 99}, AT(0, 0x50, 0, 0, 0, 0x20, 32)},
	/* As tools/go-tls-offsets tells them, of the first and the last of each minor version. */
	{TLS_LIBRARY_GO, {1, 19, 0}, {1, 19, 99}, AT_GO(0x40, 0x10, 0x260, 0x1d0)},
	{TLS_LIBRARY_GO, {1, 20, 0}, {1, 20, 99}, AT_GO(0x40, 0x10, 0x278, 0x1e8)},
	{TLS_LIBRARY_GO, {1, 21, 0}, {1, 22, 99}, AT_GO(0x48, 0x10, 0x290, 0x1f8)},
	{TLS_LIBRARY_GO, {1, 23, 0}, {1, 24, 99}, AT_GO(0x48, 0x10, 0x298, 0x200)},
	{TLS_LIBRARY_GO, {1, 25, 0}, {1, 26, 99}, AT_GO(0x48, 0x10, 0x288, 0x1f0)},
};

static int version_compare(const struct version *a, const struct version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return (a->patch > b->patch) - (a->patch < b->patch);
}

/* The first three numbers of the text. */
static bool version_read(struct span text, struct version *version)
{
	char copy[64];
	size_t len = text.len < sizeof(copy) - 1 ? text.len : sizeof(copy) - 1;
	const char *digits;

	memcpy(copy, text.data ? text.data : "", len);
	copy[len] = '\0';
	digits = copy + strcspn(copy, "0123456789");
	version->patch = 0; /* Go's first of a minor version had none up to 1.20 */
	return sscanf(digits, "%u.%u.%u", &version->major, &version->minor, &version->patch) >= 2;
}

bool tls_layout_find(enum tls_library kind, struct span version, size_t n,
		     struct tls_layout *layout)
{
	struct version wanted;

	if (!version_read(version, &wanted))
		return false;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].kind != kind || version_compare(&wanted, &layouts[i].first) < 0 ||
		    version_compare(&wanted, &layouts[i].last) > 0 || n-- > 0)
			continue;
		*layout = layouts[i].layout;
		return true;
	}
	return false;
}
