/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_PROCESS_ROW_H
#define SOCKTAPE_ANALYZE_REPLAY_PROCESS_ROW_H

#include "analyze/replay/replay.h"

/* The table with one row a process, as it was told of last: a process that calls exec() is one. */
extern const struct table processes_table;

enum process_column {
	PROCESS_COLUMN_PID,
	PROCESS_COLUMN_STARTED,
	PROCESS_COLUMN_SEEN,
	PROCESS_COLUMN_PPID,
	PROCESS_COLUMN_NAME,
	PROCESS_COLUMN_EXE,
	PROCESS_COLUMN_CMDLINE,
	PROCESS_COLUMN_UID,
	PROCESS_COLUMN_GID,
	PROCESS_COLUMN_USER,
	PROCESS_COLUMN_CGROUP,
	PROCESS_COLUMN_CONTAINER,
	PROCESS_COLUMNS,
};

/* The values of an event EVENT_PROCESS. CMDLINE holds one of them, and is the caller's. */
void process_fill(struct value values[static PROCESS_COLUMNS], struct buffer *cmdline,
		  const struct replay *replay, const struct event *event);

/* Arguments, each ended by a zero byte, as a JSON array. */
void process_append_args(struct buffer *b, struct span cmdline);

#endif
