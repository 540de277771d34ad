/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_STATUS_H
#define SOCKTAPE_RECORD_STATUS_H

#include <stdbool.h>
#include <stdio.h>

#include "format/span.h"
#include "record/progress.h"

/* The line on a terminal that changes once a second. Zero-initialised: nothing shown yet. */
struct status {
	bool shown;
	int64_t elapsed; /* of the line before */
	uint64_t events;
	uint64_t bytes;
};

/*
 * Writes the line over the one before. OUT is a terminal: what it has no room for is cut. FILTERS
 * tell what is recorded, as they are typed; empty: everything.
 */
void status_show(struct status *status, const struct progress *progress, struct span filters,
		 FILE *out);

/* Takes the line away, so that something else can be printed. */
void status_clear(struct status *status, FILE *out);

#endif
