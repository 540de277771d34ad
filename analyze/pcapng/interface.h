/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_INTERFACE_H
#define SOCKTAPE_ANALYZE_PCAPNG_INTERFACE_H

#include "analyze/pcapng/dump.h"
#include "analyze/pcapng/facts.h"

/*
 * One pcapng interface for each process, so that a display filter
 * on frame.interface_name chooses a process. What both ends recorded is on an interface with the
 * names of both: "curl[100] - nginx[50]".
 */
struct interfaces;

/* Digits of a container's id that are shown, as container tools print it. */
#define INTERFACE_CONTAINER 12

struct interface {
	uint32_t number; /* in the dump */
};

/* NULL when there is no memory. OUT outlives it. */
struct interfaces *interfaces_new(struct dump *out);

/* PROCESS may be NULL, PID 0: unknown. NULL when there is no memory. */
struct interface *interfaces_get(struct interfaces *i, const struct process *process, uint32_t pid);

/* The same by texts. */
struct interface *interfaces_named(struct interfaces *i, struct span name, struct span description);

/* The interface of what both processes saw, the client's first; either may be NULL. */
struct interface *interfaces_pair(struct interfaces *i, const struct facts_process *client,
				  const struct facts_process *server);

/* How a process is called, and what is said of it. Buffers are appended to. */
void interface_text(const struct process *process, uint32_t pid, struct buffer *name,
		    struct buffer *description);

/* EVENTS that were lost, nobody knows by which process, get an interface of their own. */
void interfaces_lost(struct interfaces *i, uint64_t events);

void interfaces_free(struct interfaces *i); /* NULL is fine */

#endif
