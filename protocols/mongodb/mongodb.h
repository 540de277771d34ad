/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MONGODB_MONGODB_H
#define SOCKTAPE_PROTOCOLS_MONGODB_MONGODB_H

#include "protocols/protocol.h"

/* MongoDB's wire protocol. */
extern const struct protocol protocol_mongodb;

#endif
