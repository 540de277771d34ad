/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_NET_MAP_PRIVATE_H
#define SOCKTAPE_ANALYZE_MAP_NET_MAP_PRIVATE_H

#include "analyze/map/net_map.h"
#include "analyze/map/resolve.h"

/* Between net_map.c, which counts connections, and net_talk.c, which counts datagrams. */

struct udp_socket {
	size_t party;
	bool fixed; /* it is counted as a connection */
};

/* The datagrams between one socket, which has no fixed other end, and one address. */
struct talk_key {
	uint64_t conn;
	int64_t since; /* the interval; 0: all is one */
	struct address peer;
};

struct talk {
	int64_t time;	   /* of the first */
	uint64_t count[2]; /* by enum direction */
	uint64_t bytes[2];
	size_t before; /* the one of the same socket that came before; INTERN_NONE: none */
	/* Once the socket is at its end, and it is known what it was. */
	bool settled;
	bool serves;
	size_t own;
	uint32_t netns;
	uint32_t what;
};

struct net_map {
	int64_t over;
	size_t memory;
	struct parties parties;
	struct intern names; /* protocols; number 0 is none */
	struct groups *groups;
	struct map waiting;	   /* ends whose other end may come, by what both have in common */
	struct intern sockets;	   /* of datagrams: local addresses of recorded ends */
	struct udp_socket *owners; /* of them, by number */
	struct intern talk_keys;
	struct talk *talks;   /* by number of their keys */
	struct map last_talk; /* by connection: number + 1 */
	uint64_t seed;
	int64_t first;
	int64_t last;
	bool no_memory;
};

/* ---- net_map.c ---- */

/* What is counted between two parties at this time; NULL: there is no memory. */
struct group *net_map_group(struct net_map *m, size_t from, size_t to, uint32_t what, bool tls,
			    int64_t time);

/* The party of C's process. LOCAL: its address; a socket that only asks may have none of its own.
 */
size_t net_map_party(struct net_map *m, const struct connection *c, const struct address *local,
		     bool serves);
size_t net_map_own_party(struct net_map *m, const struct connection *c, bool serves);

/* The number of what was spoken first, of what is inside where that was read. */
uint32_t net_map_what(struct net_map *m, const struct connection *c);

/* Whether it has one other end. */
bool net_map_is_fixed(const struct connection *c);

/* ---- net_talk.c ---- */

void net_map_end_socket(struct net_map *m, const struct connection *c);

/* After the last socket's end. */
void net_map_count_talks(struct net_map *m);

#endif
