/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/layout.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/map/layers.h"

/* Boxes stand in the even layers, labels in the odd ones. */

/* ---- vertices ---- */

/* How many stand between the ends of a line. */
static size_t between(const struct layers *l, const struct layout_line *line)
{
	return l->vertices[line_right(line)].layer - l->vertices[line_left(line)].layer - 1;
}

static bool make_vertices(struct layers *l, const struct layout *layout, const size_t *layer_of_box)
{
	size_t made = layout->box_count, count = made;

	for (size_t i = 0; i < layout->line_count; i++) {
		const struct layout_line *line = &layout->lines[i];

		count += 2 * (layer_of_box[line_right(line)] - layer_of_box[line_left(line)]) - 1;
		if (count > LAYOUT_MAX)
			return false;
	}
	l->vertices = calloc(count + 1, sizeof(*l->vertices));
	if (!l->vertices)
		return false;
	l->vertex_count = count;
	for (size_t i = 0; i < layout->box_count; i++)
		l->vertices[i] = (struct vertex){.layer = 2 * layer_of_box[i],
						 .width = layout->boxes[i].width,
						 .height = layout->boxes[i].height};
	for (size_t i = 0; i < layout->line_count; i++) {
		const struct layout_line *line = &layout->lines[i];
		size_t layer = l->vertices[line_left(line)].layer, n = between(l, line);

		for (size_t k = 0; k < n; k++)
			l->vertices[made + k].layer = layer + 1 + k;
		/* The label stands in the middle of its line. */
		l->vertices[made + (n / 4) * 2].width = line->label.width;
		l->vertices[made + (n / 4) * 2].height = line->label.height;
		made += n;
	}
	return true;
}

/* ---- neighbours ---- */

typedef void link_fn(struct layers *l, size_t left, size_t right);

static void count_link(struct layers *l, size_t left, size_t right)
{
	l->vertices[left].count[1]++;
	l->vertices[right].count[0]++;
}

static void set_link(struct layers *l, size_t left, size_t right)
{
	struct vertex *a = &l->vertices[left], *b = &l->vertices[right];

	l->links[1][a->first[1] + a->count[1]++] = right;
	l->links[0][b->first[0] + b->count[0]++] = left;
}

static void for_links(struct layers *l, const struct layout *layout, link_fn *take)
{
	size_t made = layout->box_count;

	for (size_t i = 0; i < layout->line_count; i++) {
		const struct layout_line *line = &layout->lines[i];
		size_t n = between(l, line), at = line_left(line);

		for (size_t k = 0; k < n; k++) {
			take(l, at, made + k);
			at = made + k;
		}
		take(l, at, line_right(line));
		made += n;
	}
}

static bool make_links(struct layers *l, const struct layout *layout)
{
	size_t at[2] = {0, 0};

	for_links(l, layout, count_link);
	for (size_t i = 0; i < l->vertex_count; i++)
		for (int side = 0; side < 2; side++) {
			l->vertices[i].first[side] = at[side];
			at[side] += l->vertices[i].count[side];
			l->vertices[i].count[side] = 0;
		}
	for (int side = 0; side < 2; side++) {
		l->links[side] = calloc(at[side] + 1, sizeof(*l->links[side]));
		if (!l->links[side])
			return false;
	}
	for_links(l, layout, set_link);
	return true;
}

/* At first in the order of their numbers: boxes as they came, lines as theirs. */
static bool make_order(struct layers *l)
{
	size_t layers = 0;

	for (size_t i = 0; i < l->vertex_count; i++)
		if (l->vertices[i].layer >= layers)
			layers = l->vertices[i].layer + 1;
	l->layer_count = layers;
	l->begin = calloc(layers + 2, sizeof(*l->begin));
	l->order = calloc(l->vertex_count + 1, sizeof(*l->order));
	if (!l->begin || !l->order)
		return false;
	for (size_t i = 0; i < l->vertex_count; i++)
		l->begin[l->vertices[i].layer + 2]++;
	for (size_t i = 1; i < layers + 2; i++)
		l->begin[i] += l->begin[i - 1];
	for (size_t i = 0; i < l->vertex_count; i++)
		l->order[l->begin[l->vertices[i].layer + 1]++] = i;
	for (size_t layer = 0; layer < layers; layer++)
		for (size_t i = l->begin[layer]; i < l->begin[layer + 1]; i++)
			l->vertices[l->order[i]].place = i - l->begin[layer];
	return true;
}

/* ---- coordinates ---- */

struct column {
	double x;
	double width;
};

/* The columns of all layers; NULL without memory. */
static struct column *make_columns(const struct layers *l, struct layout *layout)
{
	struct column *columns = calloc(l->layer_count + 1, sizeof(*columns));
	double x = 0;

	if (!columns)
		return NULL;
	for (size_t i = 0; i < l->vertex_count; i++) {
		const struct vertex *v = &l->vertices[i];

		if (v->width > columns[v->layer].width)
			columns[v->layer].width = v->width;
	}
	for (size_t i = 0; i < l->layer_count; i++) {
		columns[i].x = x;
		x += columns[i].width + layout->gap;
	}
	layout->width = l->layer_count ? x - layout->gap : 0;
	return columns;
}

static void find_height(struct layers *l, struct layout *layout)
{
	double top = 0, bottom = 0;

	for (size_t i = 0; i < l->vertex_count; i++) {
		const struct vertex *v = &l->vertices[i];

		if (!i || v->middle - v->height / 2 < top)
			top = v->middle - v->height / 2;
		if (!i || v->middle + v->height / 2 > bottom)
			bottom = v->middle + v->height / 2;
	}
	for (size_t i = 0; i < l->vertex_count; i++)
		l->vertices[i].middle -= top;
	layout->height = bottom - top;
}

static void set_box(struct layout_box *box, const struct vertex *v, const struct column *column)
{
	box->x = column->x + (column->width - v->width) / 2;
	box->y = v->middle - v->height / 2;
}

/* Where the line to the vertex OTHER leaves V: lines of one side are spread over it. */
static double port(const struct layers *l, size_t vertex, int side, size_t other)
{
	const struct vertex *v = &l->vertices[vertex];
	const size_t *links = l->links[side] + v->first[side];
	size_t above = 0;

	for (size_t i = 0; i < v->count[side]; i++)
		above += l->vertices[links[i]].place < l->vertices[other].place;
	return v->middle - v->height / 2 +
	       v->height * ((double)above + 1) / ((double)v->count[side] + 1);
}

/* The line whose vertices begin at MADE, in PARTS. */
static void set_parts(const struct layers *l, const struct layout *layout,
		      const struct column *columns, struct layout_line *line, size_t made)
{
	size_t left = line_left(line), right = line_right(line), n = between(l, line);
	const struct layout_box *a = &layout->boxes[left], *b = &layout->boxes[right];
	const struct column *first = &columns[l->vertices[left].layer];
	struct layout_part *parts = line->parts;

	line->part_count = n + 2;
	parts[0] = (struct layout_part){.x1 = a->x + a->width,
					.x2 = first->x + first->width,
					.y = port(l, left, 1, n ? made : right)};
	for (size_t k = 0; k < n; k++) {
		const struct vertex *v = &l->vertices[made + k];
		const struct column *c = &columns[v->layer];

		parts[k + 1] = (struct layout_part){
			.x1 = c->x, .x2 = c->x + c->width, .y = v->middle};
	}
	parts[n + 1] = (struct layout_part){.x1 = columns[l->vertices[right].layer].x,
					    .x2 = b->x,
					    .y = port(l, right, 0, n ? made + n - 1 : left)};
	set_box(&line->label, &l->vertices[made + (n / 4) * 2],
		&columns[l->vertices[made + (n / 4) * 2].layer]);
}

static bool set_all(struct layers *l, struct layout *layout)
{
	struct column *columns = make_columns(l, layout);
	size_t made = layout->box_count;
	struct layout_part *parts = calloc(l->vertex_count + 2 * layout->line_count + 1,
					   sizeof(*parts));

	layout->memory = parts;
	if (!columns || !parts) {
		free(columns);
		return false;
	}
	find_height(l, layout);
	for (size_t i = 0; i < layout->box_count; i++)
		set_box(&layout->boxes[i], &l->vertices[i], &columns[l->vertices[i].layer]);
	for (size_t i = 0; i < layout->line_count; i++) {
		struct layout_line *line = &layout->lines[i];

		line->parts = parts;
		set_parts(l, layout, columns, line, made);
		made += line->part_count - 2;
		parts += line->part_count;
	}
	free(columns);
	return true;
}

/* ---- all ---- */

static enum layout_result run(struct layout *layout, struct layers *l, size_t *layer_of_box)
{
	if (!layers_assign(layout, layer_of_box))
		return LAYOUT_NO_MEMORY;
	if (!make_vertices(l, layout, layer_of_box))
		return LAYOUT_TOO_LARGE;
	if (!make_links(l, layout) || !make_order(l) || !layers_order(l) ||
	    !layers_place(l, layout->gap / 2) || !set_all(l, layout))
		return LAYOUT_NO_MEMORY;
	return LAYOUT_DONE;
}

enum layout_result layout_run(struct layout *layout)
{
	size_t *layer_of_box = calloc(layout->box_count + 1, sizeof(*layer_of_box));
	enum layout_result result = LAYOUT_NO_MEMORY;
	struct layers l = {0};

	layout->memory = NULL;
	for (size_t i = 0; i < layout->line_count; i++)
		layout->lines[i].backwards = false;
	if (layer_of_box)
		result = run(layout, &l, layer_of_box);
	free(layer_of_box);
	free(l.vertices);
	free(l.links[0]);
	free(l.links[1]);
	free(l.order);
	free(l.begin);
	return result;
}

void layout_free(struct layout *layout)
{
	free(layout->memory);
	layout->memory = NULL;
}
