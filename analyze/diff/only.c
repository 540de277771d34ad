/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/only.h"

#include <math.h>

/* What moved less than this part of what another did, stood still. */
#define STILL 0.3

/* How far it moved, and where to. */
static double move(const struct change *c)
{
	if (c->unit == UNIT_SHARE)
		return c->value[1] - c->value[0];
	return c->value[0] > 0 && c->value[1] > 0 ? log(c->value[1] / c->value[0]) : 0;
}

static bool is_of(const struct suspect *c, enum role role)
{
	return c->change.only && c->change.only->role == role;
}

/* The least of those of the role that are taken; 0: there is none. */
static double least_move(const struct suspect *all, size_t count, enum role role)
{
	double least = 0;

	for (size_t i = 0; i < count; i++) {
		double m = move(&all[i].change);

		if (all[i].taken && is_of(&all[i], role) && (least == 0 || fabs(m) < fabs(least)))
			least = m;
	}
	return least;
}

/* Whether one of the role moved hardly at all, or elsewhere. */
static bool has_still(const struct suspect *all, size_t count, enum role role, double moved)
{
	for (size_t i = 0; i < count; i++)
		if (!all[i].taken && is_of(&all[i], role) && move(&all[i].change) / moved < STILL)
			return true;
	return false;
}

static void keep_role(struct suspect *all, size_t count, enum role role)
{
	for (size_t i = 0; i < count; i++)
		all[i].taken &= is_of(&all[i], role);
}

static void choose(struct suspect *all, size_t count)
{
	static const enum role roles[] = {ROLE_SERVER, ROLE_CLIENT};
	bool of_all = false;

	for (int r = 0; r < 2; r++) {
		double moved = least_move(all, count, roles[r]);

		if (moved != 0 && has_still(all, count, roles[r], moved)) {
			keep_role(all, count, roles[r]);
			return;
		}
	}
	for (size_t i = 0; i < count; i++)
		of_all |= all[i].taken && !all[i].change.only;
	for (size_t i = 0; of_all && i < count; i++)
		all[i].taken &= !all[i].change.only;
	for (int r = 0; !of_all && r < 2; r++) {
		if (least_move(all, count, roles[r]) == 0)
			continue;
		keep_role(all, count, roles[r]);
		return;
	}
}

void only_choose(struct suspects *found)
{
	for (size_t from = 0, to; from < found->count; from = to) {
		const struct change *first = &found->all[from].change;

		for (to = from + 1; to < found->count; to++)
			if (found->all[to].change.shape != first->shape ||
			    strcmp(found->all[to].change.part, first->part) != 0)
				break;
		choose(found->all + from, to - from);
	}
}

void only_drop(struct suspects *found, size_t from)
{
	for (size_t i = from; i < found->count; i++)
		if (found->all[i].change.p < CHANGE_ALPHA)
			return;
	found->count = from;
}
