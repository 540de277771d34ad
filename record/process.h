/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_PROCESS_H
#define SOCKTAPE_RECORD_PROCESS_H

#include "format/event.h"
#include "record/cgroup.h"

/*
 * Completes what the kernel programs say about a process with what /proc knows as long as it
 * lives. What the kernel said is kept where it is complete: it was taken when the process acted,
 * /proc is read later, when the process may have ended or become another.
 */
struct process_table;

/* CGROUPS must outlive the table. NULL when memory is short. */
struct process_table *process_table_new(struct cgroup_table *cgroups);

/*
 * Fills in user, cgroup and container of PROCESS, and executable and command line where they are
 * empty, or so long (ARGS_CUT, EXE_CUT) that the kernel programs cut them. CGROUP_ID tells the
 * cgroup of a process that is gone; 0 when unknown. The new spans are valid until the next call.
 */
struct process_gaps {
	uint64_t cgroup_id;
	bool args_cut;
	bool exe_cut;
};
void process_table_complete(struct process_table *table, const struct process_gaps *gaps,
			    struct event_process *process);

/*
 * Tells what /proc knows of process PID alone; its spans are valid until the next call. False when
 * there is no such process.
 */
bool process_table_read(struct process_table *table, uint32_t pid, struct event_process *process);

void process_table_free(struct process_table *table); /* NULL is fine */

/*
 * The cgroup path that matters in the text of /proc/PID/cgroup: of version 2, or where everything
 * is in its root (a host that still uses version 1), the longest of version 1. Borrowed from TEXT.
 */
struct span process_cgroup_choose(struct span text);

/* The thread group that thread or process ID belongs to; 0 when there is no such thread. */
uint32_t process_leader(uint32_t id);

#endif
