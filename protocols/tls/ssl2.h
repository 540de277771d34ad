/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_SSL2_H
#define SOCKTAPE_PROTOCOLS_TLS_SSL2_H

#include "protocols/protocol.h"
#include "protocols/tls/hello.h"

/*
 * SSL 2.0 ("The SSL Protocol", Hickman 1995): clients of old begin with its hello though they can
 * do better (RFC 5246, appendix E.2), and servers of old answer in it.
 */
#define TLS_SSL2 0x0002

/* How long the record is that BYTES begin with, header included; 0: not enough of it is there. */
size_t tls_ssl2_record_len(struct span bytes);

/* Whether BYTES begin with its ClientHello, or ServerHello: their first bytes tell. */
enum start tls_ssl2_begins(struct span bytes, bool server);

/*
 * A ClientHello, record header included. What TLS calls random is made in RANDOM of what is sent of
 * it. It has no extensions, and no fingerprint.
 */
bool tls_ssl2_client_hello_read(struct span record, uint8_t random[TLS_RANDOM_LEN],
				struct tls_client_hello *hello);

/* The certificate in a ServerHello, record header included; empty: there is none. */
struct span tls_ssl2_certificate(struct span record);

#endif
