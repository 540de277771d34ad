/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/cell.h"

#include <math.h>
#include <stdlib.h>

/* Values of a window that are kept as they are. */
#define EXACT 256

static size_t add_value(struct cell *c, enum cell_measure measure, unsigned window, int64_t value)
{
	struct quantiles **q = &c->values[measure][window];
	size_t before = *q ? quantiles_memory(*q) : 0;

	if (!*q)
		*q = quantiles_new_small(EXACT);
	if (!*q || !quantiles_add(*q, (double)value))
		return SIZE_MAX;
	return quantiles_memory(*q) - before;
}

/* Half of the examples go when there is no more room, so that they are of all over the time. */
static void thin_out(struct cell *c)
{
	for (uint32_t i = 0; i < CELL_EXAMPLES / 2; i++)
		c->examples[i] = c->examples[2 * i];
	c->example_count = CELL_EXAMPLES / 2;
	c->example_every *= 2;
}

static size_t add_example(struct cell *c, const struct row *row, int64_t ns)
{
	size_t grown = 0;
	uint32_t n;

	if (!c->example_every)
		c->example_every = 1;
	if (c->timed++ % c->example_every)
		return 0;
	if (c->example_count == CELL_EXAMPLES) {
		thin_out(c);
		if ((c->timed - 1) % c->example_every)
			return 0;
	}
	n = c->example_count;
	/* One, two, four: where N is a power of two, or nothing. */
	if (!(n & (n - 1)) && c->example_every == 1) {
		uint32_t room = n ? 2 * n : 1;
		struct cell_example *more = realloc(c->examples, room * sizeof(*more));

		if (!more)
			return SIZE_MAX;
		c->examples = more;
		grown = (room - n) * sizeof(*more);
	}
	c->examples[n].ns = ns;
	row_id(row, c->examples[n].id);
	c->example_count++;
	return grown;
}

size_t cell_add(struct cell *c, const struct cell_record *record)
{
	size_t grown = 0;

	if (!*c->first)
		row_id(record->row, c->first);
	if (record->error && !*c->failed)
		row_id(record->row, c->failed);
	c->count.in[record->window]++;
	c->errors.in[record->window] += record->error;
	c->starved |= record->starved;
	if (c->starved)
		return 0;
	for (int m = 0; m < CELL_MEASURES; m++) {
		size_t more = 0;

		if (record->value[m] >= 0)
			more = add_value(c, (enum cell_measure)m, record->window, record->value[m]);
		if (more == SIZE_MAX)
			return SIZE_MAX;
		grown += more;
	}
	if (record->value[CELL_LATENCY] >= 0) {
		size_t more = add_example(c, record->row, record->value[CELL_LATENCY]);

		grown = more == SIZE_MAX ? SIZE_MAX : grown + more;
	}
	return grown;
}

struct quantiles *cell_values(const struct cell *c, enum cell_measure measure)
{
	struct quantiles *all = quantiles_new();

	for (unsigned w = 0; all && w < RATE_WINDOWS; w++) {
		if (!c->values[measure][w] || quantiles_merge(all, c->values[measure][w]))
			continue;
		quantiles_free(all);
		all = NULL;
	}
	return all;
}

void cell_above(const struct cell *c, enum cell_measure measure, double value, struct rate *count,
		struct rate *above)
{
	for (unsigned w = 0; w < RATE_WINDOWS; w++) {
		const struct quantiles *q = c->values[measure][w];

		count->in[w] = q ? (uint32_t)quantiles_count(q) : 0;
		above->in[w] = q ? (uint32_t)quantiles_above(q, value) : 0;
	}
}

const char *cell_example(const struct cell *c, double ns)
{
	const struct cell_example *best = NULL;
	double least = INFINITY;

	for (uint32_t i = 0; i < c->example_count; i++) {
		double away = fabs((double)c->examples[i].ns - ns);

		if (away < least) {
			best = &c->examples[i];
			least = away;
		}
	}
	return best ? best->id : c->first;
}

void cell_free(struct cell *c)
{
	if (!c)
		return;
	for (int m = 0; m < CELL_MEASURES; m++)
		for (unsigned w = 0; w < RATE_WINDOWS; w++)
			quantiles_free(c->values[m][w]);
	free(c->examples);
	free(c);
}
