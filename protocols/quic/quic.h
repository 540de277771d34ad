/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_QUIC_QUIC_H
#define SOCKTAPE_PROTOCOLS_QUIC_QUIC_H

#include "protocols/protocol.h"

extern const struct protocol protocol_quic;

#endif
