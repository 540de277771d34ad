/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/packet.h"

#include "analyze/pcapng/checksum.h"
#include "analyze/pcapng/mark.h"

#define ETHERNET_LEN 14
#define IPV4_LEN     20
#define IPV6_LEN     40
#define TCP_LEN	     20
#define UDP_LEN	     8
#define SYN_OPTIONS  8
#define MADE_UP	     (MARK_MADE_UP_LEN + 2) /* and padding */

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86ddu
#define PROTOCOL_TCP   6u
#define PROTOCOL_UDP   17u
#define HOP_LIMIT      64
#define WINDOW	       65535u
#define WINDOW_SCALE   14 /* the largest: RFC 7323, section 2.3 */

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static size_t ip_len(enum address_family family)
{
	return family == ADDRESS_INET4 ? 4 : 16;
}

static size_t transport_len(const struct packet *p)
{
	if (!p->tcp)
		return UDP_LEN;
	return TCP_LEN + (p->flags & TCP_SYN ? SYN_OPTIONS : 0) + (p->made_up ? MADE_UP : 0);
}

size_t packet_payload_max(enum address_family family, bool tcp)
{
	return 65535 - (family == ADDRESS_INET4 ? IPV4_LEN : 0) - (tcp ? TCP_LEN : UDP_LEN);
}

/* Locally administered addresses (IEEE 802, section 8.4): 1 is the client, 2 the server. */
static uint8_t *put_ethernet(const struct packet *p, uint8_t *at)
{
	memset(at, 0, ETHERNET_LEN);
	at[0] = 0x02;
	at[5] = p->from_client ? 2 : 1;
	at[6] = 0x02;
	at[11] = p->from_client ? 1 : 2;
	put16(at + 12, p->from->family == ADDRESS_INET4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	return at + ETHERNET_LEN;
}

/* RFC 791, section 3.1. Never fragmented, so the identification may be 0 (RFC 6864, 4.1). */
static uint8_t *put_ipv4(const struct packet *p, size_t len, uint8_t *at)
{
	struct checksum sum = {0};

	memset(at, 0, IPV4_LEN);
	at[0] = 0x45;
	put16(at + 2, (uint32_t)(IPV4_LEN + len));
	put16(at + 6, 0x4000); /* don't fragment */
	at[8] = HOP_LIMIT;
	at[9] = p->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	memcpy(at + 12, p->from->ip, 4);
	memcpy(at + 16, p->to->ip, 4);
	checksum_add(&sum, at, IPV4_LEN);
	put16(at + 10, checksum_finish(&sum));
	return at + IPV4_LEN;
}

/* RFC 8200, section 3. */
static uint8_t *put_ipv6(const struct packet *p, size_t len, uint8_t *at)
{
	put32(at, 6u << 28);
	put16(at + 4, (uint32_t)len);
	at[6] = p->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	at[7] = HOP_LIMIT;
	memcpy(at + 8, p->from->ip, 16);
	memcpy(at + 24, p->to->ip, 16);
	return at + IPV6_LEN;
}

/* RFC 9293, section 3.1; the options in RFC 9293, 3.2 and RFC 7323, 2.2. */
static void put_tcp(const struct packet *p, uint8_t *at)
{
	size_t len = transport_len(p);

	put16(at, p->from->port);
	put16(at + 2, p->to->port);
	put32(at + 4, p->seq);
	put32(at + 8, p->flags & TCP_ACK ? p->ack : 0);
	at[12] = (uint8_t)(len / 4 << 4);
	at[13] = (uint8_t)p->flags;
	put16(at + 14, WINDOW);
	put32(at + 16, 0);
	if (p->flags & TCP_SYN) {
		at[20] = 2;
		at[21] = 4;
		put16(at + 22, (uint32_t)packet_payload_max(p->from->family, true));
		at[24] = 1;
		at[25] = 3;
		at[26] = 3;
		at[27] = WINDOW_SCALE;
	}
	if (p->made_up) {
		at[28] = MARK_MADE_UP_KIND;
		at[29] = MARK_MADE_UP_LEN;
		put32(at + 30, MARK_MADE_UP_ID);
		at[34] = at[35] = 1;
	}
}

/* RFC 768. */
static void put_udp(const struct packet *p, uint8_t *at)
{
	put16(at, p->from->port);
	put16(at + 2, p->to->port);
	put16(at + 4, (uint32_t)(UDP_LEN + p->len));
	put16(at + 6, 0);
}

/* With the pseudo-headers of RFC 9293, section 3.1, and RFC 8200, section 8.1: one sum for both. */
static uint16_t transport_checksum(const struct packet *p, const uint8_t *header)
{
	size_t header_len = transport_len(p);
	struct checksum sum = {0};
	uint8_t pseudo[8] = {0};

	put32(pseudo, (uint32_t)(header_len + p->len));
	put32(pseudo + 4, p->tcp ? PROTOCOL_TCP : PROTOCOL_UDP);
	checksum_add(&sum, p->from->ip, ip_len(p->from->family));
	checksum_add(&sum, p->to->ip, ip_len(p->to->family));
	checksum_add(&sum, pseudo, sizeof(pseudo));
	checksum_add(&sum, header, header_len);
	checksum_add(&sum, p->payload.data, p->payload.len);
	return checksum_finish(&sum);
}

size_t packet_headers(const struct packet *p, uint8_t out[static PACKET_HEADERS_MAX])
{
	size_t len = transport_len(p);
	uint8_t *at = put_ethernet(p, out);
	uint16_t sum;

	at = p->from->family == ADDRESS_INET4 ? put_ipv4(p, len + p->len, at)
					      : put_ipv6(p, len + p->len, at);
	if (p->tcp)
		put_tcp(p, at);
	else
		put_udp(p, at);
	sum = transport_checksum(p, at);
	/* In UDP, 0 would mean that there is none: RFC 768. */
	if (!p->tcp && sum == 0)
		sum = 0xffff;
	put16(at + (p->tcp ? 16 : 6), sum);
	return (size_t)(at + len - out);
}
