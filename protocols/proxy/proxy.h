/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROXY_PROXY_H
#define SOCKTAPE_PROTOCOLS_PROXY_PROXY_H

#include "protocols/protocol.h"

/*
 * HAProxy's PROXY protocol, versions 1 and 2: a header in front of a connection (or of each
 * datagram) that tells whose connection the proxy passes on. What follows is inferred.
 */
extern const struct protocol protocol_proxy;

#endif
