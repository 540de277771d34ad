/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_LAYOUT_H
#define SOCKTAPE_ANALYZE_MAP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where boxes, the lines between them and the labels of these stand, from left to right: each box
 * in a layer behind those that lead to it (the method of Sugiyama, Tagawa and Toda, 1981). A label
 * is a box of its own, in a layer between two of boxes, and so is, without size, every layer that
 * a line passes: so nothing overlaps, and no line runs behind a box or label that isn't its own.
 *
 * The same input gives the same picture. Units are those of the caller.
 */
struct layout_box {
	double width; /* set before */
	double height;
	double x; /* of its upper left corner; found */
	double y;
};

/* A part of a line: horizontal, from one x to the other. Between two of them it bends. */
struct layout_part {
	double x1;
	double x2;
	double y;
};

struct layout_line {
	size_t from; /* boxes; set before. Not the same */
	size_t to;
	struct layout_box label;   /* its size set before */
	bool backwards;		   /* found: it runs from right to left */
	struct layout_part *parts; /* from left to right */
	size_t part_count;
};

struct layout {
	struct layout_box *boxes; /* the caller's */
	size_t box_count;
	struct layout_line *lines; /* the caller's, parts but for layout_free() */
	size_t line_count;
	double gap;   /* set before: between layers, and half of it between what stands in one */
	double width; /* found: of all */
	double height;
	void *memory; /* of all parts */
};

/* So many boxes, labels and bends are too many to be seen. */
#define LAYOUT_MAX 200000

enum layout_result {
	LAYOUT_DONE,
	LAYOUT_NO_MEMORY,
	LAYOUT_TOO_LARGE, /* beyond LAYOUT_MAX */
};

enum layout_result layout_run(struct layout *layout);

void layout_free(struct layout *layout);

#endif
