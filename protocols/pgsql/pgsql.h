/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PGSQL_PGSQL_H
#define SOCKTAPE_PROTOCOLS_PGSQL_PGSQL_H

#include "protocols/protocol.h"

/* PostgreSQL, protocol 3. */
extern const struct protocol protocol_pgsql;

#endif
