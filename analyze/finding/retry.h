/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_RETRY_H
#define SOCKTAPE_ANALYZE_FINDING_RETRY_H

#include "analyze/replay/row.h"

/*
 * Requests that failed a short time ago: what is sent again after that is a retry. Only the last
 * ones are remembered. Zero-initialised: none.
 */
#define RETRY_SLOTS 4096

struct retries {
	struct {
		uint64_t hash; /* of client, server, table and request */
		int64_t ts;
	} slots[RETRY_SLOTS];
};

/* Whether the request of ROW FAILED before, within a minute; remembers it if it failed now. */
bool retry_look(struct retries *retries, const struct row *row, bool failed);

#endif
