/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>

#include "analyze/map/layers.h"

/*
 * Each layer is put as near as it can be to where its vertices' neighbours are, in its order and
 * without overlaps: the least sum of squares (pool adjacent violators). Several sweeps, to and fro.
 */
#define SWEEPS 10

/* Vertices that touch each other and move as one. */
struct pool {
	double sum; /* of weight times where each wants the first one to be */
	double weight;
	size_t begin; /* of its vertices in the layer */
};

/* Where lines only pass, they are to be straight. */
static double weight_of(const struct vertex *v)
{
	return v->height > 0 ? 1 : 4;
}

static double wish(const struct layers *l, const struct vertex *v, int side)
{
	double sum = 0;

	for (size_t i = 0; i < v->count[side]; i++)
		sum += l->vertices[l->links[side][v->first[side] + i]].middle;
	return v->count[side] ? sum / (double)v->count[side] : v->middle;
}

/* OFFSETS: of each vertex in its layer, how far its middle is behind the first one's at least. */
static void place_layer(struct layers *l, size_t layer, int side, const double *offsets,
			struct pool *pools)
{
	size_t begin = l->begin[layer], count = l->begin[layer + 1] - begin, used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct vertex *v = &l->vertices[l->order[begin + i]];
		struct pool pool = {.weight = weight_of(v), .begin = i};

		pool.sum = pool.weight * (wish(l, v, side) - offsets[begin + i]);
		while (used &&
		       pools[used - 1].sum / pools[used - 1].weight >= pool.sum / pool.weight) {
			used--;
			pool.sum += pools[used].sum;
			pool.weight += pools[used].weight;
			pool.begin = pools[used].begin;
		}
		pools[used++] = pool;
	}
	for (size_t p = 0; p < used; p++) {
		size_t end = p + 1 < used ? pools[p + 1].begin : count;

		for (size_t i = pools[p].begin; i < end; i++)
			l->vertices[l->order[begin + i]].middle = pools[p].sum / pools[p].weight +
								  offsets[begin + i];
	}
}

/* At first all stand as near to each other as they can. */
static void stack(struct layers *l, double gap, double *offsets)
{
	for (size_t layer = 0; layer < l->layer_count; layer++) {
		double below = 0;
		double first = 0;

		for (size_t i = l->begin[layer]; i < l->begin[layer + 1]; i++) {
			struct vertex *v = &l->vertices[l->order[i]];

			v->middle = below + v->height / 2;
			if (i == l->begin[layer])
				first = v->middle;
			offsets[i] = v->middle - first;
			below += v->height + gap;
		}
	}
}

bool layers_place(struct layers *l, double gap)
{
	double *offsets = calloc(l->vertex_count + 1, sizeof(*offsets));
	struct pool *pools = calloc(l->vertex_count + 1, sizeof(*pools));
	bool good = offsets && pools;

	if (good) {
		stack(l, gap, offsets);
		for (int i = 0; i < SWEEPS; i++)
			for (size_t k = 0; k < l->layer_count; k++)
				place_layer(l, i & 1 ? l->layer_count - 1 - k : k, i & 1, offsets,
					    pools);
	}
	free(offsets);
	free(pools);
	return good;
}
