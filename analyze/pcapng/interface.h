/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_INTERFACE_H
#define SOCKTAPE_ANALYZE_PCAPNG_INTERFACE_H

#include "analyze/pcapng/dump.h"
#include "analyze/pcapng/facts.h"

/*
 * Two pcapng interfaces for each process and layer, one for each direction, so that a display
 * filter on frame.interface_name, which is the same of both, chooses a process, and
 * frame.interface_description tells who sent a packet to whom. What both ends recorded is on
 * interfaces with the names of both: "curl[100] - nginx[50]", "curl[100] > nginx[50]". What LAYER
 * says stands behind the names: "" for the wire, " plaintext". It is a literal.
 */
struct interfaces;

struct interface {
	bool pair;	    /* of both ends */
	uint32_t number[2]; /* in the dump: of what goes to the first process; of what it sent */
};

/* NULL when there is no memory. OUT outlives it. */
struct interfaces *interfaces_new(struct dump *out);

/* PROCESS may be NULL, PID 0: unknown. NULL when there is no memory. */
struct interface *interfaces_get(struct interfaces *i, const struct process *process, uint32_t pid,
				 const char *layer);

/* The same by what is known of the process after its end. */
struct interface *interfaces_of(struct interfaces *i, const struct facts_process *process,
				const char *layer);

/* Which of its two has a packet. */
static inline uint32_t interface_number(const struct interface *interface, bool from_client,
					enum direction direction)
{
	return interface->number[interface->pair ? from_client : direction == DIRECTION_SENT];
}

/* The interface of what both processes saw, the client's first; either may be NULL. */
struct interface *interfaces_pair(struct interfaces *i, const struct facts_process *client,
				  const struct facts_process *server, const char *layer);

/* How a process is called, and what is said of it. Buffers are appended to. */
void interface_text(const struct process *process, uint32_t pid, struct buffer *name,
		    struct buffer *description);

/* EVENTS that were lost, nobody knows by which process, get an interface of their own. */
void interfaces_lost(struct interfaces *i, uint64_t events);

void interfaces_free(struct interfaces *i); /* NULL is fine */

#endif
