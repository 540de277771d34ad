/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/headers.h"

/* IEEE 802.11 and the headers that adapters put before it. */

#define FRAME_TYPE_MASK	  0x0c /* first byte of Frame Control */
#define FRAME_TYPE_DATA	  0x08
#define FRAME_NO_DATA	  0x40
#define FRAME_QOS	  0x80
#define FRAME_TO_AND_FROM 0x03 /* second byte */
#define FRAME_FRAGMENTED  0x04
#define FRAME_PROTECTED	  0x40
#define FRAME_ORDER	  0x80
#define QOS_AGGREGATED	  0x80

/* Data frames that carry one whole, unencrypted packet (IEEE 802.11, section 9.3.2). */
static enum header data_frame(struct packet *p, const uint8_t control[2])
{
	const uint8_t *d = p->rest.data;
	size_t len = 24;

	if ((control[0] & FRAME_TYPE_MASK) != FRAME_TYPE_DATA || control[0] & FRAME_NO_DATA ||
	    control[1] & (FRAME_PROTECTED | FRAME_FRAGMENTED) || d[22] & 0x0f)
		return header_skip(p, CAPTURE_SKIP_NOT_IP);
	if ((control[1] & FRAME_TO_AND_FROM) == FRAME_TO_AND_FROM)
		len += 6;
	if (control[0] & FRAME_QOS) {
		if (d[len] & QOS_AGGREGATED)
			return header_skip(p, CAPTURE_SKIP_NOT_IP);
		len += control[1] & FRAME_ORDER ? 6 : 2;
	}
	slice_skip(&p->rest, len);
	return HEADER_LLC;
}

enum header decode_wifi(struct packet *p)
{
	return slice_has(&p->rest, 32) ? data_frame(p, p->rest.data) : header_short(p);
}

/* The two bytes of Frame Control stand the other way round, as in some tunnels. */
enum header decode_wifi_swapped(struct packet *p)
{
	if (!slice_has(&p->rest, 32))
		return header_short(p);
	return data_frame(p, (const uint8_t[2]){p->rest.data[1], p->rest.data[0]});
}

enum header decode_radiotap(struct packet *p)
{
	if (!slice_has(&p->rest, 4))
		return header_short(p);
	slice_skip(&p->rest, load_le16(p->rest.data + 2));
	return HEADER_WIFI;
}

enum header decode_avs(struct packet *p)
{
	if (!slice_has(&p->rest, 8))
		return header_short(p);
	slice_skip(&p->rest, load_be32(p->rest.data + 4));
	return HEADER_WIFI;
}

/* Some drivers put an AVS header (its first word tells) where a Prism one was announced. */
enum header decode_prism(struct packet *p)
{
	if (!slice_has(&p->rest, 4))
		return header_short(p);
	if ((load_be32(p->rest.data) & 0xfffffff0u) == 0x80211000u)
		return HEADER_AVS;
	slice_skip(&p->rest, 144);
	return HEADER_WIFI;
}

/* Per-Packet Information: its length, then the link type of what it describes. */
enum header decode_ppi(struct packet *p)
{
	uint32_t link_type;

	if (!slice_has(&p->rest, 8))
		return header_short(p);
	link_type = load_le32(p->rest.data + 4);
	slice_skip(&p->rest, load_le16(p->rest.data + 2));
	return header_by_link_type(p, link_type);
}
