/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_DIFF_RECORDS_H
#define SOCKTAPE_ANALYZE_COMMAND_DIFF_RECORDS_H

#include "analyze/command/select.h"
#include "analyze/replay/reading.h"

/*
 * `socktape diff REC --records OLD`: what `show --json` printed of SELECT's recording before
 * against what it would now, read with WITH. What to exit with.
 */
int diff_records(struct select *select, const char *command, const char *old,
		 const struct replay_options *with);

#endif
