/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_SPLICE_H
#define SOCKTAPE_ANALYZE_PCAPNG_SPLICE_H

#include "format/buffer.h"
#include "format/event.h"
#include "protocols/protocol.h"

/*
 * A protocol that begins in clear and goes on inside TLS is shown as one stream without TLS, as if
 * its client had never asked for it: what the server says first stays, the request for TLS goes.
 */

/* Whether a server of P says something first that the rest can't be dissected without. */
bool splice_keeps(const struct protocol *p);

/*
 * What DATA of the client's plaintext would be if there had been no request for TLS. The payload
 * may be COPY's then, which is the caller's.
 */
void splice_mend(const struct protocol *p, struct event_data *data, struct buffer *copy);

/* How a client asks for TLS, and how its server agrees; never changed. */
struct splice_request {
	struct span client;
	struct span server;
};

/*
 * What Wireshark has to see in front of TLS to know that P is inside. Empty: nothing, or more than
 * this, as a greeting.
 */
struct splice_request splice_request(const struct protocol *p);

#endif
