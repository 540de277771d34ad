/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CIPHER_DERIVE_H
#define SOCKTAPE_PROTOCOLS_CIPHER_DERIVE_H

#include "format/span.h"
#include "protocols/cipher/keylog.h"

/* HKDF-Expand-Label without a context (RFC 8446, section 7.1). HASH: libcrypto's name. */
bool derive_label(const char *hash, const struct secret *secret, const char *label, uint8_t *out,
		  size_t len);

/* The key block out of a master secret (RFC 5246, section 6.3; RFC 2246 where HASH is MD5-SHA1). */
bool derive_block(const char *hash, const struct secret *master, const uint8_t *server_random,
		  const uint8_t *client_random, uint8_t *out, size_t len);

#endif
