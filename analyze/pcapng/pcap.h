/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_PCAP_H
#define SOCKTAPE_ANALYZE_PCAPNG_PCAP_H

#include "analyze/pcapng/block.h"

/*
 * The older file format (draft-ietf-opsawg-pcap), for tools that don't read pcapng: packets with
 * their times, and nothing else. Appends to a buffer. Link type Ethernet.
 */

/* Must be first. NANOSECONDS: as libpcap has read since 2013; else microseconds, as all read. */
void pcap_header(struct buffer *out, bool nanoseconds);

/* Times before 1970 or after 2106 can't be told: they are the nearest that can. */
void pcap_packet(struct buffer *out, bool nanoseconds, const struct pcapng_packet *packet);

/* Bytes of a packet with its head. */
size_t pcap_packet_len(const struct pcapng_packet *packet);

#endif
