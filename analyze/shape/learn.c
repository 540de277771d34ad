/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/learn.h"

#include "analyze/replay/reading.h"

/* The question costs a system call. */
#define STOP_PERIOD 1024

/* Of protocols without such shapes nothing is read. */
static bool select_learnt(struct selection *selection)
{
	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			if (shape_is_learnt(*t) &&
			    !selection_add(selection, SELECT_PROTOCOL, (*t)->name))
				return false;
	return true;
}

bool shapes_learn_recording(struct shapes *s, const struct shape_reading *how)
{
	struct selection selection = {0};
	struct replay_options with = how->with;
	struct reading reading = {.again = true, .to_file = true, .hushed = how->hushed};
	const struct row *row;
	unsigned steps = 0;
	bool good = select_learnt(&selection);

	with.selection = &selection;
	with.window = true;
	/* What can't be read is told by who reads the rows. */
	if (good && !reading_open_rows(&reading, how->command, how->path, &with)) {
		while (good && (row = reading_row(&reading)) != NULL) {
			if (how->stopped && steps++ % STOP_PERIOD == 0 && how->stopped())
				break;
			if (row_is_selected_once(row, &selection))
				good = shapes_learn(s, row->table, row->values);
		}
		reading_end(&reading);
		reading_close(&reading);
	}
	selection_free(&selection);
	return good;
}

bool row_shapes_learn(struct row_shapes *s, const struct shape_reading *reading)
{
	s->shapes = shapes_new(reading->with.memory_limit / SHAPES_SHARE);
	return s->shapes && shapes_learn_recording(s->shapes, reading) && shapes_settle(s->shapes);
}

void row_shapes_fill(struct row_shapes *s, const struct row *row)
{
	s->value = (struct value){0};
	if (!s->shapes)
		return;
	buffer_clear(&s->text);
	shapes_append(s->shapes, row->table, row->values, &s->text);
	if (s->text.len)
		s->value = value_text(buffer_span(&s->text));
}

void row_shapes_free(struct row_shapes *s)
{
	shapes_free(s->shapes);
	buffer_free(&s->text);
}
