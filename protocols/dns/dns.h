/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_DNS_H
#define SOCKTAPE_PROTOCOLS_DNS_DNS_H

#include "protocols/protocol.h"

/*
 * DNS over UDP and TCP (RFC 1035, 7766), multicast DNS (RFC 6762) and LLMNR (RFC 4795).
 *
 * A record is a query with its response; the messages of a zone transfer are one response. What
 * multicast DNS says stands alone: a question without a response side, an answer without a request
 * side. A query that is sent again before its response is part of the same exchange.
 */
extern const struct protocol protocol_dns;

#endif
