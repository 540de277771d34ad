/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_STREAMS_H
#define SOCKTAPE_ANALYZE_REPLAY_STREAMS_H

#include "format/event.h"

/*
 * The bytes of many connections, of one layer each, as streams: in order, each byte once. Bytes
 * that wait for others, and what the caller keeps of a stream, are charged to one budget: where it
 * is used up, the oldest streams are ended, and go on as new ones.
 */
struct streams;
struct budget;

struct stream_run {
	uint64_t conn;
	enum direction direction;
	uint64_t offset;   /* position in its stream */
	struct span bytes; /* empty: a hole */
	uint64_t missing;  /* bytes of the hole */
	int64_t ts;	   /* monotonic */
};

typedef void streams_run_fn(void *context, const struct stream_run *run);

/*
 * A connection was closed, or the recording ends: no more runs come of it. PARTED: memory was
 * short; it may go on as if it were another.
 */
typedef void streams_end_fn(void *context, uint64_t conn, bool parted);

/* NULL without memory. END may be NULL. LIMIT: bytes of memory. */
struct streams *streams_new(streams_run_fn *run, streams_end_fn *end, void *context,
			    uint64_t limit);

/* For what the caller keeps. */
struct budget *streams_budget(struct streams *s);

/* False without memory. */
bool streams_push(struct streams *s, const struct event_data *data, int64_t ts);

/* The connection was closed. */
void streams_close(struct streams *s, uint64_t conn);

/* Nothing more will come. */
void streams_finish(struct streams *s);

void streams_free(struct streams *s); /* NULL is fine */

#endif
