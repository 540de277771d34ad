/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_CONN_ROW_H
#define SOCKTAPE_ANALYZE_REPLAY_CONN_ROW_H

#include "analyze/replay/replay.h"

/* The table with one row a connection. */
extern const struct table conns_table;

/* Its columns. */
enum conn_column {
	CONN_COLUMN_ID,
	CONN_COLUMN_PID,
	CONN_COLUMN_COMM,
	CONN_COLUMN_PROTO,
	CONN_COLUMN_ROLE,
	CONN_COLUMN_LOCAL,
	CONN_COLUMN_REMOTE,
	CONN_COLUMN_TRANSPORT,
	CONN_COLUMN_START,
	CONN_COLUMN_END,
	CONN_COLUMN_CLOSED,
	CONN_COLUMN_STATE,
	CONN_COLUMN_STATE_BY,
	CONN_COLUMN_ERROR,
	CONN_COLUMN_CONNECT,
	CONN_COLUMN_RESET,
	CONN_COLUMN_SENT,
	CONN_COLUMN_RECEIVED,
	CONN_COLUMN_LOST,
	CONN_COLUMN_UNSEEN,
	CONN_COLUMN_MIDSTREAM,
	CONN_COLUMN_TLS,
	CONN_COLUMN_TLS_VERSION,
	CONN_COLUMN_SNI,
	CONN_COLUMN_ALPN,
	CONN_COLUMN_TLS_READING,
	CONN_COLUMN_TLS_UNREAD,
	CONN_COLUMN_TLS_LIBRARY,
	CONN_COLUMN_TLS_LIBRARY_VERSION,
	CONN_COLUMN_TLS_TIE,
	CONN_COLUMN_RECORDS,
	CONN_COLUMN_SPOKEN,
	CONN_COLUMN_CMDLINE,
	CONN_COLUMN_USER,
	CONN_COLUMN_CGROUP,
	CONN_COLUMN_CONTAINER,
	CONN_COLUMNS,
};

/* The values of C, which has ended. SPOKEN holds some of them, and is the caller's. */
void conn_fill(struct value values[static CONN_COLUMNS], struct buffer *spoken,
	       const struct replay *replay, const struct connection *c);

/*
 * What people call the error of a name, "refused" for ECONNREFUSED; the name itself where they have
 * no word for it. Columns and JSON have the name.
 */
struct span conn_error_words(struct span name);

#endif
