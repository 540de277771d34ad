/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether latencies and sizes have shifted. A quantile has when clearly more, or fewer, of B's
 * values than of A's lie above a threshold between the two sides' quantiles, in their windows.
 */
#include <math.h>
#include <stdlib.h>

#include "analyze/diff/change.h"
#include "analyze/diff/only.h"

/* Latency: records of either side below which nothing is told of half of them, or of the slowest.
 */
#define RECORDS_HALF 20
#define RECORDS_TAIL 200

/* Sizes differ by some bytes with the numbers in them. */
#define SIZE_BYTES 32

/* What is slower by much the same as half of the records is not told of the slowest. */
#define MUCH_THE_SAME 1.25

static const struct {
	const char *names[CELL_MEASURES];
	double part;
	uint64_t records;
} quantiles[] = {
	{{"p50", "req_bytes p50", "resp_bytes p50"}, 0.5, RECORDS_HALF},
	{{"p99", "req_bytes p99", "resp_bytes p99"}, 0.99, RECORDS_TAIL},
};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

struct shifts {
	struct changes *changes;
	struct suspects found[2]; /* latencies and sizes */
	const struct shape *shape;
	enum cell_measure measure;
	size_t which; /* of quantiles[] */
	double drift; /* that is expected of B: so many times, or so much more, as A's */
	double drift_ns;
};

/* ---- one test ---- */

static bool is_away(const struct shifts *s, double a, double b)
{
	double least = s->measure == CELL_LATENCY ? s->changes->limits.ns : SIZE_BYTES;

	return fabs(a - b) > least && fabs(a - b) > s->changes->limits.part * a;
}

/*
 * Whether B's quantile is away from A's by as much as counts, whichever way the drift is taken off.
 */
static bool is_shift(const struct shifts *s, double a, double b)
{
	return is_away(s, a, b / s->drift) && is_away(s, a, b - s->drift_ns);
}

static double test(const struct shifts *s, struct cell *const cells[2], double a, double b)
{
	bool added = fabs(b - s->drift_ns - a) < fabs(b / s->drift - a);
	double expected = added ? b - s->drift_ns : b / s->drift;
	double threshold = sqrt(fmax(a, 1) * fmax(expected, 1));
	double of_b = added ? threshold + s->drift_ns : threshold * s->drift;
	struct rate count[2], above[2];

	cell_above(cells[0], s->measure, threshold, &count[0], &above[0]);
	cell_above(cells[1], s->measure, of_b, &count[1], &above[1]);
	return rate_test(above, count);
}

/* False: there is nothing to say. */
static bool fill(const struct shifts *s, struct change *change, struct cell *const cells[2])
{
	uint64_t needed = quantiles[s->which].records;

	for (int side = 0; side < 2; side++) {
		struct quantiles *q = cell_values(cells[side], s->measure);

		if (!q) {
			s->changes->no_memory = true;
			return false;
		}
		change->count[side] = quantiles_count(q);
		change->value[side] = quantiles_at(q, quantiles[s->which].part);
		quantiles_free(q);
		if (change->count[side] < needed)
			return false;
		change->example[side] = s->measure == CELL_LATENCY
						? cell_example(cells[side], change->value[side])
						: cells[side]->first;
	}
	return true;
}

static void judge(struct shifts *s, const struct share *only, struct cell *const cells[2])
{
	struct suspects *found = &s->found[s->measure != CELL_LATENCY];
	struct change change = {
		.kind = s->measure == CELL_LATENCY ? CHANGE_LATENCY : CHANGE_SIZE,
		.shape = s->shape,
		.only = only,
		.part = quantiles[s->which].names[s->measure],
		.unit = s->measure == CELL_LATENCY ? UNIT_NS : UNIT_BYTES,
		.p = 1,
	};

	if (!cells[0] || !cells[1] || cells[0]->starved || cells[1]->starved ||
	    !fill(s, &change, cells))
		return;
	found->tests[only != NULL]++;
	if (is_shift(s, change.value[0], change.value[1]))
		change.p = test(s, cells, change.value[0], change.value[1]);
	change.weight = (change.value[1] - change.value[0]) * (double)change.count[1] *
			(s->which ? 0.01 : 1);
	if (!suspects_append(found, &change))
		s->changes->no_memory = true;
}

static void judge_shape(struct shifts *s)
{
	struct suspects *found = &s->found[s->measure != CELL_LATENCY];
	size_t from = found->count;

	judge(s, NULL, s->shape->cells);
	for (const struct share *share = s->shape->shares; share; share = share->next)
		judge(s, share, share->cells);
	only_drop(found, from);
}

/* ---- all of them ---- */

static double ratio(const struct change *c)
{
	return fmax(c->value[1], 1) / fmax(c->value[0], 1);
}

/* Whether a change of half of the records, of the same, tells what one of the slowest would. */
static bool is_told(const struct suspects *found, size_t which)
{
	const struct change *tail = &found->all[which].change;

	for (size_t i = which; i-- > 0 && found->all[i].change.shape == tail->shape;) {
		const struct change *half = &found->all[i].change;
		double by = ratio(tail) / ratio(half);

		if (found->all[i].taken && half->only == tail->only &&
		    strncmp(half->part, tail->part, strlen(tail->part) - 2) == 0 &&
		    strcmp(half->part, tail->part) != 0)
			return by < MUCH_THE_SAME && by > 1 / MUCH_THE_SAME;
	}
	return false;
}

static void take(struct changes *changes, struct suspects *found)
{
	changes->no_memory |= !suspects_judge(found);
	only_choose(found);
	for (size_t i = 0; i < found->count; i++)
		if (found->all[i].taken && !is_told(found, i))
			changes_append(changes, &found->all[i].change);
	suspects_free(found);
}

static bool has_few(const struct shape *shape)
{
	return rate_sum(&shape->cells[0]->count) < RECORDS_HALF ||
	       rate_sum(&shape->cells[1]->count) < RECORDS_HALF;
}

void changes_find_shifts(struct changes *changes, const struct comparison *c)
{
	struct shifts s = {.changes = changes};

	for (size_t i = 0; i < c->count; i++) {
		s.shape = c->all[i];
		if (!s.shape->cells[0] || !s.shape->cells[1])
			continue;
		changes->few += has_few(s.shape);
		for (int m = 0; m < CELL_MEASURES; m++) {
			s.measure = (enum cell_measure)m;
			s.drift = m == CELL_LATENCY ? changes->drift : 1;
			s.drift_ns = m == CELL_LATENCY ? changes->drift_ns : 0;
			for (s.which = 0; s.which < QUANTILES; s.which++)
				judge_shape(&s);
		}
	}
	take(changes, &s.found[0]);
	take(changes, &s.found[1]);
}
