/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_ATTACH_H
#define SOCKTAPE_RECORD_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "record/options.h"
#include "record/tally.h"
#include "record/pool.h"

/*
 * The kernel programs, of whichever variant this kernel can run. Functions that return int give 0
 * or a negative errno.
 */
struct programs;

/* What can be loaded, from the best to the least: X(name, words for the user). */
#define PROGRAM_SETS(X)                                                                            \
	X(CURRENT, "for kernels from 6.5")                                                         \
	X(CURRENT_NO_URING, "for kernels from 6.5, without io_uring")                              \
	X(COMPAT, "for kernels from 5.8")                                                          \
	X(COMPAT_NO_URING, "for kernels from 5.8, without io_uring")                               \
	X(COMPAT_LEAST,                                                                            \
	  "for kernels from 5.8, without io_uring and the end of UDP and Unix sockets")

enum program_set {
#define PROGRAM_SET_ENUM(name, text) PROGRAMS_##name,
	PROGRAM_SETS(PROGRAM_SET_ENUM)
#undef PROGRAM_SET_ENUM
	PROGRAM_SET_COUNT
};

/*
 * Loads the programs, configured as OPTIONS say; nothing is recorded yet. FIRST is tried first,
 * then what comes after it until the kernel takes one. -ENOMEM: options->ring_len is too large.
 */
int programs_load(const struct options *options, enum program_set first, struct programs **p);

/* The object with the programs of TLS libraries; NULL when they aren't there. */
struct bpf_object *programs_tls(const struct programs *p);

/* Whether those are attached to many functions at once. */
bool programs_tls_multi(const struct programs *p);

/* Whether one of them sees a whole call where a single probe can stand. */
bool programs_tls_once(const struct programs *p);

/* Which of them was loaded. */
enum program_set programs_set(const struct programs *p);

/* What they can't see on this kernel: bits of enum blind_spot. */
uint64_t programs_blind(const struct programs *p);

/* Its words; static string. */
const char *program_set_text(enum program_set set);

/* Records process PID: of a -p filter, or the command. */
int programs_add_pid(struct programs *p, uint32_t pid);

/* Records process PID, whatever the filters: the child of a process that matches them. */
int programs_add_follower(struct programs *p, uint32_t pid);

/* Records the processes in the cgroup that FD has open, and below: the one with this index. */
int programs_set_cgroup(struct programs *p, uint32_t index, int fd);

/*
 * From here on everything that matches is recorded. Sockets that exist already are known to be so
 * when this returns.
 */
int programs_attach(struct programs *p);

/*
 * Tells of each process that listened on a TCP socket before the programs were attached and that
 * matches the filters. No call of it may ever be seen, and yet connections belong to it.
 */
void programs_listeners(const struct programs *p, void (*tell)(void *context, uint32_t pid),
			void *context);

/*
 * Looks for sockets that are gone without a trace and for what did not fit into the pool before;
 * it arrives as records. Call it about once a second.
 */
int programs_sweep(struct programs *p);

/* Nothing new is recorded any more; the pool, the counters and programs_sweep() stay usable. */
void programs_detach(struct programs *p);

/* Where the records are; valid until programs_free(). */
const struct pool *programs_pool(const struct programs *p);

/* False with errno when the kernel refused to tell; *TALLY is unchanged then. */
bool programs_tally(struct programs *p, struct tally *tally);

void programs_free(struct programs *p); /* NULL is fine; detaches */

#endif
