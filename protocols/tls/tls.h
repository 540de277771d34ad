/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_TLS_H
#define SOCKTAPE_PROTOCOLS_TLS_TLS_H

#include "protocols/protocol.h"

/* TLS 1.0 to 1.3 and SSL 3.0: handshakes, how much went through, and with keys what is inside. */
extern const struct protocol protocol_tls;

#endif
