/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_KAFKA_H
#define SOCKTAPE_PROTOCOLS_KAFKA_KAFKA_H

#include "protocols/protocol.h"

/* Apache Kafka's protocol, every api and version up to 4.1. */
extern const struct protocol protocol_kafka;

#endif
