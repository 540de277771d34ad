/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_RECORD_H
#define SOCKTAPE_ANALYZE_REPLAY_RECORD_H

#include "analyze/output/output.h"
#include "analyze/replay/replay.h"

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
		 const struct session *s, const struct record *record);

/*
 * Prints records as JSON objects: the common columns, then those of its table. Remembers what the
 * records of a connection have in common.
 */
struct record_printer;

/* NULL when there is no memory. O and REPLAY outlive it. */
struct record_printer *record_printer_new(struct output *o, const struct replay *replay);

void record_print(struct record_printer *p, const struct connection *conn, const struct session *s,
		  const struct record *record);

void record_printer_free(struct record_printer *p); /* NULL is fine */

/* The role of the recorded process, for this session's records. */
enum role record_role(const struct connection *conn, const struct session *s);

#endif
