/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_HEADERS_H
#define SOCKTAPE_ANALYZE_CAPTURE_HEADERS_H

#include "analyze/capture/packet.h"

/*
 * The functions behind HEADERS: each reads the header that P's `rest` begins with, drops it and
 * tells which one follows. Only packet.c, link.c, rare.c, shim.c, wifi.c, network.c, gre.c,
 * tunnel.c and mirror.c see them.
 */
#define HEADER_DECLARE(name, decode) enum header decode(struct packet *p);
HEADERS(HEADER_DECLARE)
#undef HEADER_DECLARE

/* What follows by its number. HEADER_SKIPPED, with the reason in P, when it isn't known. */
enum header header_by_link_type(struct packet *p, uint32_t link_type);
enum header header_by_ethertype(struct packet *p, uint16_t ethertype);
enum header header_by_ip_protocol(struct packet *p, uint8_t protocol);

/*
 * P's `rest` is the payload of a UDP datagram: what a tunnel of a known port carries, or
 * HEADER_DATAGRAM.
 */
enum header tunnel_open(struct packet *p);

/* Drops a header of LEN bytes, whose EtherType stands at AT. */
enum header header_with_ethertype(struct packet *p, size_t len, size_t at);

/* The numbers of NSH (RFC 8300) and VXLAN-GPE. */
enum header header_by_next_protocol(struct packet *p, uint8_t next);

/* A length or an EtherType, as IEEE 802.3 tells them apart. */
enum header header_by_length_or_type(struct packet *p, uint16_t value);

/* Whether an Ethernet header stands at AT, with an EtherType that is known. */
bool header_is_ethernet(const struct slice *s, size_t at);

/* Whether what stands AT may be an IP packet. */
static inline bool header_is_ip(const struct slice *s, size_t at)
{
	return slice_has(s, at + 20) &&
	       (s->data[at] >> 4 == 6 || (s->data[at] >> 4 == 4 && (s->data[at] & 15) >= 5));
}

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
