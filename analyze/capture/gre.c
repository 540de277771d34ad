/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

/* Generic Routing Encapsulation: RFC 2784, RFC 2890 (key, sequence), RFC 1701 (routing). */

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK	     0x0080 /* version 1, PPTP: RFC 2637, section 4.1 */
#define GRE_VERSION  0x0007

#define GRE_WCCP	0x883e
#define GRE_ERSPAN2	0x88be
#define GRE_ERSPAN3	0x22eb
#define GRE_EOIP	0x6400 /* MikroTik's: Ethernet */
#define GRE_FRAME_RELAY 0x6559
#define GRE_ARUBA_FIRST 0x8200 /* Aruba's access points: 802.11, a number for each queue */
#define GRE_ARUBA_LAST	0x83f0

static size_t fields_len(uint16_t flags)
{
	size_t len = 4;

	len += flags & (GRE_CHECKSUM | GRE_ROUTING) ? 4 : 0;
	len += flags & GRE_KEY ? 4 : 0;
	len += flags & GRE_SEQUENCE ? 4 : 0;
	len += (flags & GRE_VERSION) && (flags & GRE_ACK) ? 4 : 0;
	return len;
}

/* Source route entries: family, offset and length; one of zeros ends them. False: cut short. */
static bool skip_routing(struct packet *p)
{
	while (slice_has(&p->rest, 4)) {
		const uint8_t *d = p->rest.data;
		bool last = load_be16(d) == 0 && d[3] == 0;

		slice_skip(&p->rest, 4u + d[3]);
		if (last)
			return true;
	}
	return false;
}

/* Type I has no header of its own, type II one of 8 bytes: it has a sequence number. */
static enum header erspan2(struct packet *p, uint16_t flags)
{
	slice_skip(&p->rest, flags & GRE_SEQUENCE ? 8 : 0);
	return HEADER_ETHERNET;
}

/* draft-foschiano-erspan, section 4.3: 12 bytes; the last bit tells of 8 more. */
static enum header erspan3(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	bool is_ip;

	if (!slice_has(&p->rest, 12))
		return header_short(p);
	if (d[0] >> 4 == 1) { /* a header of type II after all */
		slice_skip(&p->rest, 8);
		return HEADER_ETHERNET;
	}
	is_ip = (d[10] >> 2 & 31) == 2;
	slice_skip(&p->rest, d[11] & 1 ? 20 : 12);
	return is_ip ? HEADER_RAW_IP : HEADER_ETHERNET;
}

/* Version 2 of WCCP puts a redirection header before the packet. */
static enum header wccp(struct packet *p)
{
	if (slice_has(&p->rest, 1) && p->rest.data[0] >> 4 != 4)
		slice_skip(&p->rest, 4);
	return HEADER_IPV4;
}

enum header decode_gre(struct packet *p)
{
	uint16_t flags;
	uint16_t type;

	if (!slice_has(&p->rest, 4))
		return header_short(p);
	flags = load_be16(p->rest.data);
	type = load_be16(p->rest.data + 2);
	if ((flags & GRE_VERSION) > 1)
		return header_skip(p, CAPTURE_SKIP_TRANSPORT);
	slice_skip(&p->rest, fields_len(flags));
	if (flags & GRE_ROUTING && !skip_routing(p))
		return header_short(p);
	if (type >= GRE_ARUBA_FIRST && type <= GRE_ARUBA_LAST && !(type & 15))
		return HEADER_WIFI;
	switch (type) {
	case GRE_ERSPAN2:
		return erspan2(p, flags);
	case GRE_ERSPAN3:
		return erspan3(p);
	case GRE_WCCP:
		return wccp(p);
	case GRE_EOIP:
		return HEADER_ETHERNET;
	case GRE_FRAME_RELAY:
		return HEADER_FRAME_RELAY;
	default:
		return header_by_ethertype(p, type);
	}
}
