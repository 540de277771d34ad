/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_WEBSOCKET_WEBSOCKET_H
#define SOCKTAPE_PROTOCOLS_WEBSOCKET_WEBSOCKET_H

#include "protocols/protocol.h"

/* WebSocket (RFC 6455) with permessage-deflate (RFC 7692), behind HTTP's upgrade. */
extern const struct protocol protocol_websocket;

#endif
