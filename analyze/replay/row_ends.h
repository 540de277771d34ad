/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_ROW_ENDS_H
#define SOCKTAPE_ANALYZE_REPLAY_ROW_ENDS_H

#include "analyze/replay/row.h"

/*
 * The ends of connections that a writer of rows refers to. An end is shared by all chunks that have
 * rows of it, and goes with the last of them. Two threads have to do with it, and neither writes
 * what the other reads again and again: the writer counts the chunks that it gives an end to in a
 * place of its own, the reader those that are gone in the end, and both counts meet when the writer
 * has forgotten the end and a chunk has told so.
 */

/* What the writer knows of an end, so that it needn't look at it: a line of a cache. */
struct row_known_end {
	struct row_end *end; /* NULL: none */
	uint64_t conn;
	uint64_t revision; /* of the connection, from which it was made */
	uint64_t chunk;	   /* the last one that refers to it */
	uint64_t chunks;   /* that do, or did */
	uint32_t pid;
	uint8_t role;
	bool tls;
	bool has_client; /* which hardly any has: see row_end.client */
} __attribute__((aligned(64)));

struct row_ends;

/* NULL when there is no memory. */
struct row_ends *row_ends_new(void);

/* Records of the connection come soon: asks for what is known of its end. */
void row_ends_fetch(const struct row_ends *ends, uint64_t conn);

/* The end of a connection as S knows it now; made, where it isn't known. NULL: no memory. */
struct row_known_end *row_ends_get(struct row_ends *ends, const struct replay *replay,
				   const struct connection *conn, const struct session *s);

/* A chunk more refers to it. */
static inline struct row_end *row_end_refer(struct row_known_end *known, uint64_t chunk)
{
	known->chunk = chunk;
	known->chunks++;
	return known->end;
}

/* Those that were forgotten since the last call, for the next chunk to tell. */
struct row_end *row_ends_forgotten(struct row_ends *ends);

/* Forgets all. No other thread has to do with them any more. NULL is fine. */
void row_ends_free(struct row_ends *ends);

/* ---- where chunks go ---- */

/* A chunk that referred to it is gone. */
void row_end_drop(struct row_end *end);

/* So is the one that told that the writer has FORGOTTEN these. */
void row_ends_drop_forgotten(struct row_end *forgotten);

#endif
