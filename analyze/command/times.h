/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_TIMES_H
#define SOCKTAPE_ANALYZE_COMMAND_TIMES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Moments of a recording as people type them: beside what option_time() takes, a time of day, as
 * rows show it, and a duration after the recording's begin ("+5s") or before its end ("-1m").
 */
struct times {
	const char *path; /* of the recording; it is only read where it has to be */
	bool read;
	int64_t first; /* its first and last moment, ns since the epoch; 0: it has none */
	int64_t last;
	bool several; /* a time of day that was asked for is on several of its days */
};

#define TIMES_WANTED "a time like 10:00:05, 2026-11-22T10:00:00Z, +5s or -1m"

/* False when TEXT is none, or the recording that it depends on can't be read. */
bool times_find(struct times *times, const char *text, int64_t *ns);

/* "TIME" or "TIME,DURATION": so long (a second) before TIME, and after it. */
bool times_around(struct times *times, const char *text, int64_t *since, int64_t *until);

/* "FROM..UNTIL", of which either may be left out: then it is 0. */
bool times_span(struct times *times, const char *text, int64_t *since, int64_t *until);

#endif
