/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_PACKET_H
#define SOCKTAPE_ANALYZE_PCAPNG_PACKET_H

#include "format/event.h"

/* The headers that a recorded payload never had: Ethernet, IPv4 or IPv6, TCP or UDP. */

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u

/* Ethernet, IPv6, TCP with the options of a SYN. */
#define PACKET_HEADERS_MAX (14 + 40 + 20 + 8 + 8)

struct packet {
	const struct address *from; /* both of one family, ADDRESS_INET4 or ADDRESS_INET6 */
	const struct address *to;
	bool tcp;	     /* else UDP */
	bool from_client;    /* chooses the Ethernet addresses */
	unsigned flags;	     /* TCP_* */
	bool made_up;	     /* of a SYN: nobody saw it; see mark.h */
	uint32_t seq;	     /* TCP */
	uint32_t ack;	     /* TCP, with TCP_ACK */
	struct span payload; /* what was kept */
	size_t len;	     /* what was moved: payload.len <= len <= packet_payload_max() */
};

/*
 * The largest payload of one packet: both length fields of IP have 16 bits (RFC 791, section 3.1;
 * RFC 8200, section 3), and IPv4 counts its own header in.
 */
size_t packet_payload_max(enum address_family family, bool tcp);

/*
 * Writes the headers of P and returns their length. The checksums are right, with zeros for the
 * bytes that were not kept. A SYN carries MSS and window scale, so that a window of 65,535 covers
 * a gigabyte in flight and no acknowledgements need to be made up.
 */
size_t packet_headers(const struct packet *p, uint8_t out[static PACKET_HEADERS_MAX]);

#endif
