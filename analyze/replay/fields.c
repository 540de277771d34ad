/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/fields.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/replay/record.h"
#include "format/nearest.h"

/* More names than this are no help in a message. */
#define SUGGESTIONS 40

int fields_find(const struct fields *c, struct span name)
{
	for (size_t i = 0; i < c->count; i++)
		if (span_is(name, c->names[i]->name))
			return (int)i;
	return -1;
}

static bool add_name(struct fields *c, const struct column *column, size_t *name)
{
	int found = fields_find(c, span_text(column->name));
	const struct column **more;

	if (found >= 0) {
		*name = (size_t)found;
		return true;
	}
	more = realloc(c->names, (c->count + 1) * sizeof(const struct column *));
	if (!more)
		return false;
	c->names = more;
	*name = c->count;
	more[c->count++] = column;
	return true;
}

/* The names that came later are in none of the parts before. */
static bool index_names(struct fields *c)
{
	for (size_t i = 0; i < c->part_count; i++) {
		struct fields_part *part = &c->parts[i];
		int *more = realloc(part->columns_by_name, (c->count + 1) * sizeof(*more));

		if (!more)
			return false;
		part->columns_by_name = more;
		for (size_t n = 0; n < c->count; n++)
			more[n] = -1;
		for (size_t k = part->count; k--;)
			more[part->names[k]] = (int)k;
	}
	return true;
}

bool fields_add(struct fields *c, const struct column *columns, size_t count, const char *prefix)
{
	struct fields_part *more = realloc(c->parts, (c->part_count + 1) * sizeof(*more));
	struct fields_part *part;

	if (!more)
		return false;
	c->parts = more;
	part = &more[c->part_count];
	*part = (struct fields_part){.columns = columns, .count = count, .prefix = prefix};
	part->names = calloc(count + 1, sizeof(*part->names));
	if (!part->names)
		return false;
	c->part_count++;
	for (size_t i = 0; i < count; i++)
		if (!add_name(c, &columns[i], &part->names[i]))
			return false;
	return index_names(c);
}

bool fields_add_records(struct fields *c, const struct table *only)
{
	bool good = fields_add(c, record_columns, RECORD_COLUMNS, NULL);

	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			if (!only || only == *t)
				good = good &&
				       fields_add(c, (*t)->columns, (*t)->column_count, NULL);
	return good;
}

const struct fields_part *fields_part(const struct fields *c, const struct column *columns)
{
	for (size_t i = 0; i < c->part_count; i++)
		if (c->parts[i].columns == columns)
			return &c->parts[i];
	return NULL;
}

const struct value *fields_value(const struct fields *c, const struct row_part *parts, size_t count,
				 size_t name)
{
	for (size_t i = 0; i < count; i++) {
		const struct fields_part *part = fields_part(c, parts[i].columns);
		int column = part && parts[i].values ? part->columns_by_name[name] : -1;

		if (column >= 0 && (size_t)column < parts[i].count)
			return &parts[i].values[column];
	}
	return NULL;
}

void fields_suggest(const struct fields *c, const char *name, struct buffer *out)
{
	struct nearest near = {.text = name};

	for (size_t i = 0; i < c->count; i++)
		nearest_try(&near, c->names[i]->name);
	for (const struct column *const *d = c->on_demand; d && *d; d++)
		nearest_try(&near, (*d)->name);
	if (near.word) {
		buffer_printf(out, "did you mean '%s'?", near.word);
		return;
	}
	if (c->count > SUGGESTIONS) {
		buffer_append_text(out, "'socktape schema' lists them");
		return;
	}
	buffer_append_text(out, "there are: ");
	for (size_t i = 0; i < c->count; i++)
		buffer_printf(out, "%s%s", i ? ", " : "", c->names[i]->name);
	for (const struct column *const *d = c->on_demand; d && *d; d++)
		if (fields_find(c, span_text((*d)->name)) < 0)
			buffer_printf(out, ", %s", (*d)->name);
}

void fields_free(struct fields *c)
{
	for (size_t i = 0; i < c->part_count; i++) {
		free(c->parts[i].names);
		free(c->parts[i].columns_by_name);
	}
	free(c->parts);
	free(c->names);
	*c = (struct fields){0};
}
