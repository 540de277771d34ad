/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_FRAME_H
#define SOCKTAPE_PROTOCOLS_DNS_FRAME_H

#include "protocols/protocol.h"

/* On a stream a message has its length before it: RFC 7766, section 8. */
#define DNS_TCP_PREFIX 2

enum frame_status dns_frame(const void *state, enum side side, const struct cursor *in,
			    struct frame *frame);
bool dns_resync(void *state, enum side side, struct cursor *in);

#endif
