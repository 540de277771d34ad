/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_CAPTURE_TELL_H
#define SOCKTAPE_ANALYZE_COMMAND_CAPTURE_TELL_H

#include "analyze/capture/capture.h"

/* What the user is told while a capture is read, and after. */

struct capture_progress {
	int64_t started; /* CLOCK_MONOTONIC */
	int64_t told;	 /* when progress was last printed; 0: never */
};

/* Sets what SINK needs to show progress, on a terminal. */
void capture_progress_begin(struct capture_progress *p, struct capture_sink *sink);

/* Takes the line away. */
void capture_progress_end(struct capture_progress *p);

/* Whether there is anything to keep: a capture without a packet is one, unless it is damaged. */
bool capture_is_readable(enum tape_error error, const struct capture_totals *totals);

/* What went wrong with FROM, after capture_read() gave ERROR and errno NUMBER: what to exit with.
 */
int capture_tell_error(const char *command, const char *from, enum tape_error error, int number,
		       const struct capture_totals *totals);

/* How many packets of TCP or UDP gave nothing, and why; nothing is said where there are none. */
void capture_tell_skipped(const char *command, const char *from,
			  const struct capture_totals *totals);

#endif
