/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_AMQP_AMQP_H
#define SOCKTAPE_PROTOCOLS_AMQP_AMQP_H

#include "protocols/protocol.h"

extern const struct protocol protocol_amqp;

#endif
