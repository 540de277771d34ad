/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_RECORD_H
#define SOCKTAPE_ANALYZE_RECORD_H

#include "analyze/output.h"
#include "analyze/replay.h"

/* The columns that every record has, whatever its protocol. */
enum record_column {
	RECORD_PROTO,
	RECORD_TS,
	RECORD_CONN,
	RECORD_PID,
	RECORD_COMM,
	RECORD_ROLE,
	RECORD_LOCAL,
	RECORD_REMOTE,
	RECORD_TLS,
	RECORD_OUTCOME,
	RECORD_LATENCY,
	RECORD_TTFB,
	RECORD_NOTE,
	RECORD_COLUMNS,
};

extern const struct column record_columns[RECORD_COLUMNS];

/* A record with all that its connection adds to it. */
struct record_row {
	struct value values[RECORD_COLUMNS];
	char remote[ADDRESS_TEXT_MAX]; /* of a datagram's own peer */
};

/* The values point into CONN, RECORD and ROW, and are valid as long as those. */
void record_fill(struct record_row *row, const struct replay *replay, const struct connection *conn,
		 const struct session *s, const struct protocol *protocol,
		 const struct record *record);

/* Prints the record as an object: the common columns, then the protocol's. */
void record_print_json(struct output *o, const struct record_row *row,
		       const struct protocol *protocol, const struct record *record);

#endif
