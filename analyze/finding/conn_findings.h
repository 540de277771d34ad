/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_FINDING_CONN_FINDINGS_H
#define SOCKTAPE_ANALYZE_FINDING_CONN_FINDINGS_H

#include "analyze/finding/finding.h"
#include "analyze/replay/replay.h"

/* What is odd about a connection that has ended, or is still there when the recording ends. */
typedef void conn_found_fn(void *context, enum finding_kind kind, int64_t ts, struct span what);
void conn_findings(const struct connection *c, int64_t now, conn_found_fn *found, void *context);

#endif
