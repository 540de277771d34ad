/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/tunnel.h"

#include <string.h>

/* What access points and mirrors send on in UDP. Each function is as those of tunnel.c. */

/* TaZmen Sniffer Protocol: tagged fields up to an end, then a frame of the named kind. */
enum header tunnel_tzsp(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	enum header inner;
	size_t at = 4;

	if (!slice_has(&p->rest, 5) || d[0] != 1 || d[1] > 1)
		return HEADER_DATAGRAM;
	switch (load_be16(d + 2)) {
	case 1:
		inner = HEADER_ETHERNET;
		break;
	case 18:
		inner = HEADER_WIFI;
		break;
	case 119:
		inner = HEADER_PRISM;
		break;
	case 127:
		inner = HEADER_AVS;
		break;
	default:
		return HEADER_DATAGRAM;
	}
	while (slice_has(&p->rest, at + 2) && d[at] != 1)
		at += d[at] == 0 ? 1 : 2u + d[at + 1];
	if (!slice_has(&p->rest, at + 1) || d[at] != 1)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, at + 1, inner);
}

#define CAPWAP_NATIVE	 0x01 /* of the third byte: the radio's own frame, not Ethernet */
#define CAPWAP_FRAGMENT	 0x80 /* of the fourth */
#define CAPWAP_LAST	 0x40
#define CAPWAP_KEEPALIVE 0x08

/* A fragment: on with the whole when it is there. */
static bool capwap_is_whole(struct packet *p, const uint8_t *d)
{
	struct fragment fragment = {
		.ts = p->ts,
		.source = p->source,
		.destination = p->destination,
		.id = load_be16(d + 4),
		.offset = load_be16(d + 6) & 0xfff8u,
		.more = !(d[3] & CAPWAP_LAST),
	};

	return p->fragments && fragments_add(p->fragments, &fragment, &p->rest);
}

/*
 * Some access points send the two bytes of 802.11's frame control in the wrong order: where only
 * that makes a data frame, it is one.
 */
static enum header wifi_either_way(const struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (slice_has(&p->rest, 2) && (d[0] & 15) != 8 && (d[1] & 15) == 8)
		return HEADER_WIFI_SWAPPED;
	return HEADER_WIFI;
}

/* RFC 5415, section 4.3. */
enum header tunnel_capwap(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t len;

	if (!slice_has(&p->rest, 8) || d[0] != 0)
		return HEADER_DATAGRAM;
	len = (d[1] >> 3) * 4u;
	if (len < 8 || d[3] & CAPWAP_KEEPALIVE)
		return HEADER_DATAGRAM;
	slice_skip(&p->rest, len);
	if (d[3] & CAPWAP_FRAGMENT && !capwap_is_whole(p, d))
		return p->fragments ? HEADER_WAITING : header_skip(p, CAPTURE_SKIP_FRAGMENT);
	return d[2] & CAPWAP_NATIVE ? wifi_either_way(p) : HEADER_ETHERNET;
}

#define LWAPP_CONTROL 0x04

/* RFC 5412, section 3.1: behind 6 bytes, of which the first has the flags, a frame of the radio. */
enum header decode_lwapp(struct packet *p)
{
	if (!slice_has(&p->rest, 6))
		return header_short(p);
	if (p->rest.data[0] & LWAPP_CONTROL)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, 6);
	return wifi_either_way(p);
}

/* Where it stands AT. */
static enum header lwapp_at(struct packet *p, size_t at)
{
	if (!slice_has(&p->rest, at + 6) || p->rest.data[at] & LWAPP_CONTROL)
		return HEADER_DATAGRAM;
	return tunnel_opens(p, at, HEADER_LWAPP);
}

enum header tunnel_lwapp(struct packet *p)
{
	return lwapp_at(p, 0);
}

/* To the port of control the access point's address comes first. */
enum header tunnel_lwapp_addressed(struct packet *p)
{
	return lwapp_at(p, 6);
}

/* The first access points sent whole frames of Ethernet. */
enum header tunnel_lwapp_ethernet(struct packet *p)
{
	return header_is_ethernet(&p->rest, 0) ? HEADER_ETHERNET : HEADER_DATAGRAM;
}

/* Juniper's mirror: two identifiers, and the packet with or without PPP. */
enum header tunnel_juniper(struct packet *p)
{
	if (header_is_ip(&p->rest, 8))
		return tunnel_opens(p, 8, HEADER_RAW_IP);
	if (slice_has(&p->rest, 12) && load_be16(p->rest.data + 8) == 0xff03)
		return tunnel_opens(p, 8, HEADER_PPP);
	return HEADER_DATAGRAM;
}

/* An access point that listens for Omnipeek, on any port: what it is, version 2, the length. */
enum header tunnel_peek_remote(struct packet *p)
{
	static const uint8_t magic[] = {0x00, 0xff, 0xab, 0xcd, 2};
	uint32_t len;

	if (!slice_has(&p->rest, 9) || memcmp(p->rest.data, magic, sizeof(magic)) != 0)
		return HEADER_DATAGRAM;
	len = load_be32(p->rest.data + 5);
	if (len < 9 || !slice_has(&p->rest, len))
		return HEADER_DATAGRAM;
	return tunnel_opens(p, len, HEADER_WIFI);
}
