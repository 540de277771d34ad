/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_RESOLVE_PRIVATE_H
#define SOCKTAPE_ANALYZE_MAP_RESOLVE_PRIVATE_H

#include "analyze/map/resolve.h"

/* Between resolve.c, which finds out who is one service, and resolve_nodes.c, which says so. */

/* Who is asked: a process, or an address. By number of the party that stands for it. */
struct base {
	size_t names;  /* by how many it is asked */
	uint32_t only; /* if it is one, that */
	bool only_is_host;
};

/* Services of a host that asks, too. */
struct host {
	size_t services;
	size_t first; /* a node */
};

/*
 * Both ends of a Unix socket see the same, and nothing tells them apart from others of that path:
 * where clients were recorded with as much as the server was, the server's view is left out.
 */
struct path {
	uint64_t by_clients;
	uint64_t by_server;
};

#define ADDRESSES 3

struct seen_at {
	const char *texts[ADDRESSES];
	size_t count;
	bool more;
};

/* What is the node of a service. */
struct node_key {
	char kind; /* 'b' a base, 'n' a name of a base, 'h' a name wherever it is, 'q' a question */
	uint32_t name;
	size_t base;
};

struct edge_key {
	size_t from;
	size_t to;
	uintptr_t table;
	uint32_t tls;
	uint32_t type; /* of a question */
	size_t via;
};

struct resolving {
	struct parties *parties;
	const struct intern *names;
	const struct answers *answers;
	struct groups *groups;
	struct graph *g;
	struct base *bases;   /* by party */
	struct host *hosts;   /* by party */
	bool *split;	      /* by name: it is told apart by address */
	struct seen_at *seen; /* by node */
	bool paths_known;
	struct path *paths;  /* by party: of Unix sockets, by who serves them */
	struct intern pairs; /* of a base and a name; of a host and a name; of a host and a node */
	struct intern nodes;
	struct intern edges;
	struct buffer text;
	bool no_memory;
};

/* ---- resolve_nodes.c ---- */

const char *resolve_name_text(const struct resolving *r, uint32_t name);

/* What is in r->text, which becomes empty. */
const char *resolve_take_text(struct resolving *r);

/* The number of the node of KEY, made and described when it is new. */
size_t resolve_node(struct resolving *r, const struct node_key *key);

/* NODE was seen at the address TEXT. */
void resolve_see_at(struct resolving *r, size_t node, const char *text);

/* Where a node is stands with it if it has no other detail, or looks like another. */
void resolve_tell_places(struct resolving *r);

#endif
