/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_RECORD_H
#define SOCKTAPE_ANALYZE_REPLAY_RECORD_H

#include "analyze/output/output.h"
#include "analyze/replay/row.h"

/* The columns that every record has, whatever its table. */
enum record_column {
	RECORD_PROTO,
	RECORD_TS,
	RECORD_ID,
	RECORD_CONN,
	RECORD_PID,
	RECORD_COMM,
	RECORD_ROLE,
	RECORD_LOCAL,
	RECORD_REMOTE,
	RECORD_CLIENT,
	RECORD_TLS,
	RECORD_OUTCOME,
	RECORD_LATENCY,
	RECORD_TTFB,
	RECORD_NOTE,
	RECORD_TWIN,
	RECORD_PEER_PROCESS,
	RECORD_LATE,
	RECORD_COLUMNS,
};

extern const struct column record_columns[RECORD_COLUMNS];

/* The values of these columns. They point into the row, its twin and this. */
struct record_values {
	struct value values[RECORD_COLUMNS];
	char id[ROW_ID_MAX];
	char twin[ROW_ID_MAX];
	char peer_process[32];
	char remote[ADDRESS_TEXT_MAX]; /* of a datagram's own peer */
};

/* The colour in which an outcome is shown. */
enum paint record_paint(enum outcome outcome);

void record_fill(struct record_values *to, const struct row *row);

/* The same; of others than COLUMNS, by wanted_bit(), what takes longer to fill may be left out. */
void record_fill_columns(struct record_values *to, const struct row *row, uint64_t columns);

/* Prints rows as JSON objects: the common columns, then those of the row's table. */
void record_print_json(struct output *o, struct row *row);

/* The same as corpora expect it: there, no note has been empty text from the first, not null. */
void record_print_expected(struct output *o, struct row *row);

#endif
