/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether all shapes became slower, or faster, together: that is the machine, the network or the
 * load, and no single one of them. They are then judged by what is left when it is taken off: as so
 * many times the latency, or as a time that is added to each, where they agree about that.
 */
#include <math.h>
#include <stdlib.h>

#include "analyze/diff/change.h"

/* Shapes that can say so, and how many of ten must agree. */
#define SHAPES_LEAST  3
#define RECORDS_LEAST 50
#define OF_TEN	      8

/* Less than this is not told. */
#define DRIFT_LEAST 1.1

/* Those agree that moved within these parts of what the one in the middle did. */
#define AGREES_FROM 0.5
#define AGREES_TO   2.0

struct moved {
	double by; /* the logarithm of the ratio of the medians */
	double ns;
	double chance;
};

static int compare_ns(const void *left, const void *right)
{
	const struct moved *a = left, *b = right;

	return (a->ns > b->ns) - (a->ns < b->ns);
}

static int compare(const void *left, const void *right)
{
	const struct moved *a = left, *b = right;

	return (a->by > b->by) - (a->by < b->by);
}

/* False: the shape has too few records to say. */
static bool measure(const struct shape *shape, struct moved *m, struct changes *changes)
{
	struct rate count[2], above[2];
	double half[2], between;

	for (int side = 0; side < 2; side++) {
		struct quantiles *q;
		uint64_t records;

		if (!shape->cells[side] || shape->cells[side]->starved)
			return false;
		q = cell_values(shape->cells[side], CELL_LATENCY);
		if (!q) {
			changes->no_memory = true;
			return false;
		}
		records = quantiles_count(q);
		half[side] = quantiles_at(q, 0.5);
		quantiles_free(q);
		if (records < RECORDS_LEAST || half[side] < 1)
			return false;
	}
	between = sqrt(half[0] * half[1]);
	for (int side = 0; side < 2; side++)
		cell_above(shape->cells[side], CELL_LATENCY, between, &count[side], &above[side]);
	*m = (struct moved){log(half[1] / half[0]), half[1] - half[0], rate_test(above, count)};
	return true;
}

/* Of those that moved together: how many did so by as much as counts, and surely. */
static size_t count_shifts(const struct changes *changes, const struct moved *all, size_t count)
{
	size_t shifts = 0;

	for (size_t i = 0; i < count; i++)
		shifts += fabs(all[i].ns) > changes->limits.ns && all[i].chance < CHANGE_ALPHA;
	return shifts;
}

static bool agrees(double moved, double middle)
{
	return moved / middle >= AGREES_FROM && moved / middle <= AGREES_TO;
}

/* What was added to each of them. */
static void find_added(struct changes *changes, struct moved *all, size_t count)
{
	size_t agree = 0;
	double ns;

	qsort(all, count, sizeof(*all), compare_ns);
	ns = all[count / 2].ns;
	for (size_t i = 0; i < count; i++)
		agree += agrees(all[i].ns, ns);
	if (agree * 10 >= count * OF_TEN)
		changes->drift_ns = ns;
}

static void judge(struct changes *changes, struct moved *all, size_t count)
{
	struct change change = {.kind = CHANGE_DRIFT,
				.part = "p50",
				.unit = UNIT_COUNT,
				.example = {"", ""},
				.count = {count, count}};
	size_t agree = 0;
	double by;

	qsort(all, count, sizeof(*all), compare);
	by = all[count / 2].by;
	if (fabs(by) < log(DRIFT_LEAST))
		return;
	for (size_t i = 0; i < count; i++)
		agree += agrees(all[i].by, by);
	if (agree * 10 < count * OF_TEN)
		return;
	changes->drift = exp(by);
	changes->drift_shapes = count;
	changes->drift_counts = !changes->without_drift &&
				fabs(by) > log(1 + changes->limits.part) &&
				count_shifts(changes, all, count) * 2 > count;
	change.value[0] = 1;
	change.value[1] = changes->drift;
	if (changes->drift_counts)
		changes_append(changes, &change);
}

void changes_find_drift(struct changes *changes, const struct comparison *c)
{
	struct moved *all = calloc(c->count + 1, sizeof(*all));
	size_t count = 0;

	if (!all) {
		changes->no_memory = true;
		return;
	}
	for (size_t i = 0; i < c->count; i++)
		count += measure(c->all[i], &all[count], changes);
	if (count >= SHAPES_LEAST) {
		find_added(changes, all, count);
		judge(changes, all, count);
	}
	free(all);
}
