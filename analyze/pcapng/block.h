/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_BLOCK_H
#define SOCKTAPE_ANALYZE_PCAPNG_BLOCK_H

#include "format/error.h"
#include "format/event.h"
#include "format/writer.h"

/*
 * Writes the blocks of one pcapng section (draft-ietf-opsawg-pcapng) into a sink. Link type
 * Ethernet, times in nanoseconds. Texts may be any bytes: they become valid UTF-8, and are cut
 * where they are longer than a reader will show.
 *
 * Errors stick: every call after the first error does nothing, pcapng_error() tells it.
 */
struct pcapng;

/* NULL when there is no memory. */
struct pcapng *pcapng_new(struct sink sink);

/* Empty spans are left out. */
struct pcapng_section {
	struct span hardware;
	struct span os;
	struct span application;
	struct span comment;
};

/* Must be first. */
void pcapng_section(struct pcapng *p, const struct pcapng_section *section);

/* Returns the number of the interface; they count from 0. */
uint32_t pcapng_interface(struct pcapng *p, struct span name, struct span description);

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

void pcapng_packet(struct pcapng *p, const struct pcapng_packet *packet);

/* The name of an IPv6 address. */
void pcapng_name(struct pcapng *p, const uint8_t ip[static 16], struct span name);

/* Lines of the NSS key log format, each with its newline. */
void pcapng_secrets(struct pcapng *p, struct span lines);

/* At the end, for each interface. */
void pcapng_statistics(struct pcapng *p, uint32_t interface, int64_t ts, uint64_t packets,
		       uint64_t dropped);

/* Hands everything to the sink. */
MUST_CHECK enum tape_error pcapng_flush(struct pcapng *p);

enum tape_error pcapng_error(const struct pcapng *p);
uint64_t pcapng_packets(const struct pcapng *p);
uint64_t pcapng_bytes(const struct pcapng *p); /* of the file so far */

void pcapng_free(struct pcapng *p); /* NULL is fine; doesn't flush */

#endif
