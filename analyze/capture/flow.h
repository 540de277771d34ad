/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_FLOW_H
#define SOCKTAPE_ANALYZE_CAPTURE_FLOW_H

#include "analyze/capture/tcp.h"

/* The connections and flows of a capture, by transport and addresses, the least used first. */
struct flows;

/* One TCP connection, or all UDP datagrams between two addresses. */
struct flow {
	uint64_t id;
	enum transport transport;
	struct address local; /* who began it, as far as that can be told */
	struct address remote;
	union {
		struct tcp_connection tcp;
		uint64_t moved[2]; /* UDP: bytes by enum direction */
	};

	/* Of the table. */
	uint64_t hash;
	struct flow *chain;
	struct flow *older;
	struct flow *newer;
};

struct flows *flows_new(void); /* NULL: out of memory */

/* The flow between A and B, whichever sent; it becomes the most used one. NULL: there is none. */
struct flow *flows_find(struct flows *flows, enum transport transport, const struct address *a,
			const struct address *b);

/* A new one, where there is none; the caller sets the rest. NULL: out of memory. */
struct flow *flows_add(struct flows *flows, enum transport transport, const struct address *local,
		       const struct address *remote);

struct flow *flows_oldest(const struct flows *flows); /* NULL: none */
size_t flows_count(const struct flows *flows);

/* FLOW goes away. */
void flows_remove(struct flows *flows, struct flow *flow);

void flows_free(struct flows *flows); /* NULL is fine */

#endif
