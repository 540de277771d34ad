/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/learn.h"
#include "analyze/sql/engine.h"

/* Learning the shapes of what all recordings hold, before the first of them is told. */

static void learn_recording(struct sql_engine *e, const struct sql_recording *r)
{
	const struct shape_reading how = {
		.command = e->command,
		.path = r->path,
		.with = {.keylog = e->keylog,
			 .protobuf = e->protobuf,
			 .memory_limit = e->memory,
			 .threads = e->threads},
		.stopped = e->stopped,
		.hushed = &e->hushed,
	};

	shapes_learn_recording(e->shapes, &how);
}

const struct shapes *sql_shapes(void *context, const struct table *table)
{
	struct sql_engine *e = context;

	if (!e->shapes)
		e->shapes = shapes_new();
	if (!e->shapes || !shape_is_learnt(table) || e->learnt == e->count)
		return e->shapes;
	for (size_t i = e->learnt; i < e->count; i++)
		learn_recording(e, &e->recordings[i]);
	shapes_settle(e->shapes);
	e->learnt = e->count;
	return e->shapes;
}
