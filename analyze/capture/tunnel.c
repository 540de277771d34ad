/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/tunnel.h"

#include <string.h>

/*
 * Tunnels inside of UDP. Each function looks at the payload: when it is one of its own it drops the
 * tunnel's header and tells what is inside, else it leaves all as it is and says HEADER_DATAGRAM.
 */

/*
 * RFC 7348, section 5; more flags say more of the other bytes (draft-smith-vxlan-group-policy). The
 * one that must be set isn't by all who send it.
 */
static enum header open_vxlan(struct packet *p)
{
	if (!slice_has(&p->rest, 8) ||
	    (!(p->rest.data[0] & 0x08) && !header_is_ethernet(&p->rest, 8)))
		return HEADER_DATAGRAM;
	return tunnel_opens(p, 8, HEADER_ETHERNET);
}

/* draft-ietf-nvo3-vxlan-gpe, section 3: version 0; a flag tells that the next protocol is named. */
static enum header open_vxlan_gpe(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 8) || !(d[0] & 0x08) || d[0] & 0x30)
		return HEADER_DATAGRAM;
	slice_skip(&p->rest, 8);
	return d[0] & 0x04 ? header_by_next_protocol(p, d[3]) : HEADER_ETHERNET;
}

/* RFC 8926, section 3.4. */
static enum header open_geneve(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 8) || d[0] >> 6 != 0)
		return HEADER_DATAGRAM;
	slice_skip(&p->rest, 8 + (d[0] & 0x3fu) * 4);
	return header_by_ethertype(p, load_be16(d + 2));
}

#define GTP_T_PDU      255
#define GTP_EXTENSION  0x04
#define GTP_OPTIONAL   0x07 /* any of extension, sequence, N-PDU: all three fields are there */
#define GTP_EXTENSIONS 32

/* Behind the extension headers: each begins with its length in words and ends with what follows. */
static size_t gtp_extensions(const struct slice *s, size_t at)
{
	uint8_t next = s->data[at - 1];

	for (int i = 0; next; i++) {
		size_t len = slice_has(s, at + 1) ? s->data[at] * 4u : 0;

		if (len == 0 || i == GTP_EXTENSIONS || !slice_has(s, at + len))
			return 0;
		at += len;
		next = s->data[at - 1];
	}
	return at;
}

/* 3GPP TS 29.281, section 5 (version 1), and TS 29.060 of release 97 (version 0). */
static enum header open_gtp(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t len = 8;

	if (!slice_has(&p->rest, 8) || d[1] != GTP_T_PDU || !(d[0] & 0x10))
		return HEADER_DATAGRAM;
	if (d[0] >> 5 == 0)
		len = 20;
	else if (d[0] >> 5 != 1)
		return HEADER_DATAGRAM;
	else if (d[0] & GTP_OPTIONAL)
		len = 12;
	if (!slice_has(&p->rest, len))
		return HEADER_DATAGRAM;
	if (len == 12 && d[0] & GTP_EXTENSION)
		len = gtp_extensions(&p->rest, len);
	if (len == 0)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, len, header_is_ip(&p->rest, len) ? HEADER_RAW_IP : HEADER_PPP);
}

#define L2TP_CONTROL  0x8000
#define L2TP_LENGTH   0x4000
#define L2TP_SEQUENCE 0x0800
#define L2TP_OFFSET   0x0200
#define L2TP_VERSION  0x000f

/* RFC 2661, section 3.1: data messages, with PPP. */
static enum header open_l2tp(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	uint16_t flags;
	size_t len = 6;

	if (!slice_has(&p->rest, 6))
		return HEADER_DATAGRAM;
	flags = load_be16(d);
	if (flags & L2TP_CONTROL || (flags & L2TP_VERSION) != 2)
		return HEADER_DATAGRAM;
	len += flags & L2TP_LENGTH ? 2 : 0;
	len += flags & L2TP_SEQUENCE ? 4 : 0;
	if (flags & L2TP_OFFSET) {
		if (!slice_has(&p->rest, len + 2))
			return HEADER_DATAGRAM;
		len += 2u + load_be16(d + len);
	}
	return tunnel_opens(p, len, HEADER_PPP);
}

/* RFC 7510. The bottom of the stack must be near. */
static enum header open_mpls(struct packet *p)
{
	for (size_t at = 0; slice_has(&p->rest, at + 4) && at < 16 * 4; at += 4)
		if (p->rest.data[at + 2] & 1)
			return HEADER_MPLS;
	return HEADER_DATAGRAM;
}

/* RFC 8086. */
static enum header open_gre(struct packet *p)
{
	if (!slice_has(&p->rest, 4) || load_be16(p->rest.data) & 0x0fff)
		return HEADER_DATAGRAM;
	return HEADER_GRE;
}

/* Where the IPv6 packet begins, behind authentication and origin: RFC 4380, section 5.1.1. */
static size_t teredo_len(const struct slice *s)
{
	size_t at = 0;

	if (slice_has(s, 4) && load_be16(s->data) == 1)
		at = 4u + s->data[2] + s->data[3] + 9;
	if (slice_has(s, at + 2) && load_be16(s->data + at) == 0)
		at += 8;
	return at;
}

static bool is_ipv6(const struct slice *s, size_t at)
{
	return slice_has(s, at + 40) && s->data[at] >> 4 == 6 &&
	       load_be16(s->data + at + 4) + at + 40 <= s->len;
}

static enum header open_teredo(struct packet *p)
{
	size_t len = teredo_len(&p->rest);

	return is_ipv6(&p->rest, len) ? tunnel_opens(p, len, HEADER_IPV6) : HEADER_DATAGRAM;
}

/* On other ports, between clients: one of the two addresses must be Teredo's. */
static enum header open_teredo_anywhere(struct packet *p)
{
	static const uint8_t prefix[4] = {0x20, 0x01};
	size_t len = teredo_len(&p->rest);
	const uint8_t *d;

	if (!is_ipv6(&p->rest, len))
		return HEADER_DATAGRAM;
	d = p->rest.data + len;
	if (memcmp(d + 8, prefix, sizeof(prefix)) != 0 &&
	    memcmp(d + 24, prefix, sizeof(prefix)) != 0)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, len, HEADER_IPV6);
}

/* draft-massar-v6ops-ayiya-02, section 3: identity of 2^n bytes, signature in words. */
static enum header open_ayiya(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 8) || (d[2] & 15) != 1 /* forward */)
		return HEADER_DATAGRAM;
	slice_skip(&p->rest, 8 + ((size_t)1 << (d[0] >> 4)) + (d[1] >> 4) * 4u);
	return header_by_ip_protocol(p, d[3]);
}

/* RFC 7450, section 5.1.6: multicast data. */
static enum header open_amt(struct packet *p)
{
	if (!header_is_ip(&p->rest, 2) || load_be16(p->rest.data) != 0x0600)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, 2, HEADER_RAW_IP);
}

/* RFC 9300, section 5.1. */
static enum header open_lisp(struct packet *p)
{
	return header_is_ip(&p->rest, 8) ? tunnel_opens(p, 8, HEADER_RAW_IP) : HEADER_DATAGRAM;
}

/* RFC 9301, section 5.8: control messages on their way through the mapping system. */
static enum header open_lisp_control(struct packet *p)
{
	if (!header_is_ip(&p->rest, 4) || p->rest.data[0] >> 4 != 8)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, 4, HEADER_RAW_IP);
}

/* RFC 3519, section 4.3: Mobile IP through an address translator, of type 4. */
static enum header open_mobile_ip(struct packet *p)
{
	if (!header_is_ip(&p->rest, 4) || p->rest.data[0] != 4)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, 4, HEADER_RAW_IP);
}

/* B.A.T.M.A.N.'s way to a gateway: a byte of type, 1 for data. */
static enum header open_batman_gateway(struct packet *p)
{
	if (!header_is_ip(&p->rest, 1) || p->rest.data[0] != 1)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, 1, HEADER_RAW_IP);
}

/* RFC 2353: LLC in UDP. */
static enum header open_llc(struct packet *p)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 0x03};

	if (!slice_has(&p->rest, 8) || memcmp(p->rest.data, snap, sizeof(snap)) != 0)
		return HEADER_DATAGRAM;
	return HEADER_LLC;
}

static const struct {
	uint16_t port;
	enum header (*open)(struct packet *p);
} tunnels[] = {
	{434, open_mobile_ip},
	{1701, open_l2tp},
	{2152, open_gtp},
	{2268, open_amt},
	{3386, open_gtp},
	{3544, open_teredo},
	{4306, open_batman_gateway},
	{4341, open_lisp},
	{4342, open_lisp_control},
	{4754, open_gre},
	{4789, open_vxlan},
	{4790, open_vxlan_gpe},
	{5072, open_ayiya},
	{5247, tunnel_capwap},
	{6081, open_geneve},
	{6635, open_mpls},
	{12000, open_llc},
	{12001, open_llc},
	{12002, open_llc},
	{12003, open_llc},
	{12004, open_llc},
	{12220, tunnel_lwapp_ethernet},
	{12222, tunnel_lwapp},
	{12223, tunnel_lwapp_addressed},
	{30030, tunnel_juniper},
	{37008, tunnel_tzsp},
};

/* Ports below this are servers' of other protocols, so that the other port is just a number. */
#define SYSTEM_PORTS 1024u

static enum header open_as(struct packet *p, uint16_t port)
{
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		if (tunnels[i].port == port)
			return tunnels[i].open(p);
	}
	return HEADER_DATAGRAM;
}

/* Only believed when it leads to a whole packet: where it doesn't, P is as it was. */
static enum header try_as(struct packet *p, uint16_t port)
{
	const struct packet before = *p;
	enum header end;

	p->fragments = NULL;
	end = packet_decode_from(p, open_as(p, port));
	p->fragments = before.fragments;
	if (end == HEADER_SKIPPED) {
		*p = before;
		return HEADER_DATAGRAM;
	}
	return end;
}

static enum header open_on(struct packet *p, uint16_t port, uint16_t other)
{
	return other < SYSTEM_PORTS ? try_as(p, port) : open_as(p, port);
}

enum header tunnel_open(struct packet *p)
{
	const uint8_t *payload = p->rest.data;
	enum header inner = open_on(p, p->destination.port, p->source.port);

	if (inner == HEADER_DATAGRAM && p->rest.data == payload)
		inner = open_on(p, p->source.port, p->destination.port);
	if (inner == HEADER_DATAGRAM && p->rest.data == payload)
		inner = open_teredo_anywhere(p);
	if (inner == HEADER_DATAGRAM && p->rest.data == payload)
		inner = tunnel_peek_remote(p);
	return inner;
}
