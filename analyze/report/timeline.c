/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/timeline.h"

#define MS     1000000ll
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Little, and room for every interval nevertheless: see groups_new(). */
#define MEMORY (4u << 20)

int64_t timeline_step(int64_t span, int64_t most)
{
	static const int64_t steps[] = {MS / 1000,   MS / 500, MS / 100,   MS / 50,	MS / 10,
					MS / 5,	     MS,       2 * MS,	   10 * MS,	20 * MS,
					100 * MS,    200 * MS, SECOND,	   2 * SECOND,	10 * SECOND,
					20 * SECOND, MINUTE,   2 * MINUTE, 10 * MINUTE, 20 * MINUTE,
					HOUR,	     2 * HOUR, 6 * HOUR,   12 * HOUR,	24 * HOUR};
	const size_t count = sizeof(steps) / sizeof(steps[0]);
	int64_t step = steps[count - 1];

	for (size_t i = 0; i < count; i++)
		if (span / steps[i] < most)
			return steps[i];
	while (span / step >= most && step < INT64_MAX / 4)
		step *= 2;
	return step;
}

static bool add_group(struct groups *groups, int64_t since, const struct group *from)
{
	struct group *to = groups_get(groups, NULL, since, span_of("", 0));

	return to && group_merge(to, from);
}

/* The same records in intervals of another length. */
static void rebuild(struct timeline *t, int64_t step)
{
	struct groups *groups = groups_new(MEMORY);
	struct group *const *all;
	size_t count;

	if (!groups) {
		t->no_memory = true;
		return;
	}
	all = groups_all(t->groups, &count);
	for (size_t i = 0; i < count; i++)
		if (!add_group(groups, all[i]->since - all[i]->since % step, all[i]))
			t->no_memory = true;
	groups_free(t->groups);
	t->groups = groups;
	t->step = step;
	t->first -= t->first % step;
	t->last -= t->last % step;
}

static bool begin(struct timeline *t, int64_t at)
{
	t->groups = groups_new(MEMORY);
	t->step = timeline_step(0, TIMELINE_INTERVALS);
	t->first = t->last = at - at % t->step;
	return t->groups != NULL;
}

/* Makes the intervals reach to AT. */
static void reach(struct timeline *t, int64_t at)
{
	int64_t step;

	if (at < t->first)
		t->first = at - at % t->step;
	if (at > t->last)
		t->last = at - at % t->step;
	step = timeline_step(t->last - t->first, TIMELINE_INTERVALS);
	if (step > t->step)
		rebuild(t, step);
}

void timeline_add(struct timeline *t, struct facts_cache *facts, const struct row *row)
{
	int64_t at = row->begin > 0 ? row->begin : 0;
	struct group *g;

	if (t->no_memory || (!t->groups && !begin(t, at))) {
		t->no_memory = true;
		return;
	}
	reach(t, at);
	g = groups_get(t->groups, NULL, at - at % t->step, span_of("", 0));
	if (!g) {
		t->no_memory = true;
		return;
	}
	if (!group_count_row(g, row, facts_of(facts, row->table)))
		t->no_memory = true;
}

size_t timeline_count(const struct timeline *t)
{
	return t->groups ? (size_t)((t->last - t->first) / t->step) + 1 : 0;
}

struct group *const *timeline_groups(const struct timeline *t, size_t *count)
{
	*count = 0;
	return t->groups ? groups_all(t->groups, count) : NULL;
}

void timeline_free(struct timeline *t)
{
	groups_free(t->groups);
}
