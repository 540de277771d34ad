/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

#include <string.h>

/* Links that are rarely seen by now. Their forms: the LINKTYPE_ registry of the pcap format. */

/* IEEE 802.5: access control, frame control, addresses, and a route where the source says so. */
enum header decode_token_ring(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t len = 14;

	if (!slice_has(&p->rest, len + 1))
		return header_short(p);
	if (d[1] >> 6 != 1)
		return header_skip(p, CAPTURE_SKIP_NOT_IP); /* of the ring itself */
	if (d[8] & 0x80)
		len += d[14] & 0x1f;
	slice_skip(&p->rest, len);
	return HEADER_LLC;
}

/* RFC 1201: a type, a flag and a number; what is split into several is left. RFC 1051: a type. */
static enum header arcnet(struct packet *p, size_t at)
{
	const uint8_t *d = p->rest.data + at;

	if (!slice_has(&p->rest, at + 4))
		return header_short(p);
	switch (d[0]) {
	case 0xf0:
		slice_skip(&p->rest, at + 1);
		return HEADER_IPV4;
	case 0xd4:
	case 0xc4:
		break;
	default:
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	}
	if (d[1] != 0)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, at + 4);
	return d[0] == 0xd4 ? HEADER_IPV4 : HEADER_IPV6;
}

enum header decode_arcnet(struct packet *p)
{
	return arcnet(p, 2);
}

/* Linux has an offset behind the addresses. */
enum header decode_arcnet_linux(struct packet *p)
{
	return arcnet(p, 4);
}

/* Addresses of seven bytes, the last of them marked; control; protocol (AX.25 2.2, section 3). */
enum header decode_ax25(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t at = 7;

	do
		at += 7;
	while (slice_has(&p->rest, at + 2) && at < 70 && !(d[at - 1] & 1));
	if (!slice_has(&p->rest, at + 2))
		return header_short(p);
	/* Information, numbered or not; nothing else has a protocol. 0xcc is IP. */
	if (((d[at] & 1) && (d[at] & 0xef) != 0x03) || d[at + 1] != 0xcc)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, at + 2);
	return HEADER_IPV4;
}

/* The port and the command, of which 0 is data. */
enum header decode_ax25_kiss(struct packet *p)
{
	if (!slice_has(&p->rest, 1))
		return header_short(p);
	if (p->rest.data[0] & 0x0f)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, 1);
	return HEADER_AX25;
}

/* RFC 2734, as Apple writes it: two addresses of eight bytes. */
enum header decode_firewire(struct packet *p)
{
	return header_with_ethertype(p, 18, 16);
}

/* RFC 2625: two network addresses of eight bytes. */
enum header decode_fibre_channel(struct packet *p)
{
	if (!slice_has(&p->rest, 16))
		return header_short(p);
	slice_skip(&p->rest, 16);
	return HEADER_LLC;
}

/* Flags with the kind of traffic, path and circuit. */
enum header decode_sun_atm(struct packet *p)
{
	if (!slice_has(&p->rest, 4))
		return header_short(p);
	if ((p->rest.data[0] & 0x0f) != 2)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	slice_skip(&p->rest, 4);
	return HEADER_LLC;
}

/* RFC 4391 behind a global route header. */
enum header decode_infiniband(struct packet *p)
{
	return header_with_ethertype(p, 44, 40);
}

/* Endace's record: time, type, flags, lengths; more headers follow while one says so. */
enum header decode_erf(struct packet *p)
{
	const uint8_t *d = p->rest.data;
	size_t at = 16;
	bool more;

	if (!slice_has(&p->rest, at))
		return header_short(p);
	for (more = d[8] & 0x80; more; at += 8) {
		if (!slice_has(&p->rest, at + 8))
			return header_short(p);
		more = d[at] & 0x80;
	}
	slice_skip(&p->rest, at);
	switch (d[8] & 0x7f) {
	case 2:	 /* Ethernet */
	case 11: /* and by color, or steered */
	case 16:
		if (!slice_has(&p->rest, 2))
			return header_short(p);
		slice_skip(&p->rest, 2);
		return HEADER_ETHERNET;
	case 22:
		return HEADER_IPV4;
	case 23:
		return HEADER_IPV6;
	default:
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	}
}
