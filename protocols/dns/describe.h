/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_DESCRIBE_H
#define SOCKTAPE_PROTOCOLS_DNS_DESCRIBE_H

#include "format/buffer.h"
#include "protocols/value/value.h"

/* "A example.com -> 93.184.216.34", "AAAA example.org NXDOMAIN", "NOTIFY SOA example.net". */
void dns_describe(const struct value *values, struct buffer *out);

#endif
