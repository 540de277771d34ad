/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_STAT_KAFKA_H
#define SOCKTAPE_ANALYZE_COMMAND_STAT_KAFKA_H

#include "analyze/replay/replay.h"
#include "analyze/sql/print.h"

/*
 * What `socktape stat REC kafka` prints behind its table: delays, lag and rebalances, out of the
 * views of `socktape sql`.
 */
struct stat_kafka {
	const char *command;
	const char *name; /* of the recording, as the user gave it */
	const char *path; /* where it is read */
	const struct replay_options *with;
	enum sql_format format; /* text or JSON */
	uint64_t limit;		/* rows of each; 0: all */
};

/* Problems in the recording were told before. Returns what to exit with. */
int stat_kafka_print(const struct stat_kafka *k);

#endif
