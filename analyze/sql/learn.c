/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/learn.h"
#include "analyze/sql/engine.h"

/* Learning the shapes of what all recordings hold, before the first of them is told. */

static bool learn_recording(struct sql_engine *e, const struct sql_recording *r)
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

	return shapes_learn_recording(e->shapes, &how) && !(e->stopped && e->stopped());
}

const struct shapes *sql_shapes(void *context, const struct table *table)
{
	struct sql_engine *e = context;
	bool good = true;

	if (!e->shapes)
		e->shapes = shapes_new(e->memory / SHAPES_SHARE);
	if (!e->shapes || !shape_is_learnt(table) || e->learnt == e->count)
		return e->shapes;
	while (good && e->learnt < e->count)
		good = learn_recording(e, &e->recordings[e->learnt++]);
	if (good && shapes_settle(e->shapes))
		return e->shapes;
	/* Those of a part of it would be other shapes. */
	shapes_free(e->shapes);
	e->shapes = NULL;
	e->learnt = 0;
	return NULL;
}
