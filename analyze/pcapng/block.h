/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_BLOCK_H
#define SOCKTAPE_ANALYZE_PCAPNG_BLOCK_H

#include "format/buffer.h"
#include "format/event.h"

/*
 * Appends the blocks of one pcapng section (draft-ietf-opsawg-pcapng) to a buffer in which nothing
 * else stands. Link type Ethernet, times in nanoseconds. Texts may be any bytes: they become valid
 * UTF-8, and are cut where they are longer than a reader will show.
 */

/* Empty spans are left out. */
struct pcapng_section {
	struct span hardware;
	struct span os;
	struct span application;
	struct span comment;
};

/* Must be first. */
void pcapng_section(struct buffer *out, const struct pcapng_section *section);

/* Interfaces are numbered from 0, in their order. */
void pcapng_interface(struct buffer *out, struct span name, struct span description);

/* No reader takes more of one packet: Wireshark gives up the whole file. */
#define PCAPNG_PACKET_MAX 262144

struct pcapng_packet {
	uint32_t interface;
	int64_t ts; /* ns since the epoch */
	enum direction direction;
	struct span headers;
	struct span payload; /* follows the headers; together at most PCAPNG_PACKET_MAX */
	size_t original_len; /* of both on the wire, at least what is here */
	struct span comment; /* may be empty */
};

void pcapng_packet(struct buffer *out, const struct pcapng_packet *packet);

/* Bytes of its block, at most. */
size_t pcapng_packet_len(const struct pcapng_packet *packet);

/* The name of an IPv6 address. */
void pcapng_name(struct buffer *out, const uint8_t ip[static 16], struct span name);

/* Lines of the NSS key log format, each with its newline. */
void pcapng_secrets(struct buffer *out, struct span lines);

/* At the end, for each interface; and the bytes that it takes. */
void pcapng_statistics(struct buffer *out, uint32_t interface, int64_t ts, uint64_t packets,
		       uint64_t dropped);
#define PCAPNG_STATISTICS_LEN 52

#endif
