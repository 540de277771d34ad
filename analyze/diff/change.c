/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/change.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/diff/significance.h"

const char *change_kind_text(enum change_kind kind)
{
	static const char *const texts[CHANGE_KINDS] = {
		[CHANGE_DRIFT] = "drift",     [CHANGE_GONE] = "gone", [CHANGE_ERRORS] = "errors",
		[CHANGE_LATENCY] = "latency", [CHANGE_NEW] = "new",   [CHANGE_FIELD] = "field",
		[CHANGE_VALUE] = "value",     [CHANGE_SIZE] = "size",
	};

	return texts[kind];
}

/* Room for one more of SIZE bytes. */
static void *grow(void *all, size_t count, size_t *capacity, size_t size)
{
	void *more;

	if (count < *capacity)
		return all;
	more = realloc(all, (*capacity ? 2 * *capacity : 16) * size);
	if (more)
		*capacity = *capacity ? 2 * *capacity : 16;
	return more;
}

void changes_append(struct changes *changes, const struct change *change)
{
	struct change *all = grow(changes->all, changes->count, &changes->capacity, sizeof(*all));

	if (!all) {
		changes->no_memory = true;
		return;
	}
	changes->all = all;
	all[changes->count] = *change;
	all[changes->count++].shapes = 1;
}

bool suspects_append(struct suspects *c, const struct change *change)
{
	struct suspect *all = grow(c->all, c->count, &c->capacity, sizeof(*all));

	if (!all)
		return false;
	c->all = all;
	all[c->count++] = (struct suspect){.change = *change};
	return true;
}

bool change_is_of_part(const struct change *c)
{
	return c->only || (c->kind == CHANGE_ERRORS && *c->part);
}

/* Those of whole shapes, or of parts. */
static void adjust(struct suspects *s, bool of_part, double **p)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (change_is_of_part(&s->all[i].change) == of_part)
			p[count++] = &s->all[i].change.p;
	significance_adjust(p, count, (size_t)s->tests[of_part]);
}

bool suspects_judge(struct suspects *s)
{
	double **p = calloc(s->count + 1, sizeof(*p));

	if (!p)
		return false;
	adjust(s, false, p);
	adjust(s, true, p);
	for (size_t i = 0; i < s->count; i++)
		s->all[i].taken = s->all[i].change.p < CHANGE_ALPHA;
	free(p);
	return true;
}

void suspects_free(struct suspects *c)
{
	free(c->all);
	*c = (struct suspects){0};
}

bool change_of_share_counts(const struct changes *changes, double a, double b)
{
	return fabs(a - b) > changes->limits.part * fmin(a, b);
}

/* What is worst first: by kind, then by how much it weighs, then as they came. */
static int compare(const void *left, const void *right)
{
	const struct change *a = left, *b = right;
	int names;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (!a->shape || !b->shape)
		return 0;
	names = strcmp(a->shape->table->name, b->shape->table->name);
	if (!names)
		names = strcmp(a->shape->text, b->shape->text);
	if (!names)
		names = strcmp(a->part, b->part);
	if (!names && a->only && b->only)
		names = strcmp(a->only->process, b->only->process);
	return names;
}

static void count_shapes(struct changes *changes, const struct comparison *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct shape *s = c->all[i];

		changes->shapes[0] += s->cells[0] != NULL;
		changes->shapes[1] += s->cells[1] != NULL;
		changes->starved += (s->cells[0] && s->cells[0]->starved) ||
				    (s->cells[1] && s->cells[1]->starved);
	}
}

void changes_find(struct changes *changes, const struct comparison *c)
{
	changes->drift = 1;
	count_shapes(changes, c);
	changes_find_drift(changes, c);
	changes_find_presence(changes, c);
	changes_find_errors(changes, c);
	changes_find_shifts(changes, c);
	changes_find_parts(changes, c);
	if (changes->count)
		qsort(changes->all, changes->count, sizeof(*changes->all), compare);
}

void changes_free(struct changes *changes)
{
	free(changes->all);
}
