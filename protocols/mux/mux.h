/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MUX_MUX_H
#define SOCKTAPE_PROTOCOLS_MUX_MUX_H

#include "protocols/protocol.h"

/* Finagle's Mux, and ThriftMux in it (twitter.github.io/finagle, "Mux"). */
extern const struct protocol protocol_mux;

#endif
