/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

#include <string.h>

#include "analyze/pcapng/mark.h"

/* IPv4 (RFC 791), IPv6 (RFC 8200), what they carry, and tunnels. */

/* Assigned Internet Protocol Numbers, IANA. */
static const struct {
	uint8_t protocol;
	enum header header;
} ip_protocols[] = {
	{6, HEADER_TCP},
	{17, HEADER_UDP},
	{136, HEADER_UDP_LITE},
	{4, HEADER_IPV4},
	{41, HEADER_IPV6},
	{47, HEADER_GRE},
	{44, HEADER_IPV6_FRAGMENT},
	{0, HEADER_IPV6_EXTENSION},
	{43, HEADER_IPV6_EXTENSION},
	{60, HEADER_IPV6_EXTENSION},
	{140, HEADER_IPV6_EXTENSION}, /* Shim6, RFC 5533 */
	{51, HEADER_AUTHENTICATION},
	{93, HEADER_AX25},
	{97, HEADER_ETHERIP},
	{103, HEADER_PIM},
	{137, HEADER_MPLS},
	{143, HEADER_ETHERNET}, /* RFC 8986 */
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
static enum header reassemble(struct packet *p, const struct fragment *fragment)
{
	if (fragment->offset == 0 && !fragment->more)
		return header_by_ip_protocol(p, fragment->next);
	if (!p->fragments)
		return header_skip(p, CAPTURE_SKIP_FRAGMENT);
	if (!fragments_add(p->fragments, fragment, &p->rest))
		return HEADER_WAITING;
	return header_by_ip_protocol(p, fragment->next);
}

enum header decode_ipv4(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	struct fragment fragment;
	size_t header_len;
	size_t total_len;

	if (!slice_has(&p->rest, 20))
		return header_short(p);
	header_len = (d[0] & 15u) * 4;
	total_len = load_be16(d + 2);
	if (d[0] >> 4 != 4 || header_len < 20 || (total_len && total_len < header_len))
		return header_skip(p, CAPTURE_SKIP_MALFORMED);
	set_len(&p->rest, total_len);
	p->source = make_address(ADDRESS_INET4, d + 12);
	p->destination = make_address(ADDRESS_INET4, d + 16);
	fragment = (struct fragment){
		.ts = p->ts,
		.source = p->source,
		.destination = p->destination,
		.id = load_be16(d + 4),
		.protocol = d[9],
		.next = d[9],
		.offset = (load_be16(d + 6) & 0x1fffu) * 8,
		.more = d[6] & 0x20,
	};
	slice_skip(&p->rest, header_len);
	return reassemble(p, &fragment);
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
		.next = d[0],
		.offset = load_be16(d + 2) & 0xfff8u,
		.more = d[3] & 1,
	};
	slice_skip(&p->rest, 8);
	return reassemble(p, &fragment);
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

/* RFC 3378, section 3: the version, which not all who send it write as it says, and nothing else.
 */
enum header decode_etherip(struct packet *p)
{
	if (!slice_has(&p->rest, 2))
		return header_short(p);
	slice_skip(&p->rest, 2);
	return HEADER_ETHERNET;
}

/* RFC 7761, section 4.9.3: a Register message of version 2 carries the packet of a source. */
enum header decode_pim(struct packet *p)
{
	if (!slice_has(&p->rest, 8))
		return header_short(p);
	if (p->rest.data[0] != 0x21)
		return header_skip(p, CAPTURE_SKIP_TRANSPORT);
	slice_skip(&p->rest, 8);
	return HEADER_RAW_IP;
}

/* RFC 9293, section 3.1. What a short capture still has to hold of it: up to the flags. */
/* The options of a SYN that `socktape export` made up have its mark. */
static bool is_made_up(const uint8_t *header, size_t len)
{
	static const uint8_t mark[] = {
		MARK_MADE_UP_KIND,	     MARK_MADE_UP_LEN,
		MARK_MADE_UP_ID >> 24,	     MARK_MADE_UP_ID >> 16 & 0xff,
		MARK_MADE_UP_ID >> 8 & 0xff, MARK_MADE_UP_ID & 0xff,
	};
	size_t at = 20;

	/* Kinds 0 and 1 have no length: RFC 9293, section 3.1. */
	while (at + sizeof(mark) <= len && header[at]) {
		if (header[at] == 1) {
			at++;
			continue;
		}
		if (memcmp(header + at, mark, sizeof(mark)) == 0)
			return true;
		at += header[at + 1] > 2 ? header[at + 1] : 2;
	}
	return false;
}

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
	p->tcp = (struct tcp_header){
		.seq = load_be32(d + 4),
		.ack = load_be32(d + 8),
		.flags = d[13],
		.made_up = d[13] & TCP_SYN && slice_has(&p->rest, header_len) &&
			   is_made_up(d, header_len),
	};
	slice_skip(&p->rest, header_len);
	return HEADER_SEGMENT;
}

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
	return tunnel_open(p);
}

/* RFC 3828: where UDP has its length, this says how much the checksum is for. */
enum header decode_udp_lite(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	p->source.port = load_be16(d);
	p->destination.port = load_be16(d + 2);
	slice_skip(&p->rest, 8);
	return tunnel_open(p);
}
