/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_MAPPING_WATCH_H
#define SOCKTAPE_RECORD_MAPPING_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Tells which files processes map to be executed from now on: programs that start, libraries that
 * are loaded. The kernel notes them for a software event that never counts anything
 * (perf_event_open(2), PERF_RECORD_MMAP2), so nothing is hooked and nobody waits. A processor that
 * comes online later isn't watched.
 */
struct mapping_watch;

struct mapped {
	uint32_t pid; /* in the namespace of who made the watch */
	uint64_t begin;
	uint64_t len;
	uint64_t offset; /* in the file */
	uint64_t device; /* major << 20 | minor, as /proc/PID/maps has them */
	uint64_t inode;
	const char *path; /* as far as the process's root lets it be told; valid during the call */
};

typedef void mapping_watch_fn(void *context, const struct mapped *mapped);

/* NULL with errno: EACCES or EPERM without CAP_PERFMON, ENOMEM. */
struct mapping_watch *mapping_watch_new(void);

/*
 * Calls TELL with what was mapped since the last time, in order on each processor. False when some
 * of it was lost, because there was too much: who wants to know all looks into /proc then.
 */
bool mapping_watch_look(struct mapping_watch *watch, mapping_watch_fn *tell, void *context);

void mapping_watch_free(struct mapping_watch *watch); /* NULL is fine */

#endif
