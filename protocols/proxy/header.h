/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROXY_HEADER_H
#define SOCKTAPE_PROTOCOLS_PROXY_HEADER_H

#include "protocols/protocol.h"

/* Sections of HAProxy's proxy-protocol.txt: 2.1 (version 1), 2.2 (version 2). */
struct proxy_header {
	unsigned version;
	bool local;	    /* version 2: the proxy's own connection, a health check */
	const char *family; /* "tcp4", "udp6", "unix", ...; "unknown" */
	bool known;	    /* the addresses are */
	struct address client;
	struct address server;
	struct span tlvs; /* version 2 */
	size_t len;	  /* of the header */
};

/* The header that BYTES begin with: DONE, MORE (it may still be one) or BAD. */
enum frame_status proxy_header_read(struct span bytes, struct proxy_header *h);

/* Its TLVs as a JSON object, names of section 2.2.1 to 2.2.7 or "type_0xNN"; nothing without any.
 */
void proxy_header_append_tlvs(const struct proxy_header *h, struct buffer *out);

#endif
