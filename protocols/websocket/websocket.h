/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_WEBSOCKET_WEBSOCKET_H
#define SOCKTAPE_PROTOCOLS_WEBSOCKET_WEBSOCKET_H

#include "protocols/protocol.h"

/* WebSocket (RFC 6455) with permessage-deflate (RFC 7692), behind HTTP's upgrade; in a stream of
 * HTTP/2 (RFC 8441), too. */
extern const struct protocol protocol_websocket;

/* What was asked of HTTP. */
struct websocket_upgrade {
	struct span authority, path; /* may be empty */
	uint32_t stream_id;	     /* of HTTP/2; 0: it has the connection for itself */
};

/* In the form in which open() finds it with session_bequest(). */
void websocket_pack_upgrade(struct buffer *out, const struct websocket_upgrade *upgrade);

#endif
