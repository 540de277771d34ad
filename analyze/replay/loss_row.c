/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/loss_row.h"

#include <string.h>

static const struct column columns[LOSS_COLUMNS] = {
	[LOSS_COLUMN_TS] = {"ts", "BIGINT", COLUMN_MOMENT, "when it was told, since the epoch"},
	[LOSS_COLUMN_SINCE] = {"since", "BIGINT", COLUMN_MOMENT,
			       "it happened between this and ts, since the epoch"},
	[LOSS_COLUMN_CONN] = {"conn", "BIGINT", "", "connection id; null when unknown"},
	[LOSS_COLUMN_CAUSE] = {"cause", "TEXT", "", "why: buffer full, unseen call, ..."},
	[LOSS_COLUMN_EVENTS] = {"events", "BIGINT", "", "calls that were not recorded"},
	[LOSS_COLUMN_BYTES] = {"bytes", "BIGINT", "bytes", "that they moved"},
	[LOSS_COLUMN_DIR] = {"dir", "TEXT", "",
			     "sent or received, by the process; null where conn is"},
	[LOSS_COLUMN_LAYER] = {"layer", "TEXT", "", "wire, or tls: plaintext inside it"},
	[LOSS_COLUMN_POSITION] = {"position", "BIGINT", "bytes",
				  "of the first lost byte in its stream; null when unknown"},
	[LOSS_COLUMN_ELSEWHERE] =
		{"elsewhere", "BOOLEAN", "",
		 "it may have hit only what was not to be recorded: part of no sum"},
};

const struct table losses_table = {
	.name = "losses",
	.summary = "what is missing in the recording, as far as the recorder knows",
	.columns = columns,
	.column_count = LOSS_COLUMNS,
};

void loss_fill(struct value v[static LOSS_COLUMNS], const struct replay *replay,
	       const struct event *event)
{
	const struct event_loss *loss = &event->loss;

	memset(v, 0, LOSS_COLUMNS * sizeof(*v));
	v[LOSS_COLUMN_TS] = value_int(replay_realtime(replay, event->ts));
	v[LOSS_COLUMN_SINCE] = value_int(replay_realtime(replay, loss->since));
	v[LOSS_COLUMN_CAUSE] = value_text(span_text(loss_cause_text(loss->cause)));
	v[LOSS_COLUMN_EVENTS] = value_int((int64_t)loss->events);
	v[LOSS_COLUMN_BYTES] = value_int((int64_t)loss->bytes);
	v[LOSS_COLUMN_LAYER] = value_text(span_text(layer_text(loss->layer)));
	v[LOSS_COLUMN_ELSEWHERE] = value_bool(loss->elsewhere);
	if (!loss->conn)
		return;
	v[LOSS_COLUMN_CONN] = value_int((int64_t)loss->conn);
	v[LOSS_COLUMN_DIR] = value_text(span_text(direction_text(loss->direction)));
	if (loss->placed)
		v[LOSS_COLUMN_POSITION] = value_int((int64_t)loss->position);
}
