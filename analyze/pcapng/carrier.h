/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_CARRIER_H
#define SOCKTAPE_ANALYZE_PCAPNG_CARRIER_H

#include "format/buffer.h"

/*
 * TLS 1.2 that encrypts nothing, made up around plaintext: Wireshark takes it for TLS, with the
 * server's name and ALPN, and dissects what is inside without keys (RFC 5246, section 6.2.3.1: a
 * null cipher, whose MAC nobody checks).
 */

/* Bytes in a record at most (section 6.2.1), and what one has around them. */
#define CARRIER_RECORD_MAX 16384
#define CARRIER_HEAD_LEN   5
#define CARRIER_MAC_LEN	   20

struct carrier {
	const char *sni;  /* NULL: none */
	const char *alpn; /* NULL: none */
	uint64_t seed;	  /* of the randoms */
};

/* What each end says before its data, in this order. */
void carrier_client_hello(const struct carrier *c, struct buffer *out);
void carrier_server_hello(const struct carrier *c, struct buffer *out);
void carrier_client_end(struct buffer *out);

/* A record of LEN bytes, of which PAYLOAD was kept; without a MAC where that is less. */
void carrier_record(struct span payload, size_t len, struct buffer *out);

#endif
