/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_LOSS_ROW_H
#define SOCKTAPE_ANALYZE_REPLAY_LOSS_ROW_H

#include "analyze/replay/replay.h"

/* The table with one row for each loss that the recording tells of. */
extern const struct table losses_table;

enum loss_column {
	LOSS_COLUMN_TS,
	LOSS_COLUMN_SINCE,
	LOSS_COLUMN_CONN,
	LOSS_COLUMN_CAUSE,
	LOSS_COLUMN_EVENTS,
	LOSS_COLUMN_BYTES,
	LOSS_COLUMN_DIR,
	LOSS_COLUMN_LAYER,
	LOSS_COLUMN_POSITION,
	LOSS_COLUMN_ELSEWHERE,
	LOSS_COLUMNS,
};

/* The values of an event EVENT_LOSS. */
void loss_fill(struct value values[static LOSS_COLUMNS], const struct replay *replay,
	       const struct event *event);

#endif
