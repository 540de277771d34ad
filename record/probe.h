/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_PROBE_H
#define SOCKTAPE_RECORD_PROBE_H

#include <stdbool.h>
#include <stdio.h>

/* What the running kernel offers: X(name, since when, what it is used for). */
#define PROBE_FEATURES(X)                                                                          \
	X(btf, "5.4", "type information of the kernel (BTF)")                                      \
	X(ring_buffer, "5.8", "BPF ring buffer")                                                   \
	X(task_iterator, "5.8", "iterator over open files: sockets that exist already")            \
	X(current_task, "5.11", "current task with its type: direct loads")                        \
	X(rdonly_cast, "6.2", "bpf_rdonly_cast: cheap look at what a descriptor is")               \
	X(socket_trace, "6.5", "tracepoints that every message of a socket passes")

struct probe {
#define PROBE_MEMBER(name, since, use) bool name;
	PROBE_FEATURES(PROBE_MEMBER)
#undef PROBE_MEMBER
};

/*
 * Asks the kernel; takes some milliseconds. From here on libbpf's complaints go to stderr when
 * VERBOSE, and nowhere otherwise.
 */
void probe_kernel(struct probe *probe, bool verbose);

/* Whether the programs for current kernels can run; otherwise those for 5.8 and later. */
bool probe_is_current(const struct probe *probe);

/* What is missing for recording at all: one line and what to do about it. NULL when nothing is. */
const char *probe_obstacle(const struct probe *probe);

/* One aligned line for each feature. */
void probe_print(const struct probe *probe, FILE *out);

#endif
