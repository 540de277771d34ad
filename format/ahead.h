/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_AHEAD_H
#define SOCKTAPE_FORMAT_AHEAD_H

/*
 * Reads and decompresses the blocks of a recording on a thread of its own, ahead of the one that
 * takes its events. What that one sees is the same, in the same order, problems too. Internal to
 * format/: recording_read_ahead().
 */

#include "format/recording.h"

struct ahead;

/* The clock pair by which times are told, until an event tells another. */
struct ahead_clock {
	bool known;
	int64_t ts;
	int64_t realtime;
};

/* A block that was read: its raw events, to be decoded. */
struct ahead_block {
	struct buffer raw;
	int64_t ts_base;
	uint64_t events;
	uint64_t offset;  /* in the file at PATH */
	const char *path; /* the recording's */
	struct ahead_clock clock;
	struct recording_status status;
};

/*
 * What the thread asks for the next block, with A for ahead_problem(). False at the end: then the
 * status is the last one.
 */
typedef bool ahead_read_fn(void *context, struct ahead *a, struct ahead_block *block);

/* Starts the thread; NULL when there is no memory, or no thread. */
struct ahead *ahead_new(ahead_read_fn *read, void *context, recording_problem_fn *problem,
			void *problem_context);

/* For the thread's own use: a problem that was met while reading. */
void ahead_problem(struct ahead *a, const char *path, const struct problem *problem);

/* The next event, valid until the next call; false at the end. */
bool ahead_next(struct ahead *a, struct event *event);

/* Bytes of memory of the block whose events are taken. */
size_t ahead_memory(const struct ahead *a);

/* See recording_coming(). */
uint64_t ahead_coming(struct ahead *a);

const struct recording_status *ahead_status(const struct ahead *a);
const struct ahead_clock *ahead_clock(const struct ahead *a);

/* Ends the thread. NULL is fine. */
void ahead_free(struct ahead *a);

#endif
