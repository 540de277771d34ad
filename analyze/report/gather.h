/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_GATHER_H
#define SOCKTAPE_ANALYZE_REPORT_GATHER_H

#include "analyze/replay/selection.h"
#include "analyze/report/report.h"

struct gather_options {
	const char *command; /* in whose name problems are told */
	const char *path;
	struct selection *selection;
	struct keylog *keylog; /* may be NULL */
	uint64_t memory;       /* bytes; 0: as everywhere */
	const struct protocol *decode_as;
	unsigned threads;
	bool no_body;
};

/*
 * Reads what a report is made of, in passes: the records, then (of the connections that these, or
 * the selection, leave) the account, then the findings. Returns what to exit with; why was told.
 */
int gather(const struct gather_options *options, struct report *r);

void gather_free(struct report *r);

#endif
