/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_DISSECTOR_H
#define SOCKTAPE_ANALYZE_PCAPNG_DISSECTOR_H

#include "protocols/protocol.h"

/* How Wireshark, with no settings, chooses a dissector: what the table of ports must respect. */

/* A port that belongs to no dissector and to no user: for servers that have none. */
#define DISSECTOR_NEUTRAL_PORT 49151

/* Where ports of made-up clients begin: RFC 6335, section 6. */
#define DISSECTOR_DYNAMIC_PORT 49152

/* Wireshark gives this port to some dissector. */
bool dissector_claims(bool tcp, uint16_t port);

/* Wireshark dissects PROTOCOL on this port because of the port. */
bool dissector_expects(const struct protocol *protocol, bool tcp, uint16_t port);

/*
 * Wireshark knows PROTOCOL on any port that nobody claims by the first line of the connection,
 * if that line comes in one segment.
 */
bool dissector_knows_by_line(const struct protocol *protocol);

/* The same by what its records begin with, wherever the stream begins. */
bool dissector_knows_by_record(const struct protocol *protocol);

#endif
