/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_LABEL_H
#define SOCKTAPE_ANALYZE_MAP_LABEL_H

#include "analyze/map/graph.h"

/* What an edge says, in words; the same in every picture of it. */
enum label_part {
	LABEL_WHAT,	/* "http+tls: 1,234, 12.3/s, 1.2 MB" */
	LABEL_TIMES,	/* "p50 1.2 ms, p99 3.4 ms" */
	LABEL_FAILURES, /* "failed: 404: 2, unanswered: 1" */
	LABEL_EXTRA,
	LABEL_COURSE, /* with --over: how much in each interval, as a sparkline */
	LABEL_PARTS,
};

/* Nothing where the edge has nothing to say of it. Not escaped: see struct graph. */
void label_append(struct buffer *b, const struct graph *g, const struct graph_edge *e,
		  enum label_part part);

/* "http+tls" */
void label_append_what(struct buffer *b, const struct graph_edge *e);

/* "2026-11-22 04:06:24.640 to 04:06:26.083 UTC": from when to when all of it is. */
void label_append_span(struct buffer *b, const struct graph *g);

/* What is missing in G, and how to see it; nothing where nothing is. */
void label_append_left_out(struct buffer *b, const struct graph *g);

/* "404: 2, unanswered: 1" */
void label_append_failures(struct buffer *b, const struct group *counts);

/* A rate as people read it: "12.3/s", "0.02/s". */
void label_append_rate(struct buffer *b, double rate);

#endif
