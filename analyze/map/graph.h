/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_GRAPH_H
#define SOCKTAPE_ANALYZE_MAP_GRAPH_H

#include "analyze/map/intern.h"
#include "analyze/stat/group.h"

/*
 * Who talks to whom: nodes, and edges with what was counted of them. Several views make one
 * (service_map.h, net_map.h), and several writers print it (draw.h).
 *
 * Texts may be any bytes that somebody sent: who prints them escapes them.
 */
enum node_kind {
	NODE_PROCESS, /* a recorded one, or several of one service */
	NODE_NAME,    /* what was named: a host, a database, a name of DNS */
	NODE_ADDRESS, /* nothing else is known of it */
};

struct graph_node {
	enum node_kind kind;
	const char *label;
	const char *detail;    /* a second line: what tells it from others of that label; "" */
	const char *container; /* its id; "" */
	const char *addresses; /* at which it was asked: the first ones, parted by ", "; "" */
	uint64_t weight;       /* of its edges: their counts */
};

#define GRAPH_NONE SIZE_MAX

struct graph_edge {
	size_t from; /* who asked: a node */
	size_t to;
	const char *
		what; /* protocol, or what else it is about; "": only that TO is a part of FROM's */
	const char *extra; /* a line more; "" */
	bool tls;
	bool sized; /* bytes are known */
	size_t via; /* the node that answered, where TO is what was asked for; GRAPH_NONE: TO */
	struct group *counts; /* NULL: none, it is no traffic */
	/* With --over: what was counted in each interval, in their order; `since` tells which. */
	struct group **courses;
	size_t course_count;
};

struct graph {
	struct graph_node *nodes;
	size_t node_count;
	struct graph_edge *edges; /* the busiest first */
	size_t edge_count;
	int64_t first;	       /* when the first of what was counted began, ns since the epoch */
	int64_t last;	       /* and the last */
	int64_t over;	       /* ns of an interval; 0: all is one */
	bool dns;	       /* it tells of names that were asked for, and who answered */
	const char *unit;      /* what is counted, in the plural: "exchanges" */
	size_t left_out_nodes; /* by graph_limit() */
	size_t left_out_edges;
	uint64_t left_out_count; /* of what they counted */
	uint64_t overflow;	 /* of what was counted, found no room in memory: in no edge */
	struct groups *groups;	 /* owns counts */
	struct groups *interval_groups;
	struct intern texts; /* owns all texts */
	bool no_memory;
};

/* TEXT as the graph's own; "" and no_memory where there is none. */
const char *graph_text(struct graph *g, struct span text);

/* The number of a new node; 0 and no_memory without memory. */
size_t graph_add_node(struct graph *g, const struct graph_node *node);

/* A new edge, or NULL and no_memory. Valid until the next one is added. */
struct graph_edge *graph_add_edge(struct graph *g, size_t from, size_t to, const char *what);

/*
 * Once all is added: weighs the nodes and puts all in an order that depends on nothing but what
 * they say, the busiest first. False without memory.
 */
bool graph_settle(struct graph *g);

/* Keeps the busiest LIMIT nodes (0: all), and the edges between them. After graph_settle(). */
void graph_limit(struct graph *g, size_t limit);

/*
 * The edges by where they begin and where they end, those of one pair in their order. To be freed;
 * NULL without memory.
 */
const struct graph_edge **graph_by_ends(const struct graph *g);

/* Of an edge, or of one interval of it: how many a second; below 0: not known. */
double graph_rate(const struct graph *g, const struct group *counts);

void graph_free(struct graph *g);

#endif
