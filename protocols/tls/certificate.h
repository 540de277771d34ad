/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_CERTIFICATE_H
#define SOCKTAPE_PROTOCOLS_TLS_CERTIFICATE_H

#include "format/buffer.h"

/* What a certificate (X.509, DER) says of whom it is for. Zeroed is empty. */
struct tls_certificate {
	struct buffer subject, issuer;	     /* RFC 2253 */
	struct buffer names;		     /* alternative names: a JSON array */
	struct buffer not_before, not_after; /* ISO 8601 */
	struct buffer serial;		     /* hexadecimal */
};

/* False when DER is none; then CERTIFICATE is empty. */
bool tls_certificate_read(struct span der, struct tls_certificate *certificate);

void tls_certificate_free(struct tls_certificate *certificate);

#endif
