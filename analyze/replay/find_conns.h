/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_FIND_CONNS_H
#define SOCKTAPE_ANALYZE_REPLAY_FIND_CONNS_H

#include "analyze/replay/selection.h"

struct keylog;

/* How a recording is read to find connections. */
struct find_conns {
	const char *command; /* in whose name problems are told */
	const char *path;
	uint64_t memory;       /* bytes; 0: as everywhere */
	struct keylog *keylog; /* may be NULL */
};

/*
 * Replays the recording to find the connections that KINDS select, for those that must know them
 * before they print anything: afterwards these connections are selected instead. Nothing to do when
 * none of KINDS was given. STATUS_DONE, or what to exit with.
 */
int find_conns(struct selection *s, const struct find_conns *how, unsigned kinds);

#endif
