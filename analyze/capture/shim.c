/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

/* What stands between the link's header and IP: tags, labels, and frames inside of frames. */

/* A tag of LEN bytes, whose last two say what follows. */
static enum header tag(struct packet *p, size_t len)
{
	uint16_t value;

	if (!slice_has(&p->rest, len))
		return header_short(p);
	value = load_be16(p->rest.data + len - 2);
	slice_skip(&p->rest, len);
	return header_by_length_or_type(p, value);
}

enum header decode_tag4(struct packet *p)
{
	return tag(p, 4);
}

enum header decode_tag6(struct packet *p)
{
	return tag(p, 6);
}

enum header decode_tag8(struct packet *p)
{
	return tag(p, 8);
}

/* VMware Lab Manager: flags, port group, three addresses, EtherType. */
enum header decode_vmlab(struct packet *p)
{
	return tag(p, 24);
}

/* Arista's timestamps: subtype 1, then how long they are. */
enum header decode_arista(struct packet *p)
{
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 4))
		return header_short(p);
	if (load_be16(d) != 1 || (d[3] != 0x10 && d[3] != 0x20))
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	return tag(p, d[3] == 0x10 ? 14 : 12);
}

/* Gigamon's: its own length, fields, EtherType. */
enum header decode_gigamon(struct packet *p)
{
	if (!slice_has(&p->rest, 1))
		return header_short(p);
	return tag(p, p->rest.data[0] + 2u);
}

/* IEEE 802.1ah: the I-tag's 4 bytes, then the customer's frame. */
enum header decode_provider_backbone(struct packet *p)
{
	slice_skip(&p->rest, 4);
	return HEADER_ETHERNET;
}

#define MACSEC_SCI	 0x20
#define MACSEC_SECRET	 0x0c /* encrypted, or changed */
#define MACSEC_ICV_LEN	 16
#define MACSEC_SHORT_MAX 0x3f

/* IEEE 802.1AE, section 9.3. Where only integrity is protected, the data are as they were. */
enum header decode_macsec(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	uint8_t short_len;
	size_t len;

	if (!slice_has(&p->rest, 6))
		return header_short(p);
	if (d[0] & MACSEC_SECRET)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	short_len = d[1] & MACSEC_SHORT_MAX;
	len = d[0] & MACSEC_SCI ? 14 : 6;
	slice_skip(&p->rest, len);
	if (short_len)
		slice_limit(&p->rest, short_len);
	else
		slice_limit(&p->rest,
			    p->rest.len > MACSEC_ICV_LEN ? p->rest.len - MACSEC_ICV_LEN : 0);
	return tag(p, 2);
}

/* RFC 6325, section 3: options in words, nicknames, then the frame. */
enum header decode_trill(struct packet *p)
{
	if (!slice_has(&p->rest, 6))
		return header_short(p);
	slice_skip(&p->rest, 6 + (load_be16(p->rest.data) >> 6 & 31u) * 4);
	return HEADER_ETHERNET;
}

/* Version 15 of the B.A.T.M.A.N. mesh: packets that carry an Ethernet frame, by their type. */
enum header decode_batman(struct packet *p)
{
	static const struct {
		uint8_t type;
		uint8_t len;
	} carriers[] = {{0x01, 14} /* broadcast */, {0x40, 10} /* unicast */, {0x42, 18}};
	const uint8_t *d = p->rest.data;

	if (!slice_has(&p->rest, 2))
		return header_short(p);
	for (size_t i = 0; d[1] == 15 && i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		if (carriers[i].type == d[0]) {
			slice_skip(&p->rest, carriers[i].len);
			return HEADER_ETHERNET;
		}
	}
	return header_skip(p, CAPTURE_SKIP_NOT_IP);
}

enum header header_by_next_protocol(struct packet *p, uint8_t next)
{
	static const enum header headers[] = {
		[1] = HEADER_IPV4, [2] = HEADER_IPV6, [3] = HEADER_ETHERNET,
		[4] = HEADER_NSH,  [5] = HEADER_MPLS,
	};

	if (next == 0 || next >= sizeof(headers) / sizeof(headers[0]))
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	return headers[next];
}

/* RFC 8300, section 2.2. */
enum header decode_nsh(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	uint8_t next;
	size_t len;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	len = (d[1] & 0x3fu) * 4;
	next = d[3];
	if (d[0] >> 6 != 0 || len < 8)
		return header_skip(p, CAPTURE_SKIP_MALFORMED);
	slice_skip(&p->rest, len);
	return header_by_next_protocol(p, next);
}

/*
 * RFC 3032. Below the last label stands IP, or a pseudowire's Ethernet frame (RFC 4448) with or
 * without a control word, whose first nibble is 0 (RFC 4385).
 */
enum header decode_mpls(struct packet *p)
{
	uint8_t nibble;
	bool last;

	if (!slice_has(&p->rest, 5))
		return header_short(p);
	last = p->rest.data[2] & 1;
	slice_skip(&p->rest, 4);
	if (!last)
		return HEADER_MPLS;
	nibble = p->rest.data[0] >> 4;
	if (nibble == 4 || nibble == 6)
		return HEADER_RAW_IP;
	if (nibble == 0 && (header_is_ethernet(&p->rest, 4) || !header_is_ethernet(&p->rest, 0)))
		slice_skip(&p->rest, 4);
	else if (!header_is_ethernet(&p->rest, 0))
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	return HEADER_ETHERNET;
}

/*
 * RFC 2427: the address has two to four bytes (ITU-T Q.922) and ends with a bit; then a control
 * byte and a NLPID, or Cisco's EtherType.
 */
enum header decode_frame_relay(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t address = 1;

	if (!slice_has(&p->rest, 5))
		return header_short(p);
	while (address < 4 && !(d[address - 1] & 1))
		address++;
	if (address < 2 || !(d[address - 1] & 1))
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, address);
	if (!slice_has(&p->rest, 3))
		return header_short(p);
	d = p->rest.data;
	if (d[0] != 0x03)
		return tag(p, 2);
	d += d[1] == 0 ? 2 : 1; /* padded to an even place */
	slice_skip(&p->rest, (size_t)(d - p->rest.data) + 1);
	switch (*d) {
	case 0xcc:
		return HEADER_IPV4;
	case 0x8e:
		return HEADER_IPV6;
	case 0x80: /* SNAP: the organisation, then what that says */
		if (slice_has(&p->rest, 5) && load_be32(p->rest.data) == 0x0080c200u)
			slice_skip(&p->rest, 5);
		else
			return tag(p, 5);
		return HEADER_ETHERNET;
	default:
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	}
}
