/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_INTERFACE_H
#define SOCKTAPE_ANALYZE_PCAPNG_INTERFACE_H

#include "analyze/pcapng/block.h"
#include "analyze/replay/replay.h"

/*
 * One pcapng interface for each process, written before its first packet, so that a display filter
 * on frame.interface_name chooses a process.
 */
struct interfaces;

struct interface {
	uint32_t number;
	uint64_t packets; /* counted by the caller */
	uint64_t lost;	  /* events */
};

/* NULL when there is no memory. OUT outlives it. */
struct interfaces *interfaces_new(struct pcapng *out);

/* PROCESS may be NULL, PID 0: unknown. NULL when there is no memory. */
struct interface *interfaces_get(struct interfaces *i, const struct process *process, uint32_t pid);

/* Lost events of which nobody knows the process get an interface of their own. */
void interfaces_finish(struct interfaces *i, int64_t ts, uint64_t unattributed);

void interfaces_free(struct interfaces *i); /* NULL is fine */

#endif
