/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/packet.h"

#include "analyze/capture/headers.h"

/* Tunnels in tunnels end somewhere; more is an attack. */
#define MAX_HEADERS 40

static enum header (*const decoders[HEADER_COUNT])(struct packet *p) = {
#define HEADER_DECODER(name, decode) [HEADER_##name] = decode,
	HEADERS(HEADER_DECODER)
#undef HEADER_DECODER
};

enum header packet_decode_from(struct packet *p, enum header header)
{
	while (header < HEADER_COUNT) {
		if (p->headers++ == MAX_HEADERS)
			return header_skip(p, CAPTURE_SKIP_MALFORMED);
		header = decoders[header](p);
	}
	return header;
}

enum header packet_decode(struct packet *p, uint16_t link_type)
{
	return packet_decode_from(p, header_by_link_type(p, link_type));
}
