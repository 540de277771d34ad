/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP_HTTP_H
#define SOCKTAPE_PROTOCOLS_HTTP_HTTP_H

#include "protocols/protocol.h"

/*
 * HTTP/1.x (RFC 9110, RFC 9112) and what is left of HTTP/0.9. A record is a request with its
 * final response. A connection that is upgraded or becomes a tunnel is handed back for inference.
 */
extern const struct protocol protocol_http;

#endif
