/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

#include <string.h>

/* IPv4 (RFC 791), IPv6 (RFC 8200), what they carry, and tunnels. */

/* Assigned Internet Protocol Numbers, IANA. */
static const struct {
	uint8_t protocol;
	enum header header;
} ip_protocols[] = {
	{6, HEADER_TCP},
	{17, HEADER_UDP},
	{4, HEADER_IPV4},
	{41, HEADER_IPV6},
	{47, HEADER_GRE},
	{44, HEADER_IPV6_FRAGMENT},
	{0, HEADER_IPV6_EXTENSION},
	{43, HEADER_IPV6_EXTENSION},
	{60, HEADER_IPV6_EXTENSION},
	{51, HEADER_AUTHENTICATION},
	{137, HEADER_MPLS},
};

enum header header_by_ip_protocol(struct packet *p, uint8_t protocol)
{
	for (size_t i = 0; i < sizeof(ip_protocols) / sizeof(ip_protocols[0]); i++) {
		if (ip_protocols[i].protocol == protocol)
			return ip_protocols[i].header;
	}
	return header_skip(p, CAPTURE_SKIP_TRANSPORT);
}

static struct address make_address(enum address_family family, const uint8_t *ip)
{
	struct address address = {.family = family};

	memcpy(address.ip, ip, family == ADDRESS_INET4 ? 4 : 16);
	return address;
}

/*
 * Drops what the link padded. Where the IP header tells of more than the packet had, the capture
 * was cut by a tool that didn't say so. A length of zero is a packet that the network card was
 * still to split (segmentation offload), or a jumbogram.
 */
static void set_len(struct slice *s, size_t len)
{
	if (len == 0)
		return;
	slice_limit(s, len);
	s->len = len;
}

/* `rest` is a fragment: on with the datagram when it is whole. */
static enum header reassemble(struct packet *p, const struct fragment *fragment, uint8_t protocol)
{
	if (fragment->offset == 0 && !fragment->more)
		return header_by_ip_protocol(p, protocol);
	if (!fragments_add(p->fragments, fragment, &p->rest))
		return HEADER_WAITING;
	return header_by_ip_protocol(p, protocol);
}

enum header decode_ipv4(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	struct fragment fragment;
	size_t header_len;
	size_t total_len;
	uint8_t protocol;

	if (!slice_has(&p->rest, 20))
		return header_short(p);
	header_len = (d[0] & 15u) * 4;
	total_len = load_be16(d + 2);
	if (d[0] >> 4 != 4 || header_len < 20 || (total_len && total_len < header_len))
		return header_skip(p, CAPTURE_SKIP_MALFORMED);
	set_len(&p->rest, total_len);
	protocol = d[9];
	p->source = make_address(ADDRESS_INET4, d + 12);
	p->destination = make_address(ADDRESS_INET4, d + 16);
	fragment = (struct fragment){
		.ts = p->ts,
		.source = p->source,
		.destination = p->destination,
		.id = load_be16(d + 4),
		.protocol = protocol,
		.offset = (load_be16(d + 6) & 0x1fffu) * 8,
		.more = d[6] & 0x20,
	};
	slice_skip(&p->rest, header_len);
	return reassemble(p, &fragment, protocol);
}

enum header decode_ipv6(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	uint16_t payload_len;

	if (!slice_has(&p->rest, 40))
		return header_short(p);
	if (d[0] >> 4 != 6)
		return header_skip(p, CAPTURE_SKIP_MALFORMED);
	payload_len = load_be16(d + 4);
	p->source = make_address(ADDRESS_INET6, d + 8);
	p->destination = make_address(ADDRESS_INET6, d + 24);
	slice_skip(&p->rest, 40);
	set_len(&p->rest, payload_len);
	return header_by_ip_protocol(p, d[6]);
}

/* RFC 8200, section 4: hop-by-hop options, routing, destination options. */
enum header decode_ipv6_extension(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	slice_skip(&p->rest, (d[1] + 1u) * 8);
	return header_by_ip_protocol(p, d[0]);
}

/* RFC 8200, section 4.5. */
enum header decode_ipv6_fragment(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	struct fragment fragment;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	fragment = (struct fragment){
		.ts = p->ts,
		.source = p->source,
		.destination = p->destination,
		.id = load_be32(d + 4),
		.offset = load_be16(d + 2) & 0xfff8u,
		.more = d[3] & 1,
	};
	slice_skip(&p->rest, 8);
	return reassemble(p, &fragment, d[0]);
}

/* RFC 4302, section 2: its length is in units of 4 bytes, minus 2. */
enum header decode_authentication(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 12))
		return header_short(p);
	slice_skip(&p->rest, (d[1] + 2u) * 4);
	return header_by_ip_protocol(p, d[0]);
}

#define GRE_CHECKSUM	  0x8000
#define GRE_ROUTING	  0x4000
#define GRE_KEY		  0x2000
#define GRE_SEQUENCE	  0x1000
#define GRE_ACK		  0x0080 /* version 1, PPTP */
#define GRE_VERSION	  0x0007
#define ETHERTYPE_ERSPAN2 0x88be
#define ETHERTYPE_ERSPAN3 0x22eb

/* RFC 2784 and 2890; version 1: RFC 2637, section 4.1. ERSPAN: a header, then Ethernet. */
enum header decode_gre(struct packet *p)
{
	uint16_t flags;
	uint16_t type;
	size_t len = 4;

	if (!slice_has(&p->rest, 4))
		return header_short(p);
	flags = load_be16(p->rest.data);
	type = load_be16(p->rest.data + 2);
	if ((flags & GRE_VERSION) > 1 || flags & GRE_ROUTING)
		return header_skip(p, CAPTURE_SKIP_TRANSPORT);
	len += flags & GRE_CHECKSUM ? 4 : 0;
	len += flags & GRE_KEY ? 4 : 0;
	len += flags & GRE_SEQUENCE ? 4 : 0;
	len += (flags & GRE_VERSION) && (flags & GRE_ACK) ? 4 : 0;
	if (type == ETHERTYPE_ERSPAN2)
		len += flags & GRE_SEQUENCE ? 8 : 0; /* type I has no header */
	else if (type == ETHERTYPE_ERSPAN3)
		len += 12;
	slice_skip(&p->rest, len);
	if (type == ETHERTYPE_ERSPAN2 || type == ETHERTYPE_ERSPAN3)
		return HEADER_ETHERNET;
	return header_by_ethertype(p, type);
}

/* RFC 9293, section 3.1. What a short capture still has to hold of it: up to the flags. */
enum header decode_tcp(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t header_len;

	if (!slice_has(&p->rest, 14))
		return header_short(p);
	header_len = (d[12] >> 4) * 4u;
	if (header_len < 20 || header_len > p->rest.len)
		return header_skip(p, CAPTURE_SKIP_MALFORMED);
	p->source.port = load_be16(d);
	p->destination.port = load_be16(d + 2);
	p->tcp = (struct tcp_header){load_be32(d + 4), load_be32(d + 8), d[13]};
	slice_skip(&p->rest, header_len);
	return HEADER_SEGMENT;
}

/* Tunnels inside of UDP: how many bytes stand before the inner packet, and what that is. */
struct tunnel {
	uint16_t port; /* the destination's */
	enum header inner;
	size_t (*header_len)(const struct slice *s); /* 0: it isn't one */
};

static bool begins_ip(const struct slice *s, size_t at)
{
	return s->captured > at && (s->data[at] >> 4 == 4 || s->data[at] >> 4 == 6);
}

/* RFC 7348, section 5. */
static size_t vxlan_len(const struct slice *s)
{
	bool valid = slice_has(s, 8) && s->data[0] == 0x08 && s->data[7] == 0;

	return valid ? 8 : 0;
}

/* RFC 8926, section 3.4; Ethernet inside. */
static size_t geneve_len(const struct slice *s)
{
	if (!slice_has(s, 8) || s->data[0] >> 6 != 0 || load_be16(s->data + 2) != 0x6558)
		return 0;
	return 8 + (s->data[0] & 0x3fu) * 4;
}

/* 3GPP TS 29.281, section 5.1: a G-PDU without extension headers. */
static size_t gtp_len(const struct slice *s)
{
	size_t len;

	if (!slice_has(s, 8) || (s->data[0] & 0xf4) != 0x30 || s->data[1] != 0xff)
		return 0;
	len = s->data[0] & 0x03 ? 12 : 8;
	return begins_ip(s, len) ? len : 0;
}

static const struct tunnel tunnels[] = {
	{4789, HEADER_ETHERNET, vxlan_len},
	{6081, HEADER_ETHERNET, geneve_len},
	{2152, HEADER_RAW_IP, gtp_len},
};

/* RFC 768. A length of zero: the datagram is a jumbogram (RFC 2675) or still to be split. */
enum header decode_udp(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	uint16_t len;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	len = load_be16(d + 4);
	if (len && len < 8)
		return header_skip(p, CAPTURE_SKIP_MALFORMED);
	if (len)
		slice_limit(&p->rest, len);
	p->source.port = load_be16(d);
	p->destination.port = load_be16(d + 2);
	slice_skip(&p->rest, 8);
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		size_t header_len = p->destination.port == tunnels[i].port
					    ? tunnels[i].header_len(&p->rest)
					    : 0;

		if (header_len) {
			slice_skip(&p->rest, header_len);
			return tunnels[i].inner;
		}
	}
	return HEADER_DATAGRAM;
}
