/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_LIVE_H
#define SOCKTAPE_FORMAT_LIVE_H

/* Segments that are read while they are written: in files, or out of a pipe. Internal to format/.
 */

#include "format/reader.h"

/* ---- files ---- */

struct live;

struct live *live_new(void); /* NULL when there is no memory */

/*
 * As source.grow, of the file behind FD. It grows as long as its writer has a lock on it
 * (output_open()); and for a while after it grew last, where a file system knows no locks.
 */
bool live_grow(struct live *live, int fd, uint64_t *size);

/* Whether the file doesn't have LEN bytes yet, and may still get them. */
bool live_awaits(struct live *live, const char *path, uint64_t len);

void live_free(struct live *live); /* NULL is fine */

/* ---- a pipe ---- */

struct pipe;

/* Waits until LEN bytes are there, of which BEGIN is known, or its end. FD stays the caller's. */
struct pipe *pipe_new(int fd, struct span begin, size_t len);

struct source pipe_source(struct pipe *pipe);

/* From now on only what comes soon is taken: who writes may be about to end it. */
void pipe_end(struct pipe *pipe);

void pipe_free(struct pipe *pipe); /* NULL is fine */

#endif
