/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_INFO_PROCESS_H
#define SOCKTAPE_ANALYZE_COMMAND_INFO_PROCESS_H

#include "analyze/replay/replay.h"

/* Whose are the connections of a recording? */

/* More processes than these are counted together. */
#define PROCESS_USES_MAX 1024

struct process_use {
	uint64_t number;    /* as struct process has it */
	struct buffer told; /* members of JSON: who it is */
	uint64_t connections;
	uint64_t sent;
	uint64_t received;
};

struct process_uses {
	struct process_use *sums; /* PROCESS_USES_MAX of them, or NULL */
	struct map by_number;	  /* struct process_use */
	size_t count;
	uint64_t others; /* connections of those for which there was no room */
};

/* Counts C for its process, where that is known. */
void process_uses_add(struct process_uses *sums, const struct connection *c);

/* A JSON array, in the order in which their first connection ended. */
void process_uses_json(const struct process_uses *sums, struct buffer *b);

void process_uses_free(struct process_uses *sums);

#endif
