/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CQL_CQL_H
#define SOCKTAPE_PROTOCOLS_CQL_CQL_H

#include "protocols/protocol.h"

/* Cassandra's native protocol, versions 3 to 5. */
extern const struct protocol protocol_cql;

#endif
