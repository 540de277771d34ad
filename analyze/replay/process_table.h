/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_PROCESS_TABLE_H
#define SOCKTAPE_ANALYZE_REPLAY_PROCESS_TABLE_H

#include "analyze/replay/replay.h"
#include "format/map.h"

/*
 * The processes that a recording told of, by pid. When a pid is used again, or a process starts
 * another program, what was told before stays valid for those who point to it.
 */
struct process_entry;

struct process_table {
	struct map by_pid;
	struct process_entry *all;
	size_t count; /* different processes */
};

/* The process that has PID now, or NULL. */
const struct process *process_table_get(const struct process_table *t, uint32_t pid);

/* False when there is no memory. */
bool process_table_put(struct process_table *t, const struct event_process *told);

void process_table_free(struct process_table *t);

#endif
