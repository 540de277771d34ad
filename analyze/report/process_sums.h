/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_PROCESS_SUMS_H
#define SOCKTAPE_ANALYZE_REPORT_PROCESS_SUMS_H

#include "analyze/replay/row.h"
#include "format/map.h"

/* What each process had to do with others: from its records, and from its connections. */

struct process_sum {
	uint32_t pid;
	size_t number; /* in the order in which they came */
	char name[32];
	char *cmdline; /* NULL: unknown; not longer than a few lines */
	char *container;
	char *user;
	uint64_t connections;
	uint64_t sent;
	uint64_t received;
	uint64_t served; /* records as a server, and as a client */
	uint64_t asked;
	uint64_t failed; /* of both */
};

struct process_sums {
	size_t memory;	   /* set before: about so many bytes */
	struct map by_pid; /* struct process_sum */
	size_t used;
	uint64_t others; /* records and connections of processes for which there was no room */
	bool no_memory;
};

void process_sums_row(struct process_sums *p, const struct row *row);

/* A connection has ended. */
void process_sums_conn(struct process_sums *p, const struct connection *c);

/*
 * All of them, what moved most bytes first, then what has most records; to be freed. NULL without
 * memory.
 */
struct process_sum **process_sums_in_order(const struct process_sums *p, size_t *count);

void process_sums_free(struct process_sums *p);

#endif
