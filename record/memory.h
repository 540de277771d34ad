/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_MEMORY_H
#define SOCKTAPE_RECORD_MEMORY_H

#include <stdint.h>

/* Nothing limits the memory. */
#define MEMORY_UNLIMITED UINT64_MAX

/*
 * Bytes that this process and what it makes in the kernel may still take before the limit of its
 * cgroup, or of one above, is reached. Page cache counts as free, since the kernel gives it up.
 * Where that is passed while the programs are loaded, the kernel may kill somebody in the cgroup.
 */
uint64_t memory_left(void);

/* The same for the cgroup at PATH ("/a/b") of the hierarchy that is mounted at MOUNT. */
uint64_t memory_left_of(const char *mount, const char *path);

/* Bytes that the whole system has to give without swapping: MemAvailable, see proc(5). */
uint64_t memory_available(void);

#endif
