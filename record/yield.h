/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_YIELD_H
#define SOCKTAPE_RECORD_YIELD_H

#include <stdbool.h>

/*
 * Letting others have the processor first: a thread whose work can wait lowers its priority, and
 * takes it back when the work has piled up. Zero-initialised: it has its own.
 */
struct yield {
	bool possible;
	bool lowered;
	int own; /* nice value at the begin */
};

/*
 * For the calling thread. Whether it may take its priority back (CAP_SYS_NICE, or RLIMIT_NICE) is
 * tried out; where it may not, it is never lowered.
 */
void yield_begin(struct yield *yield);

/*
 * Raises the priority of the calling thread, whose work is little and can't wait: it empties memory
 * that a burst fills in some hundredths of a second. Where it may not, nothing changes.
 */
void yield_never(void);

/* Lowers the calling thread's priority, or takes it back. */
void yield_set(struct yield *yield, bool lower);

#endif
