/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_REPORT_H
#define SOCKTAPE_ANALYZE_REPORT_REPORT_H

#include "analyze/map/graph.h"
#include "analyze/replay/account.h"
#include "analyze/report/finding_sums.h"
#include "analyze/report/html.h"
#include "analyze/report/process_sums.h"
#include "analyze/report/excerpts.h"
#include "analyze/report/timeline.h"
#include "analyze/stat/statistics.h"

/*
 * A recording as one page of HTML that needs nothing beside it: no network, no script to be read.
 * What it says is a function of the recording and the selection alone. However large these are, a
 * page stays below 5 MB: each section has a limit, and tells what it left out and which command
 * shows it.
 */

/* All that a page is made of. Zero-initialised is empty. */
struct report {
	const char *selection; /* the options that selected; "": everything */
	bool partial;	       /* not all of the recording could be read */
	struct account account;
	struct recording_status status;
	uint64_t processes;	/* that the recording tells of */
	uint64_t refused_bytes; /* that a replay had no memory for, and connections that it */
	uint64_t given_up;	/* ended early; and secrets */
	uint64_t refused_secrets;
	struct fields fields; /* of the statistics: by protocol and shape */
	struct statistics statistics;
	struct timeline timeline;
	struct excerpts excerpts;
	struct finding_sums findings;
	struct process_sums process_sums;
	struct graph map; /* limited to REPORT_MAP_NODES */
};

/* Services in the map, and bytes that it may take. */
#define REPORT_MAP_NODES 30
#define REPORT_MAP_BYTES (700u << 10)

/* Writes the page. */
MUST_CHECK enum tape_error report_write(const struct report *r, struct sink sink);

/* ---- its sections ---- */

struct report_section {
	const char *id;
	const char *title;
	void (*write)(struct html *h, const struct report *r);
};

void report_lost(struct html *h, const struct report *r);
void report_timeline(struct html *h, const struct report *r);
void report_map(struct html *h, const struct report *r);
void report_shapes(struct html *h, const struct report *r);
void report_slow(struct html *h, const struct report *r);
void report_failed(struct html *h, const struct report *r);
void report_findings(struct html *h, const struct report *r);
void report_processes(struct html *h, const struct report *r);
void report_troubles(struct html *h, const struct report *r);

/* "3 more shapes: socktape stat REC", where LEFT isn't 0. COMMAND shows them. */
void report_left_out(struct html *h, uint64_t left, const char *one, const char *command);

#endif
