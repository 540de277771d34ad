/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_ATTACH_H
#define SOCKTAPE_RECORD_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "record/options.h"
#include "record/tally.h"

/*
 * The kernel programs, of whichever variant this kernel can run. Functions that return int give 0
 * or a negative errno.
 */
struct programs;

/*
 * Loads the programs, configured as OPTIONS say; nothing is recorded yet. CURRENT: begin with the
 * variant for current kernels; the others are tried in turn when the kernel refuses it.
 */
int programs_load(const struct options *options, bool current, struct programs **p);

/* Which variant was loaded, and what it goes without; static string. */
const char *programs_variant(const struct programs *p);

/* Records process PID: of a -p filter, or the command. */
int programs_add_pid(struct programs *p, uint32_t pid);

/* Records process PID, whatever the filters: the child of a process that matches them. */
int programs_add_follower(struct programs *p, uint32_t pid);

/* Records the processes in the cgroup that FD has open, and below. */
int programs_set_cgroup(struct programs *p, int fd);

/*
 * From here on everything that matches is recorded. Sockets that exist already are known to be so
 * when this returns.
 */
int programs_attach(struct programs *p);

/*
 * Looks for sockets that are gone without a trace and for what did not fit into the ring before;
 * it arrives as records. Call it about once a second.
 */
int programs_sweep(struct programs *p);

/* Nothing new is recorded any more; ring, counters and programs_sweep() stay usable. */
void programs_detach(struct programs *p);

/* Descriptor of the ring buffer's map. */
int programs_ring(const struct programs *p);

/* False with errno when the kernel refused to tell; *TALLY is unchanged then. */
bool programs_tally(struct programs *p, struct tally *tally);

void programs_free(struct programs *p); /* NULL is fine; detaches */

#endif
