/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_PRIVILEGE_H
#define SOCKTAPE_RECORD_PRIVILEGE_H

#include <stdbool.h>

/*
 * Gives up, for good, every capability that recording doesn't need once the programs are attached.
 * DIRECTORY is the recording's. What stays:
 *   CAP_SYS_PTRACE		/proc/PID/exe of other users' processes
 *   CAP_DAC_READ_SEARCH	cgroup directories by id (open_by_handle_at)
 *   CAP_BPF, CAP_PERFMON	reading maps where the kernel asks for it (before 5.19), sweeps
 *   CAP_SYS_NICE		to take back a priority that was lowered
 *   CAP_SYS_ADMIN		only when CAP_BPF isn't there to begin with
 *   CAP_CHOWN			only where CHOWNS: files are given to another user
 *   CAP_DAC_OVERRIDE		only when DIRECTORY belongs to another user
 * The user id stays. False with errno.
 */
bool privilege_drop(const char *directory, bool chowns);

/* Whether this process has what loading the programs takes. */
bool privilege_sufficient(void);

#endif
