/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_TUNNEL_H
#define SOCKTAPE_ANALYZE_CAPTURE_TUNNEL_H

#include "analyze/capture/headers.h"

/*
 * Tunnels inside of UDP, each by its port. A function looks at the payload: when it is one of its
 * own it drops the tunnel's header and tells what is inside, else it leaves all as it is and says
 * HEADER_DATAGRAM. Those of mirror.c are declared here; tunnel.c has the table.
 */
enum header tunnel_tzsp(struct packet *p);
enum header tunnel_capwap(struct packet *p);
enum header tunnel_lwapp(struct packet *p);
enum header tunnel_lwapp_addressed(struct packet *p);
enum header tunnel_lwapp_ethernet(struct packet *p);
enum header tunnel_juniper(struct packet *p);
enum header tunnel_peek_remote(struct packet *p);

/* LEN bytes of tunnel and then INNER. */
static inline enum header tunnel_opens(struct packet *p, size_t len, enum header inner)
{
	slice_skip(&p->rest, len);
	return inner;
}

#endif
