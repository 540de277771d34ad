/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MYSQL_MYSQL_H
#define SOCKTAPE_PROTOCOLS_MYSQL_MYSQL_H

#include "protocols/protocol.h"

/* MySQL and MariaDB. */
extern const struct protocol protocol_mysql;

#endif
