/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_REDIS_H
#define SOCKTAPE_PROTOCOLS_REDIS_REDIS_H

#include "protocols/protocol.h"

/*
 * Redis and its relatives: the serialization protocol RESP2 and RESP3 ("Redis serialization
 * protocol specification"), inline commands, pub/sub, MONITOR and replication links.
 */
extern const struct protocol protocol_redis;

#endif
