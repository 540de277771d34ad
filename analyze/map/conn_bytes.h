/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_CONN_BYTES_H
#define SOCKTAPE_ANALYZE_MAP_CONN_BYTES_H

#include "analyze/map/resolve.h"
#include "analyze/replay/replay.h"

/*
 * Bytes of protocols whose records don't tell their size: those that their connections moved.
 * Internal to analyze/map/.
 */
struct conn_bytes_asked;
struct conn_bytes_told;

struct conn_bytes {
	size_t memory; /* bytes that each of both may take */
	bool full;     /* some found no room: what is known is too little */
	/* What records there are: filled by who reads them. */
	struct intern asked_keys;
	struct conn_bytes_asked *asked;
	/* What connections told at their end: perhaps by another thread. */
	struct intern told_keys;
	struct conn_bytes_told *told;
	bool told_full;
};

/* ROW, of a table without sizes, is counted on EDGE. */
void conn_bytes_ask(struct conn_bytes *b, const struct row *row, const struct raw_edge *edge);

/* At the end of a connection. */
void conn_bytes_tell(struct conn_bytes *b, const struct connection *c);

/* In the end: adds them to the groups of the edges, by raw_edge, which are all there. */
void conn_bytes_add(const struct conn_bytes *b, struct groups *groups);

void conn_bytes_free(struct conn_bytes *b);

#endif
