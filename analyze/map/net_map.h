/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_NET_MAP_H
#define SOCKTAPE_ANALYZE_MAP_NET_MAP_H

#include "analyze/map/graph.h"
#include "analyze/replay/replay.h"

/*
 * Who moved how much to whom, by addresses, whatever was spoken: out of connections, and of
 * datagrams where a socket has no fixed other end. What both ends recorded counts once: a
 * connection as its client saw it, a datagram as its sender did.
 */
struct net_map;

/* MEMORY: about so many bytes. OVER: ns; connections count when they began. NULL without memory. */
struct net_map *net_map_new(size_t memory, int64_t over);

/* For handlers of the replay: every event, and the end of every connection that counts. */
void net_map_event(struct net_map *m, const struct replay *r, const struct event *event,
		   const struct connection *c);
void net_map_conn(struct net_map *m, const struct replay *r, const struct connection *c);

/* After the last: the graph, settled. False without memory. G is to be freed in any case. */
bool net_map_finish(struct net_map *m, struct graph *g);

void net_map_free(struct net_map *m); /* NULL is fine */

#endif
