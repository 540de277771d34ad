/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_HTTP2_H
#define SOCKTAPE_PROTOCOLS_HTTP2_HTTP2_H

#include "protocols/protocol.h"

/* HTTP/2 (RFC 9113) and gRPC on it. */
extern const struct protocol protocol_http2;

/* A request that came as HTTP/1.1, and is that of stream 1 after the upgrade (RFC 7540,
 * section 3.2). */
struct http2_upgrade {
	int64_t first, last; /* when its first and last byte were seen */
	uint64_t body_bytes; /* of its body, transferred */
	struct span method, path, authority;
	struct span headers; /* JSON */
	struct span body;    /* decoded or not coded, what is kept of it */
};

/* Leaves it to the HTTP/2 that the session switches to. */
void http2_bequeath(struct session *s, const struct http2_upgrade *upgrade);

#endif
