/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_MAPPINGS_H
#define SOCKTAPE_RECORD_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Files that are mapped to be executed, as /proc/PID/maps has them (proc(5)). */
struct mapping {
	uint64_t begin;
	uint64_t end;
	uint64_t device; /* as the kernel's text has it: major << 20 | minor */
	uint64_t inode;
	const char *path; /* as the process sees it; valid during the call */
};

/*
 * Tells of each executable mapping of a file in process PID until TELL returns false. False when
 * the process is gone, or doesn't let itself be looked at.
 */
bool mappings_read(uint32_t pid, bool (*tell)(void *context, const struct mapping *mapping),
		   void *context);

/*
 * Opens the very file of a mapping of PID, which may be in another mount namespace or deleted by
 * now; -1 with errno.
 */
int mapping_open(uint32_t pid, const struct mapping *mapping);

/* Calls TELL with every process but the caller's own. */
void processes_each(void (*tell)(void *context, uint32_t pid), void *context);

#endif
