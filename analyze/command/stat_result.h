/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_STAT_RESULT_H
#define SOCKTAPE_ANALYZE_COMMAND_STAT_RESULT_H

#include "analyze/command/options.h"
#include "analyze/listing/listing.h"
#include "analyze/stat/statistics.h"

/* What `socktape stat` prints of what was counted. */

/* Whether WISH can be fulfilled, before all is read: STATUS_DONE, or what to exit with. */
int stat_result_check(const struct statistics *s, const char *command,
		      const struct listing_wish *wish, bool filtered);

/* Returns what to exit with, where that was STATUS. */
int stat_result_print(const struct statistics *s, const char *command,
		      const struct listing_wish *wish, enum output_format format, int status);

#endif
