/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/map/layers.h"

/* The order in each layer: each vertex at the mean of its neighbours, again and again. */
#define SWEEPS 24

struct item {
	double value;
	size_t place; /* as it was: what is equal stays in order */
	size_t vertex;
};

static int compare(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->place == b->place ? 0 : a->place < b->place ? -1 : 1;
}

static double mean_place(const struct layers *l, const struct vertex *v, int side)
{
	double sum = 0;

	for (size_t i = 0; i < v->count[side]; i++)
		sum += (double)l->vertices[l->links[side][v->first[side] + i]].place;
	return v->count[side] ? sum / (double)v->count[side] : (double)v->place;
}

static void order_layer(struct layers *l, size_t layer, int side, struct item *items)
{
	size_t begin = l->begin[layer], count = l->begin[layer + 1] - begin;

	for (size_t i = 0; i < count; i++) {
		size_t vertex = l->order[begin + i];

		items[i] = (struct item){mean_place(l, &l->vertices[vertex], side), i, vertex};
	}
	qsort(items, count, sizeof(*items), compare);
	for (size_t i = 0; i < count; i++) {
		l->order[begin + i] = items[i].vertex;
		l->vertices[items[i].vertex].place = i;
	}
}

/* ---- crossings ---- */

/* Of one vertex's lines, those that pass others that ended below: TREE counts ends by place. */
static size_t count_below(const size_t *tree, size_t size, size_t place)
{
	size_t all = 0, above = 0;

	for (size_t i = size; i > 0; i -= i & -i)
		all += tree[i];
	for (size_t i = place + 1; i > 0; i -= i & -i)
		above += tree[i];
	return all - above;
}

static size_t layer_crossings(const struct layers *l, size_t layer, size_t *tree)
{
	size_t size = l->begin[layer + 2] - l->begin[layer + 1], crossings = 0;

	memset(tree, 0, (size + 1) * sizeof(*tree));
	for (size_t i = l->begin[layer]; i < l->begin[layer + 1]; i++) {
		const struct vertex *v = &l->vertices[l->order[i]];
		const size_t *to = l->links[1] + v->first[1];

		for (size_t k = 0; k < v->count[1]; k++)
			crossings += count_below(tree, size, l->vertices[to[k]].place);
		for (size_t k = 0; k < v->count[1]; k++)
			for (size_t at = l->vertices[to[k]].place + 1; at <= size; at += at & -at)
				tree[at]++;
	}
	return crossings;
}

static size_t crossings_of(const struct layers *l, size_t *tree)
{
	size_t crossings = 0;

	for (size_t layer = 0; layer + 1 < l->layer_count; layer++)
		crossings += layer_crossings(l, layer, tree);
	return crossings;
}

static void sweep(struct layers *l, int side, struct item *items)
{
	for (size_t i = 1; i < l->layer_count; i++)
		order_layer(l, side ? l->layer_count - 1 - i : i, side, items);
}

bool layers_order(struct layers *l)
{
	struct item *items = calloc(l->vertex_count + 1, sizeof(*items));
	size_t *tree = calloc(l->vertex_count + 2, sizeof(*tree));
	size_t *best = calloc(l->vertex_count + 1, sizeof(*best));
	size_t fewest = SIZE_MAX;
	bool good = items && tree && best;

	for (int i = 0; good && i < SWEEPS && fewest; i++) {
		size_t crossings;

		sweep(l, i & 1, items);
		crossings = crossings_of(l, tree);
		if (crossings < fewest) {
			fewest = crossings;
			memcpy(best, l->order, l->vertex_count * sizeof(*best));
		}
	}
	if (good && l->vertex_count)
		memcpy(l->order, best, l->vertex_count * sizeof(*best));
	for (size_t layer = 0; good && layer < l->layer_count; layer++)
		for (size_t i = l->begin[layer]; i < l->begin[layer + 1]; i++)
			l->vertices[l->order[i]].place = i - l->begin[layer];
	free(items);
	free(tree);
	free(best);
	return good;
}
