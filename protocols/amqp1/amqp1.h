/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_AMQP1_AMQP1_H
#define SOCKTAPE_PROTOCOLS_AMQP1_AMQP1_H

#include "protocols/protocol.h"

extern const struct protocol protocol_amqp1;

#endif
