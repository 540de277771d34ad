/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_QUIC_GOOGLE_H
#define SOCKTAPE_PROTOCOLS_QUIC_GOOGLE_H

#include "protocols/protocol.h"
#include "protocols/quic/packet.h"

/*
 * QUIC as Google had it before it became the IETF's. Up to Q043 packets have a header of their own
 * (draft-hamilton-early-deployment-quic-00, section 6.1), Q044 to Q049 one of an early draft. There
 * is one id, which the client chooses, for both ends. Q050, T050 and T051 have the header of
 * version 1. What begins with Q has a handshake of its own, what begins with T that of TLS 1.3.
 */

/*
 * A packet of SIDE that says which connection it is of, in `to` and in `from`; of a client also
 * which version. False: it is none.
 */
bool quic_google_read(struct span datagram, enum side side, struct quic_packet *packet);

/* Whether a server's packet may be one without an id, as clients may ask for up to Q043. */
bool quic_google_is_bare(struct span datagram);

/* Whether the handshake of this version isn't TLS. */
bool quic_google_crypto(uint32_t version);

/* Appends "Q043", "T051"; false where it is none of Google's versions. */
bool quic_google_version_append(uint32_t version, struct buffer *out);

#endif
