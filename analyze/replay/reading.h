/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_READING_H
#define SOCKTAPE_ANALYZE_REPLAY_READING_H

#include "analyze/output/tell.h"
#include "analyze/replay/rows.h"

/*
 * What every command that reads a recording has in common: errors told in one line each, progress
 * on a terminal when it takes more than a second, and the exit status.
 */
struct reading {
	bool to_file; /* set before it is opened: no rows go to the terminal, so progress may */
	const volatile bool
		*hushed; /* set before, too: progress ends when it is true; may be NULL */
	/*
	 * Set before, too, where it is followed: whether the user has seen enough, of which it
	 * WAITs a moment to hear.
	 */
	bool (*enough)(void *context, bool wait);
	void *enough_context;
	bool piped;
	bool seen_enough;
	const char *command;
	struct replay *replay;
	struct rows *rows; /* NULL: opened without */
	uint64_t problems;
	bool again;		     /* set before it is opened: problems are told another time */
	const struct keylog *keylog; /* of the user's; NULL: none */
	const struct protobuf_schema *protobuf; /* as that */
	uint64_t lost_events;			/* in damaged blocks, where their headers told */
	int64_t started;			/* of the progress line; CLOCK_MONOTONIC ns */
	int64_t told;				/* when progress was last printed; 0: never */
	unsigned skipped;			/* events since the clock was last looked at */
};

/* Opens REC. STATUS_DONE, or what to exit with after the user was told why. */
int reading_open(struct reading *r, const char *command, const char *path,
		 const struct replay_options *options);

/* The same recording once more, after reading_run(): with a new replay, and no problem told twice.
 */
int reading_again(struct reading *r, const char *path, const struct replay_options *options);

/* Runs the replay to its end: what to exit with. */
int reading_run(struct reading *r);

/* The same as reading_open(), for the records alone. */
int reading_open_rows(struct reading *r, const char *command, const char *path,
		      const struct replay_options *options);

/*
 * The next row, valid until the next call; NULL after the last, or, where the recording is
 * followed, when the user has seen enough. What comes through a pipe is then taken to its end, if
 * that is soon: the same key may have ended the recorder.
 */
struct row *reading_row(struct reading *r);

/* After the last row that is wanted: what to exit with. */
int reading_end(struct reading *r);

void reading_close(struct reading *r);

/* Tells about a problem in a segment; for those who read without a replay. */
void reading_problem(void *context, const char *path, const struct problem *problem);

#endif
