/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_FLOW_H
#define SOCKTAPE_ANALYZE_CAPTURE_FLOW_H

#include "analyze/capture/tcp.h"

/*
 * The connections and flows of a capture, by transport and addresses. Of each transport the least
 * used comes first; where there are more than memory allows, those are put aside in a file.
 */
struct flows;

/* One TCP connection, or all UDP datagrams between two addresses. */
struct flow {
	uint64_t id;
	enum transport transport;
	struct address local; /* who began it, as far as that can be told */
	struct address remote;

	/* Of the table. */
	uint64_t hash;
	struct flow *chain;
	struct flow *older;
	struct flow *newer;

	union {
		struct tcp_connection tcp;
		struct flow_datagrams {
			uint64_t moved[2]; /* bytes by enum direction */
			int64_t last_ts;
		} udp;
	};
};

/* MEMORY: bytes for flows that aren't put aside. NULL: out of memory. */
struct flows *flows_new(size_t memory);

/* The flow between A and B, whichever sent; it becomes the most used one. NULL: there is none. */
struct flow *flows_find(struct flows *flows, enum transport transport, const struct address *a,
			const struct address *b);

/* A new one, where there is none; the caller sets the rest. NULL: out of memory. */
struct flow *flows_add(struct flows *flows, enum transport transport, const struct address *local,
		       const struct address *remote);

struct flow *flows_oldest(const struct flows *flows, enum transport transport); /* NULL: none */

/* Whether there are more than memory allows. */
bool flows_full(const struct flows *flows);

/*
 * FLOW goes to the file, whence flows_find() takes it. It must not be waiting for anything. False
 * when the system refuses: it is still there.
 */
bool flows_put_aside(struct flows *flows, struct flow *flow);

/*
 * Takes one of those that were put aside back, whichever; NULL after the last. For the end, with no
 * other call but flows_remove() in between.
 */
struct flow *flows_take_back(struct flows *flows);

/* FLOW goes away. */
void flows_remove(struct flows *flows, struct flow *flow);

void flows_free(struct flows *flows); /* NULL is fine */

#endif
