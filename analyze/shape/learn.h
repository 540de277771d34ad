/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SHAPE_LEARN_H
#define SOCKTAPE_ANALYZE_SHAPE_LEARN_H

#include "analyze/replay/replay.h"
#include "analyze/replay/row.h"
#include "analyze/shape/shape.h"

/* How a recording is read for its shapes. */
struct shape_reading {
	const char *command;
	const char *path;
	struct replay_options with;  /* its selection is left alone */
	bool (*stopped)(void);	     /* whether to end early; NULL: never */
	const volatile bool *hushed; /* as in struct reading; may be NULL */
};

/*
 * Learns from the whole recording, whatever is selected of it; from an exchange that both ends told
 * of once. What is wrong with the recording isn't told: who reads the rows themselves does. False
 * without memory.
 */
bool shapes_learn_recording(struct shapes *s, const struct shape_reading *reading);

/* The shapes of rows, learnt from all of the recording first. Zero-initialised: they have none. */
struct row_shapes {
	struct shapes *shapes;
	struct buffer text;
	struct value value; /* of the row that was filled in last, for shape_column */
};

/* False without memory. */
bool row_shapes_learn(struct row_shapes *s, const struct shape_reading *reading);

void row_shapes_fill(struct row_shapes *s, const struct row *row);

void row_shapes_free(struct row_shapes *s);

#endif
