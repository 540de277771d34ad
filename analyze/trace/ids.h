/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_TRACE_IDS_H
#define SOCKTAPE_ANALYZE_TRACE_IDS_H

#include "analyze/replay/row.h"

/* Ids that a request carries so that others can tell what belongs together. */
enum trace_id_kind {
	TRACE_ID_TRACEPARENT, /* W3C Trace Context; also as a comment in SQL (sqlcommenter) */
	TRACE_ID_B3,	      /* Zipkin's, in one header or several */
	TRACE_ID_UBER,	      /* Jaeger's */
	TRACE_ID_FINAGLE,     /* of Mux and Thrift */
	TRACE_ID_REQUEST,     /* x-request-id and its like */
	TRACE_ID_KINDS
};

const char *trace_id_text(enum trace_id_kind kind); /* "traceparent" */

struct trace_id {
	enum trace_id_kind kind;
	uint64_t hash; /* of the id, without what changes from hop to hop */
};

#define TRACE_IDS_MAX 4

/* The ids of ROW's request; returns how many. */
size_t trace_ids(const struct row *row, struct trace_id ids[static TRACE_IDS_MAX]);

#endif
