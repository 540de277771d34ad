/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_EVENT_ROW_H
#define SOCKTAPE_ANALYZE_REPLAY_EVENT_ROW_H

#include "analyze/replay/replay.h"

/* The table with one row an event. */
extern const struct table events_table;

/* Its columns. */
enum event_column {
	EVENT_COLUMN_TS,
	EVENT_COLUMN_NAME,
	EVENT_COLUMN_CONN,
	EVENT_COLUMN_PID,
	EVENT_COLUMN_TID,
	EVENT_COLUMN_COMM,
	EVENT_COLUMN_FD,
	EVENT_COLUMN_CALL,
	EVENT_COLUMN_DIR,
	EVENT_COLUMN_LAYER,
	EVENT_COLUMN_OFFSET,
	EVENT_COLUMN_LEN,
	EVENT_COLUMN_CAPTURED,
	EVENT_COLUMN_CUT,
	EVENT_COLUMN_PEER,
	EVENT_COLUMN_BLOCKED,
	EVENT_COLUMN_PAYLOAD,
	EVENT_COLUMN_DETAIL,
	EVENT_COLUMN_FIELDS,
	EVENT_COLUMNS,
};

/* The values of an event, and what some of them point into. Zeroed at first. */
struct event_row {
	struct value values[EVENT_COLUMNS];
	char peer[ADDRESS_TEXT_MAX];
	struct buffer hex; /* the payload in hexadecimal, where that is wanted */
	struct buffer fields;
	struct buffer detail;
};

/* The values of EVENT, of CONN or NULL; valid until the next. HEX: the payload in hexadecimal. */
void event_fill(struct event_row *row, struct replay *replay, const struct event *event,
		const struct connection *conn, bool hex);

void event_row_free(struct event_row *row);

#endif
