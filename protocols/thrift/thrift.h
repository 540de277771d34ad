/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_THRIFT_THRIFT_H
#define SOCKTAPE_PROTOCOLS_THRIFT_THRIFT_H

#include "protocols/protocol.h"

/*
 * Apache Thrift over streams: plain and framed, in the binary and the compact protocol; with
 * Finagle's header in front of the calls, where that was agreed upon.
 */
extern const struct protocol protocol_thrift;

#endif
