/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often requests fail: of a shape, of one of its processes alone, and in which way.
 */
#include <math.h>

#include "analyze/diff/change.h"
#include "analyze/diff/only.h"

struct rates {
	struct changes *changes;
	struct suspects found;
};

/* One test. */
static void judge(struct rates *r, struct change change, const struct rate hits[2],
		  const struct rate count[2])
{
	r->found.tests[change_is_of_part(&change)]++;
	for (int side = 0; side < 2; side++) {
		change.count[side] = rate_sum(&count[side]);
		if (!change.count[side])
			return;
		change.value[side] = (double)rate_sum(&hits[side]) / (double)change.count[side];
	}
	change.p = 1;
	if (change_of_share_counts(r->changes, change.value[0], change.value[1]))
		change.p = rate_test(hits, count);
	change.weight = (change.value[1] - change.value[0]) * (double)change.count[1];
	if (change.count[0] < RATE_LEAST || change.count[1] < RATE_LEAST)
		return;
	if (!suspects_append(&r->found, &change))
		r->changes->no_memory = true;
}

static void judge_cells(struct rates *r, const struct shape *shape, const struct share *only,
			struct cell *const cells[2])
{
	struct change change = {.kind = CHANGE_ERRORS,
				.shape = shape,
				.only = only,
				.part = "",
				.unit = UNIT_SHARE,
				.example = {"", ""}};
	struct rate hits[2], count[2];

	if (!cells[0] || !cells[1])
		return;
	for (int side = 0; side < 2; side++) {
		hits[side] = cells[side]->errors;
		count[side] = cells[side]->count;
		change.example[side] = *cells[side]->failed ? cells[side]->failed
							    : cells[side]->first;
	}
	judge(r, change, hits, count);
}

static void judge_failures(struct rates *r, const struct shape *shape)
{
	for (unsigned i = 0; i < shape->failure_count; i++) {
		size_t from = r->found.count;
		const struct failure *f = &shape->failures[i];
		const struct rate count[2] = {shape->cells[0]->count, shape->cells[1]->count};
		struct change change = {
			.kind = CHANGE_ERRORS, .shape = shape, .part = f->name, .unit = UNIT_SHARE};

		for (int side = 0; side < 2; side++)
			change.example[side] = *f->first[side] ? f->first[side]
							       : shape->cells[side]->first;
		judge(r, change, f->in, count);
		only_drop(&r->found, from);
	}
}

static double share_of(const struct failure *f, const struct shape *shape, int side)
{
	return (double)rate_sum(&f->in[side]) / (double)rate_sum(&shape->cells[side]->count);
}

/* The way to fail that came or went most; NULL: there is none. */
static const struct failure *main_failure(const struct shape *shape)
{
	const struct failure *main = NULL;
	double most = -1;

	for (unsigned i = 0; i < shape->failure_count; i++) {
		const struct failure *f = &shape->failures[i];
		double moved = fabs(share_of(f, shape, 1) - share_of(f, shape, 0));

		if (moved > most) {
			most = moved;
			main = f;
		}
	}
	return main;
}

/* Its examples, unless they are of one process: it is counted of all of them. */
static void name_failure(struct change *change, const struct failure *f)
{
	if (!f)
		return;
	change->part = f->name;
	for (int side = 0; side < 2 && !change->only; side++)
		if (*f->first[side])
			change->example[side] = f->first[side];
}

/* A way to fail is only told where the errors in all don't tell it, of this shape. */
static void leave_out_ways(struct suspect *all, size_t count)
{
	bool told = false;

	for (size_t i = 0; i < count; i++)
		told |= all[i].taken && !*all[i].change.part;
	for (size_t i = 0; told && i < count; i++)
		all[i].taken &= !*all[i].change.part;
}

/* The suspects of a shape stand beside each other. */
static void take(struct rates *r)
{
	struct suspects *found = &r->found;

	r->changes->no_memory |= !suspects_judge(found);
	only_choose(found);
	for (size_t from = 0, to; from < found->count; from = to) {
		for (to = from + 1; to < found->count; to++)
			if (found->all[to].change.shape != found->all[from].change.shape)
				break;
		leave_out_ways(found->all + from, to - from);
	}
	for (size_t i = 0; i < found->count; i++) {
		struct change change = found->all[i].change;

		if (!found->all[i].taken)
			continue;
		if (!*change.part)
			name_failure(&change, main_failure(change.shape));
		changes_append(r->changes, &change);
	}
}

void changes_find_errors(struct changes *changes, const struct comparison *c)
{
	struct rates r = {.changes = changes};

	for (size_t i = 0; i < c->count; i++) {
		const struct shape *shape = c->all[i];
		size_t from = r.found.count;

		if (!shape->cells[0] || !shape->cells[1])
			continue;
		judge_cells(&r, shape, NULL, shape->cells);
		for (const struct share *s = shape->shares; s; s = s->next)
			judge_cells(&r, shape, s, s->cells);
		only_drop(&r.found, from);
		judge_failures(&r, shape);
	}
	take(&r);
	suspects_free(&r.found);
}
