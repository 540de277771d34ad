/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

#include <string.h>

/* Link layers. Their numbers and forms: the LINKTYPE_ registry of the pcap format. */

static const struct {
	uint32_t link_type;
	enum header header;
} link_types[] = {
	{1, HEADER_ETHERNET},
	{113, HEADER_LINUX_COOKED},
	{276, HEADER_LINUX_COOKED2},
	{0, HEADER_LOOPBACK},
	{108, HEADER_LOOPBACK},
	{101, HEADER_RAW_IP},
	{12, HEADER_RAW_IP}, /* the DLT_RAW of most systems, written by some as it is */
	{14, HEADER_RAW_IP}, /* OpenBSD's */
	{228, HEADER_IPV4},
	{229, HEADER_IPV6},
	{9, HEADER_PPP},
	{50, HEADER_PPP},
	{51, HEADER_PPPOE},
	{204, HEADER_PPP_WITH_DIRECTION},
	{104, HEADER_CISCO_HDLC},
	{107, HEADER_FRAME_RELAY},
	{10, HEADER_FDDI},
	{100, HEADER_LLC}, /* ATM, RFC 2684 */
	{105, HEADER_WIFI},
	{127, HEADER_RADIOTAP},
	{119, HEADER_PRISM},
	{163, HEADER_AVS},
	{192, HEADER_PPI},
	{109, HEADER_ENC},
	{117, HEADER_PFLOG},
	{239, HEADER_NFLOG},
	{258, HEADER_PKTAP},
	{6, HEADER_TOKEN_RING},
	{7, HEADER_ARCNET},
	{129, HEADER_ARCNET_LINUX},
	{3, HEADER_AX25},
	{202, HEADER_AX25_KISS},
	{138, HEADER_FIREWIRE},
	{122, HEADER_FIBRE_CHANNEL},
	{123, HEADER_SUN_ATM},
	{242, HEADER_INFINIBAND},
	{197, HEADER_ERF},
};

/* EtherType numbers, IEEE registry. */
static const struct {
	uint16_t ethertype;
	enum header header;
} ethertypes[] = {
	{0x0800, HEADER_IPV4},
	{0x86dd, HEADER_IPV6},
	{0x8100, HEADER_TAG4}, /* IEEE 802.1Q */
	{0x88a8, HEADER_TAG4}, /* IEEE 802.1ad */
	{0x9100, HEADER_TAG4}, /* QinQ before it was a standard */
	{0x9200, HEADER_TAG4},
	{0x893f, HEADER_TAG8}, /* IEEE 802.1BR E-tag */
	{0x8926, HEADER_TAG6}, /* VN-tag, its predecessor */
	{0x892f, HEADER_TAG6}, /* HSR, IEC 62439-3 */
	{0xf1c1, HEADER_TAG6}, /* IEEE 802.1CB R-tag */
	{0x8909, HEADER_TAG8}, /* Cisco MetaData with a security group tag */
	{0x8988, HEADER_TAG8}, /* Palo Alto's heartbeat */
	{0x88de, HEADER_VMLAB},
	{0xd28b, HEADER_ARISTA},
	{0x22e5, HEADER_GIGAMON},
	{0x88bb, HEADER_LWAPP},
	{0xbbbb, HEADER_LWAPP}, /* before it had a number */
	{0x2452, HEADER_WIFI},	/* of an adapter that keeps the radio's frame */
	{0x88e7, HEADER_PROVIDER_BACKBONE},
	{0x88e5, HEADER_MACSEC},
	{0x22f3, HEADER_TRILL},
	{0x4305, HEADER_BATMAN},
	{0x894f, HEADER_NSH},
	{0x8847, HEADER_MPLS},
	{0x8848, HEADER_MPLS},
	{0x8864, HEADER_PPPOE},
	{0x880b, HEADER_PPP},
	{0x8870, HEADER_LLC},	   /* jumbo frames */
	{0x6558, HEADER_ETHERNET}, /* inside of GRE and GENEVE */
};

enum header header_by_link_type(struct packet *p, uint32_t link_type)
{
	for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
		if (link_types[i].link_type == link_type)
			return link_types[i].header;
	}
	return header_skip(p, CAPTURE_SKIP_LINK_TYPE);
}

enum header header_by_ethertype(struct packet *p, uint16_t ethertype)
{
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++) {
		if (ethertypes[i].ethertype == ethertype)
			return ethertypes[i].header;
	}
	return header_skip(p, CAPTURE_SKIP_NOT_IP);
}

bool header_is_ethernet(const struct slice *s, size_t at)
{
	uint16_t value;

	if (!slice_has(s, at + 14))
		return false;
	value = load_be16(s->data + at + 12);
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++) {
		if (ethertypes[i].ethertype == value)
			return true;
	}
	return value == 0x0806; /* ARP */
}

enum header header_by_length_or_type(struct packet *p, uint16_t value)
{
	if (value >= 0x600)
		return header_by_ethertype(p, value);
	slice_limit(&p->rest, value);
	return HEADER_LLC;
}

enum header header_with_ethertype(struct packet *p, size_t len, size_t at)
{
	uint16_t ethertype;

	if (!slice_has(&p->rest, len))
		return header_short(p);
	ethertype = load_be16(p->rest.data + at);
	slice_skip(&p->rest, len);
	return header_by_ethertype(p, ethertype);
}

enum header decode_ethernet(struct packet *p)
{
	uint16_t value;

	if (!slice_has(&p->rest, 14))
		return header_short(p);
	value = load_be16(p->rest.data + 12);
	slice_skip(&p->rest, 14);
	return header_by_length_or_type(p, value);
}

/* RFC 2516, section 4. */
enum header decode_pppoe(struct packet *p)
{
	if (!slice_has(&p->rest, 6))
		return header_short(p);
	if (p->rest.data[1] != 0)
		return header_skip(p, CAPTURE_SKIP_NOT_IP); /* discovery */
	slice_skip(&p->rest, 6);
	return HEADER_PPP;
}

/* RFC 1661 and 1662: address and control may be left out, the protocol may be one byte. */
enum header decode_ppp(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	uint16_t protocol;

	if (!slice_has(&p->rest, 4))
		return header_short(p);
	if (d[0] == 0xff && d[1] == 0x03) {
		slice_skip(&p->rest, 2);
		d += 2;
	}
	protocol = d[0] & 1 ? d[0] : load_be16(d);
	slice_skip(&p->rest, d[0] & 1 ? 1 : 2);
	switch (protocol) {
	case 0x0021:
	case 0x0800: /* an EtherType, by mistake */
		return HEADER_IPV4;
	case 0x0057:
		return HEADER_IPV6;
	case 0x0281:
	case 0x0283:
		return HEADER_MPLS;
	case 0x0031:
		return HEADER_PPP_BRIDGED;
	case 0x003d:
		return HEADER_PPP_MULTILINK;
	default:
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	}
}

enum header decode_ppp_with_direction(struct packet *p)
{
	slice_skip(&p->rest, 1);
	return HEADER_PPP;
}

/* RFC 3518, section 4.3: flags, MAC type, then an Ethernet frame. */
enum header decode_ppp_bridged(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 6))
		return header_short(p);
	if (d[1] != 1)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, d[0] & 0x40 ? 6 : 2); /* a LAN's identification */
	return HEADER_ETHERNET;
}

/* RFC 1990, section 3, with long sequence numbers. What isn't whole in one packet is left. */
enum header decode_ppp_multilink(struct packet *p)
{
	if (!slice_has(&p->rest, 4))
		return header_short(p);
	if ((p->rest.data[0] & 0xc0) != 0xc0)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, 4);
	return HEADER_PPP;
}

enum header decode_cisco_hdlc(struct packet *p)
{
	return header_with_ethertype(p, 4, 2);
}

/* IEEE 802.2, and its SNAP form with an EtherType (RFC 1042). */
enum header decode_llc(struct packet *p)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 0x03};
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	if (memcmp(d, snap, sizeof(snap)) == 0)
		return header_with_ethertype(p, 8, 6);
	if (d[0] == 0x06 && d[1] == 0x06 && d[2] == 0x03) {
		slice_skip(&p->rest, 3);
		return HEADER_IPV4;
	}
	return header_skip(p, CAPTURE_SKIP_NOT_IP);
}

enum header decode_fddi(struct packet *p)
{
	if (!slice_has(&p->rest, 13))
		return header_short(p);
	if ((p->rest.data[0] & 0xf0) != 0x50)
		return header_skip(p, CAPTURE_SKIP_NOT_IP); /* a token, station management */
	slice_skip(&p->rest, 13);
	return HEADER_LLC;
}

enum header decode_linux_cooked(struct packet *p)
{
	if (slice_has(&p->rest, 16) && load_be16(p->rest.data + 14) == 4) {
		slice_skip(&p->rest, 16);
		return HEADER_LLC;
	}
	return header_with_ethertype(p, 16, 14);
}

enum header decode_linux_cooked2(struct packet *p)
{
	if (slice_has(&p->rest, 20) && load_be16(p->rest.data) == 4) {
		slice_skip(&p->rest, 20);
		return HEADER_LLC;
	}
	return header_with_ethertype(p, 20, 0);
}

/*
 * A protocol family of the system that captured, in its byte order or in network order. IPv4 is 2
 * everywhere; IPv6 is 10, 24, 28 or 30.
 */
static bool is_ip_family(uint32_t family)
{
	return family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
}

enum header decode_loopback(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 5))
		return header_short(p);
	if (!is_ip_family(load_le32(d)) && !is_ip_family(load_be32(d)))
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, 4);
	return HEADER_RAW_IP;
}

enum header decode_raw_ip(struct packet *p)
{
	if (!slice_has(&p->rest, 1))
		return header_short(p);
	switch (p->rest.data[0] >> 4) {
	case 4:
		return HEADER_IPV4;
	case 6:
		return HEADER_IPV6;
	default:
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	}
}

/* OpenBSD's encapsulating interface: family, SPI and flags. */
enum header decode_enc(struct packet *p)
{
	slice_skip(&p->rest, 12);
	return HEADER_RAW_IP;
}

/* BSD's packet filter log: the first byte is the length, without padding to 4. */
enum header decode_pflog(struct packet *p)
{
	if (!slice_has(&p->rest, 1))
		return header_short(p);
	slice_skip(&p->rest, (p->rest.data[0] + 3u) & ~3u);
	return HEADER_RAW_IP;
}

#define NFLOG_HEADER_LEN 4
#define NFLOG_PAYLOAD	 9 /* NFULA_PAYLOAD */

/* Linux netfilter log: attributes in the byte order of the system that captured. */
enum header decode_nflog(struct packet *p)
{
	slice_skip(&p->rest, NFLOG_HEADER_LEN);
	while (slice_has(&p->rest, 4)) {
		const uint8_t *d = p->rest.data;
		bool big = d[3] && !d[2]; /* types are small, so their low byte tells */
		uint16_t len = big ? load_be16(d) : load_le16(d);
		uint16_t type = big ? load_be16(d + 2) : load_le16(d + 2);

		if (len < 4)
			return header_skip(p, CAPTURE_SKIP_MALFORMED);
		if ((type & 0x7fff) == NFLOG_PAYLOAD) {
			slice_limit(&p->rest, len);
			slice_skip(&p->rest, 4);
			return HEADER_RAW_IP;
		}
		slice_skip(&p->rest, (len + 3u) & ~3u);
	}
	return header_short(p);
}

/* Apple's: length of the header, type of the next one (0: none), link type. */
enum header decode_pktap(struct packet *p)
{
	uint32_t len;
	uint32_t link_type;

	if (!slice_has(&p->rest, 12))
		return header_short(p);
	len = load_le32(p->rest.data);
	link_type = load_le32(p->rest.data + 8);
	if (len < 12 || load_le32(p->rest.data + 4) == 0)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, len);
	return header_by_link_type(p, link_type);
}
