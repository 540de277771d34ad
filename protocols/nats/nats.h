/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_NATS_NATS_H
#define SOCKTAPE_PROTOCOLS_NATS_NATS_H

#include "protocols/protocol.h"

extern const struct protocol protocol_nats;

#endif
