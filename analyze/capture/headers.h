/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_HEADERS_H
#define SOCKTAPE_ANALYZE_CAPTURE_HEADERS_H

#include "analyze/capture/packet.h"

/*
 * The functions behind HEADERS: each reads the header that P's `rest` begins with, drops it and
 * tells which one follows. Only packet.c, link.c, wifi.c and network.c see them.
 */
#define HEADER_DECLARE(name, decode) enum header decode(struct packet *p);
HEADERS(HEADER_DECLARE)
#undef HEADER_DECLARE

/* What follows by its number. HEADER_SKIPPED, with the reason in P, when it isn't known. */
enum header header_by_link_type(struct packet *p, uint32_t link_type);
enum header header_by_ethertype(struct packet *p, uint16_t ethertype);
enum header header_by_ip_protocol(struct packet *p, uint8_t protocol);

static inline enum header header_skip(struct packet *p, enum capture_skip skip)
{
	p->skip = skip;
	return HEADER_SKIPPED;
}

/* For a header that needs more bytes than `rest` has. */
static inline enum header header_short(struct packet *p)
{
	bool cut = p->rest.captured < p->rest.len;

	return header_skip(p, cut ? CAPTURE_SKIP_CUT : CAPTURE_SKIP_MALFORMED);
}

#endif
