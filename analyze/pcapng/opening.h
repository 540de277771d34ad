/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_OPENING_H
#define SOCKTAPE_ANALYZE_PCAPNG_OPENING_H

#include "analyze/pcapng/carrier.h"
#include "analyze/pcapng/splice.h"

/* What is made up in front of a stream's data, because Wireshark dissects nothing without it. */
struct opening {
	bool carried; /* in TLS that encrypts nothing */
	struct carrier carrier;
	struct splice_request asked; /* of a carrier, in front of it; empty: TLS comes at once */
	bool http2; /* joined midway: the client's preface, which alone says that it is HTTP/2 */
};

/* Takes what the client, or the server, says. */
typedef void opening_part_fn(void *context, bool client, struct span bytes);

/* All parts in order. What there is no memory for is left out. */
void opening_give(const struct opening *o, opening_part_fn *part, void *context);

struct opening_len {
	uint32_t client;
	uint32_t server;
};

/* Bytes that each side says. */
struct opening_len opening_len(const struct opening *o);

#endif
