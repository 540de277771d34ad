/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_SOCKS_SOCKS_H
#define SOCKTAPE_PROTOCOLS_SOCKS_SOCKS_H

#include "protocols/protocol.h"

/*
 * SOCKS 4, 4A and 5 (RFC 1928, 1929): a client asks a proxy for a connection to somebody else. Once
 * it has it, whatever goes through is inferred.
 */
extern const struct protocol protocol_socks;

#endif
