/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_FINDING_SUMS_H
#define SOCKTAPE_ANALYZE_REPORT_FINDING_SUMS_H

#include "analyze/finding/finding.h"
#include "format/map.h"

/*
 * Findings by kind, with the first ones of each as examples; and those that tell of connections
 * that failed by who failed to reach whom.
 */

#define FINDING_EXAMPLES 5
/* Of who and whom. */
#define TROUBLES_MAX 2000

struct finding_example {
	int64_t ts;
	char *values[FINDING_COLUMNS]; /* those that are text; NULL: none */
	int64_t conn;		       /* 0: none */
	int64_t pid;
};

struct finding_sum {
	uint64_t count;
	size_t kept;
	struct finding_example examples[FINDING_EXAMPLES];
};

/* Connections that failed in one way, of one process to or from one address. */
struct trouble {
	enum finding_kind kind;
	bool server; /* the process serves */
	char *process;
	char *remote;
	char *what; /* of the first */
	uint64_t count;
	int64_t first;
	int64_t last;
	int64_t conn; /* of the first */
	size_t number;
};

struct finding_sums {
	struct finding_sum of[FINDING_KINDS];
	struct trouble *troubles;
	size_t trouble_count;
	size_t trouble_room;
	uint64_t more_troubles; /* connections for which there was no room */
	struct map by_key;	/* index + 1 in troubles, by a hash of who and whom */
	struct findings_totals totals;
	bool no_memory;
};

/* A findings_take_fn(); CONTEXT are the finding_sums. */
bool finding_sums_take(void *context, const struct value *values);

/* Puts the troubles in the order of their numbers, the most first. */
void finding_sums_sort(struct finding_sums *f);

void finding_sums_free(struct finding_sums *f);

#endif
