/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/pcap.h"

#include <endian.h>

/* draft-ietf-opsawg-pcap, section 4. */
#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define VERSION		   (2u | 4u << 16) /* 2.4: two numbers of 16 bits */
#define LINKTYPE_ETHERNET  1u

#define PACKET_HEAD_LEN 16 /* section 5 */
#define NS_PER_SECOND	1000000000

static void put32(struct buffer *out, uint32_t value)
{
	uint32_t little = htole32(value);

	buffer_append(out, &little, sizeof(little));
}

void pcap_header(struct buffer *out, bool nanoseconds)
{
	put32(out, nanoseconds ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS);
	put32(out, VERSION);
	put32(out, 0); /* two that are reserved */
	put32(out, 0);
	put32(out, PCAPNG_PACKET_MAX);
	put32(out, LINKTYPE_ETHERNET);
}

void pcap_packet(struct buffer *out, bool nanoseconds, const struct pcapng_packet *packet)
{
	int64_t ts = packet->ts > 0 ? packet->ts : 0;
	int64_t seconds = ts / NS_PER_SECOND, rest = ts % NS_PER_SECOND;

	put32(out, seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX);
	put32(out, (uint32_t)(nanoseconds ? rest : rest / 1000));
	put32(out, (uint32_t)(packet->headers.len + packet->payload.len));
	put32(out, (uint32_t)packet->original_len);
	buffer_append_span(out, packet->headers);
	buffer_append_span(out, packet->payload);
}

size_t pcap_packet_len(const struct pcapng_packet *packet)
{
	return PACKET_HEAD_LEN + packet->headers.len + packet->payload.len;
}
