/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_TRACE_CHILDREN_H
#define SOCKTAPE_ANALYZE_TRACE_CHILDREN_H

#include "analyze/replay/reading.h"
#include "analyze/trace/trace.h"

/* What was asked of others to answer one request. */
struct children {
	struct trace_node **nodes; /* all that were looked at */
	size_t count;
	const struct trace_node *parent; /* its children are linked; NULL: it isn't there */
	bool cut;			 /* there was more at that time than could be looked at */
};

/*
 * Reads what the recording of PATH has of the time of ROW, the parent. COMMAND names who tells what
 * is wrong. STATUS_USAGE: without memory, or it can't be read; the user was told.
 */
int children_find(struct children *c, const char *command, const char *path, const struct row *row,
		  const struct replay_options *options);

void children_free(struct children *c);

#endif
