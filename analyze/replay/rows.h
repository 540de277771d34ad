/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_ROWS_H
#define SOCKTAPE_ANALYZE_REPLAY_ROWS_H

#include "analyze/replay/row.h"

/*
 * The records of a recording as rows that are pulled one after the other: in the order of their
 * beginning, each with its twin (order.h).
 */
struct rows;

/*
 * OPTIONS without handlers, but for conn_end(), which may be called by another thread until the
 * last row came. See recording_open().
 */
MUST_CHECK enum tape_error rows_open(const char *path, const struct replay_options *options,
				     struct rows **rows);

/*
 * Without a recording: rows_event() feeds, and rows_end() tells that no more will come. With
 * options->resolve, rows_again() says before whether all must be fed once more.
 */
struct rows *rows_open_fed(const struct replay_options *options);
bool rows_again(struct rows *r);
void rows_event(struct rows *r, const struct event *event);
void rows_end(struct rows *r);

/*
 * The next row, valid until the next call, or NULL: at the end, (fed) until more is fed, or
 * (options->follow) until more is recorded: then rows_waits() is true, and it may be asked again a
 * moment later.
 */
struct row *rows_next(struct rows *r);
bool rows_waits(const struct rows *r);

/* What there is by now of a recording that is followed is all that is wanted. */
void rows_follow_no_more(struct rows *r);

/* Before the last row: no more of them are wanted. What rows_replay() tells stands still then. */
void rows_stop(struct rows *r);

/* After the last row: what ended the replay early, or TAPE_OK. */
enum tape_error rows_error(const struct rows *r);

/* For what isn't rows: totals of reading, after the last row or rows_stop(). */
struct replay *rows_replay(const struct rows *r);

void rows_close(struct rows *r); /* NULL is fine */

#endif
