/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_INFER_H
#define SOCKTAPE_PROTOCOLS_DNS_INFER_H

#include "protocols/protocol.h"

/* DNS, multicast DNS, LLMNR, and (what TLS carries) DNS over TLS; ended by 0. */
extern const uint16_t dns_ports[];

void dns_infer(const struct sample *sample, struct verdict *verdict);

#endif
