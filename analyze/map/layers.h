/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_LAYERS_H
#define SOCKTAPE_ANALYZE_MAP_LAYERS_H

#include "analyze/map/layout.h"

/* The steps of layout.c. Internal to analyze/map/. */

/* A box, a label, or where a line passes a layer. */
struct vertex {
	size_t layer;
	size_t place; /* in its layer, from above */
	double width;
	double height;
	double middle;	 /* y of its middle */
	size_t first[2]; /* its neighbours in the layer before and in the next: in links[side] */
	size_t count[2];
};

struct layers {
	struct vertex *vertices; /* boxes first, in their order, then line by line */
	size_t vertex_count;
	size_t *links[2]; /* vertices, of each vertex those of one side together */
	size_t *order;	  /* vertices, layer by layer, from above */
	size_t *begin;	  /* of each layer in that; one more than there are */
	size_t layer_count;
};

/* The boxes of a line from left to right, whichever way it runs. */
static inline size_t line_left(const struct layout_line *line)
{
	return line->backwards ? line->to : line->from;
}

static inline size_t line_right(const struct layout_line *line)
{
	return line->backwards ? line->from : line->to;
}

/*
 * Which lines run backwards, so that the others make no circle; and the layer of each box. False
 * without memory.
 */
bool layers_assign(struct layout *layout, size_t *layer_of_box);

/* The order in each layer with few crossings. False without memory. */
bool layers_order(struct layers *l);

/* The middle of each vertex, near those it leads to, GAP from what stands above it. */
bool layers_place(struct layers *l, double gap);

#endif
