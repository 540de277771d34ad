/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_TCP_PRIVATE_H
#define SOCKTAPE_ANALYZE_CAPTURE_TCP_PRIVATE_H

#include "analyze/capture/tcp.h"

/* Between tcp.c, which takes packets in, and tcp_release.c, which gives bytes out in order. */

/* Disorder in a capture may reach over a long silence: so many packets are waited for, too. */
#define TCP_WAIT_PACKETS 16u

/* Up to which position the bytes exist for certain: the FIN takes a number, but isn't a byte. */
static inline uint64_t tcp_without_fin(const struct tcp_half *h, uint64_t acked)
{
	return h->fin && acked > h->end ? h->end : acked;
}

/* Whether all that the sender had received when it had acknowledged PROVEN was given out. */
static inline bool tcp_cause_is_out(const struct tcp_half *other, uint64_t proven)
{
	return !other->started || tcp_without_fin(other, proven) <= other->next;
}

/* The end that sends in this direction: local is who asked for the connection. */
static inline enum conn_end tcp_end_of(enum direction direction)
{
	return direction == DIRECTION_SENT ? END_LOCAL : END_REMOTE;
}

/* PAYLOAD stands at C's next position in this direction. */
void tcp_deliver(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		 struct slice payload, int64_t ts);

/* The bytes up to TARGET are missing in the capture. */
void tcp_skip_to(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		 uint64_t target, int64_t now);

/* Gives out what can be, closes C when it is over, waits for the rest; to be called last. */
void tcp_release(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now);

#endif
