/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_PROCESS_TABLE_H
#define SOCKTAPE_ANALYZE_REPLAY_PROCESS_TABLE_H

#include "analyze/replay/replay.h"
#include "format/map.h"

/*
 * The processes that a recording told of, by pid. When a pid is used again, or a process starts
 * another program, what was told before stays valid for those who hold it. Those that nobody holds
 * are put aside in a file when memory is short.
 */
struct process_entry;
struct cold;

struct process_table {
	struct budget *budget;	      /* may be NULL */
	struct map by_pid;	      /* those told last that aren't put aside */
	struct process_entry *oldest; /* of these, which nobody holds, the least used first */
	struct process_entry *newest;
	struct cold *aside;   /* by number: what was told; made when needed */
	struct cold *numbers; /* by pid: of those told last that are put aside */
	size_t count;	      /* different processes */
	uint64_t last_number;
};

/* The process that has PID now, or NULL. Valid until it is told anew or process_table_trim(). */
const struct process *process_table_get(struct process_table *t, uint32_t pid);

/* False when there is no memory. */
bool process_table_put(struct process_table *t, const struct event_process *told);

/* P stays valid until it is released. NULL is fine for both. */
const struct process *process_hold(struct process_table *t, const struct process *p);
void process_release(struct process_table *t, const struct process *p);

/*
 * Makes sure that P can be found by its number, whatever becomes of it. False with errno: the
 * system refuses.
 */
bool process_table_store(struct process_table *t, const struct process *p);

/* The process with PID and that number, held; NULL when it isn't known. */
const struct process *process_table_numbered(struct process_table *t, uint32_t pid,
					     uint64_t number);

/* Puts the least used one aside. False when there is none, or the system refuses. */
bool process_table_trim(struct process_table *t);

/* Nobody may hold any. */
void process_table_free(struct process_table *t);

#endif
