/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_QUIC_PACKET_H
#define SOCKTAPE_PROTOCOLS_QUIC_PACKET_H

#include "format/buffer.h"
#include "format/span.h"

/*
 * The header of a QUIC packet that says what it is: the long one (RFC 8999, section 5.1; RFC 9000,
 * section 17.2). All but the first packets of a connection have the short one, which says nothing.
 */

#define QUIC_ID_MAX 20 /* bytes of a connection id in versions 1 and 2 */

/* A client's first datagram isn't shorter: RFC 9000, section 14.1. */
#define QUIC_INITIAL_MIN 1200

enum quic_type {
	QUIC_INITIAL,
	QUIC_EARLY,
	QUIC_HANDSHAKE,
	QUIC_RETRY,
	QUIC_NEGOTIATION, /* of the version */
	QUIC_RESET,	  /* Google's alone: the server knows nothing of the connection */
};

struct quic_packet {
	enum quic_type type;
	uint32_t version;
	struct span to;	  /* connection id of who gets it */
	struct span from; /* and of who sent it */
	bool whole;	  /* what follows the header has a length that fits */
};

/* The first packet of a DATAGRAM; false when none with a long header begins it. */
bool quic_packet_read(struct span datagram, struct quic_packet *packet);

/* One that no server has, so that it tells which it has: RFC 9000, section 15. */
bool quic_version_is_reserved(uint32_t version);

/* Appends the name of a version that is known: "1", "draft-29", "Q043". False when it isn't one. */
bool quic_version_append(uint32_t version, struct buffer *out);

#endif
