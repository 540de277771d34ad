/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/row.h"
#include "analyze/shape/shape.h"
#include "analyze/sql/engine.h"

/* Learning the shapes of what all recordings hold, before the first of them is told. */

/* Of protocols without such shapes nothing is read. */
static void select_learnt(struct selection *selection)
{
	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			if (shape_is_learnt(*t))
				selection_add(selection, SELECT_PROTOCOL, (*t)->name);
}

static bool learn_recording(struct sql_engine *e, const struct sql_recording *r)
{
	const struct sql_table records = sql_table_at(0);
	struct sql_source_options with = sql_source_options_of(e, r, &records);
	struct selection selection = {0};
	struct sql_source *s;
	bool good = true;
	int status;

	select_learnt(&selection);
	with.selection = &selection;
	with.again = true; /* who reads the rows themselves tells the problems */
	with.shapes = NULL;
	s = sql_source_open(&with, &status);
	while (s && good && sql_source_next(s)) {
		const struct row *row = sql_source_row(s);

		good = shapes_learn(e->shapes, row->table, row->values);
	}
	sql_source_close(s);
	selection_free(&selection);
	return s && good;
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
