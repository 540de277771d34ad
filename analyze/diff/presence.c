/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shapes that only one side has. A rare one may be missing by chance: where users come and go,
 * counts go up and down as far as Poisson's distribution, or further, which is learnt from shapes
 * that both have and that are about as rare. Where a script makes the same requests each time,
 * counts are more equal than that allows, and what is missing is missing.
 */
#include <math.h>
#include <stdlib.h>

#include "analyze/diff/change.h"

/* As if so many shapes had been seen that go up and down as Poisson's distribution. */
#define SHAPES_ASSUMED 1.0

/* Shapes with so many times the records tell how far counts go. */
#define AS_RARE 4

/* Chance makes counts so equal less often than this: then a script made them. */
#define SCRIPT_ALPHA 0.005

/* Beyond so many records the binomial distribution is as good as the normal one. */
#define EXACT_MOST 1000

struct counts {
	double *a, *b, *ratio; /* of the shapes that both have */
	size_t count;
	double exposure;   /* so many times A's counts are to be expected of B */
	double spread[64]; /* of shapes with up to two to that power of records */
	double script; /* the chance that counts are so equal; 1 where that is nothing special */
};

static double records(const struct cell *cell)
{
	return cell ? (double)rate_sum(&cell->count) : 0;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/*
 * How far the counts of shapes with up to MOST records go apart, as a part of Poisson's variance
 * (Pearson's statistic by its degrees of freedom); not less than that.
 */
static double spread_up_to(const struct counts *k, double most)
{
	double sum = SHAPES_ASSUMED, shapes = SHAPES_ASSUMED, r = k->exposure;

	for (size_t i = 0; i < k->count; i++) {
		double away = k->b[i] - r * k->a[i];

		if (k->a[i] + k->b[i] > most)
			continue;
		sum += away * away / (k->b[i] + r * r * k->a[i]);
		shapes++;
	}
	return fmax(1, sum / shapes);
}

/* The chance that of N records, each of which is B's with PART, B is no further from its share. */
static double chance_of_equal(double n, double part, double b)
{
	double away = fabs(b - n * part) + 1e-9, sum = 0;
	double log_all = lgamma(n + 1);

	if (n > EXACT_MOST)
		return erf((away + 0.5) / sqrt(2 * n * part * (1 - part)));
	for (double x = ceil(n * part - away); x <= n * part + away; x++)
		if (x >= 0 && x <= n)
			sum += exp(log_all - lgamma(x + 1) - lgamma(n - x + 1) + x * log(part) +
				   (n - x) * log1p(-part));
	return fmin(1, sum);
}

/* All of these chances together, by Fisher's method: chi-squared with two degrees for each. */
static double chance_of_script(const struct counts *k)
{
	double part = k->exposure / (1 + k->exposure), logs = 0, term, sum = 0;

	for (size_t i = 0; i < k->count; i++)
		logs -= log(fmax(1e-300, chance_of_equal(k->a[i] + k->b[i], part, k->b[i])));
	term = exp(-logs);
	for (size_t i = 0; i < k->count; i++) {
		sum += term;
		term *= logs / (double)(i + 1);
	}
	return k->count && sum < SCRIPT_ALPHA ? sum : 1;
}

/* The chance that all RECORDS of a shape fall on SIDE. */
static double chance(const struct counts *k, double of, int side)
{
	double part = side ? k->exposure / (1 + k->exposure) : 1 / (1 + k->exposure);

	if (k->script < 1)
		return fmin(1, 2 * exp(of * log(part)) * k->script);
	return fmin(1, 2 * exp(of / k->spread[ilogb(of)] * log(part)));
}

static bool count_all(struct counts *k, const struct comparison *c)
{
	double all[2] = {0};

	k->a = calloc(3 * c->count + 1, sizeof(*k->a));
	if (!k->a)
		return false;
	k->b = k->a + c->count;
	k->ratio = k->b + c->count;
	for (size_t i = 0; i < c->count; i++) {
		double a = records(c->all[i]->cells[0]), b = records(c->all[i]->cells[1]);

		all[0] += a;
		all[1] += b;
		if (a == 0 || b == 0)
			continue;
		k->a[k->count] = a;
		k->b[k->count] = b;
		k->ratio[k->count++] = b / a;
	}
	qsort(k->ratio, k->count, sizeof(*k->ratio), compare);
	k->exposure = all[0] > 0 && all[1] > 0 ? all[1] / all[0] : 1;
	if (k->count)
		k->exposure = k->ratio[k->count / 2];
	for (int i = 0; i < 64; i++)
		k->spread[i] = spread_up_to(k, 2 * AS_RARE * ldexp(1, i));
	k->script = chance_of_script(k);
	return true;
}

static void judge(struct suspects *found, const struct counts *k, const struct shape *shape,
		  struct changes *changes)
{
	int side = shape->cells[1] != NULL;
	double of = records(shape->cells[side]);
	struct change change = {
		.kind = side ? CHANGE_NEW : CHANGE_GONE,
		.shape = shape,
		.part = "",
		.unit = UNIT_COUNT,
		.example = {"", ""},
		.p = chance(k, of, side),
		.weight = of,
	};

	change.value[side] = of;
	change.count[side] = (uint64_t)of;
	change.example[side] = shape->cells[side]->first;
	found->tests[0]++;
	if (!suspects_append(found, &change))
		changes->no_memory = true;
}

void changes_find_presence(struct changes *changes, const struct comparison *c)
{
	struct suspects found = {0};
	struct counts k = {0};

	if (!count_all(&k, c)) {
		changes->no_memory = true;
		return;
	}
	for (size_t i = 0; i < c->count; i++)
		if (!c->all[i]->cells[0] != !c->all[i]->cells[1])
			judge(&found, &k, c->all[i], changes);
	changes->no_memory |= !suspects_judge(&found);
	for (size_t i = 0; i < found.count; i++)
		if (found.all[i].taken)
			changes_append(changes, &found.all[i].change);
	suspects_free(&found);
	free(k.a);
}
