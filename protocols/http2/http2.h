/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_HTTP2_H
#define SOCKTAPE_PROTOCOLS_HTTP2_HTTP2_H

#include "protocols/protocol.h"

/* HTTP/2 (RFC 9113) and gRPC on it. */
extern const struct protocol protocol_http2;

#endif
