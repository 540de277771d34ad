/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/layers.h"

#include <stdint.h>
#include <stdlib.h>

/* Lines by the box where they begin (or end, where they run backwards), as lists. */
struct out {
	size_t *first; /* by box: in lines */
	size_t *lines; /* by box, in their order */
};

static bool out_make(struct out *out, const struct layout *layout)
{
	out->first = calloc(layout->box_count + 2, sizeof(*out->first));
	out->lines = calloc(layout->line_count + 1, sizeof(*out->lines));
	if (!out->first || !out->lines)
		return false;
	for (size_t i = 0; i < layout->line_count; i++)
		out->first[line_left(&layout->lines[i]) + 2]++;
	for (size_t i = 1; i < layout->box_count + 2; i++)
		out->first[i] += out->first[i - 1];
	for (size_t i = 0; i < layout->line_count; i++)
		out->lines[out->first[line_left(&layout->lines[i]) + 1]++] = i;
	return true;
}

static void out_free(struct out *out)
{
	free(out->first);
	free(out->lines);
}

/* ---- circles ---- */

enum visit {
	NOT_YET,
	ON_THE_WAY, /* from where we began to where we are */
	DONE,
};

struct walk {
	struct layout *layout;
	struct out out;
	enum visit *visits;
	size_t *next;  /* by box: the line to go on with */
	size_t *stack; /* boxes on the way */
};

/* Goes through all that can be reached from START; a line that leads back runs backwards. */
static void walk_from(struct walk *w, size_t start)
{
	size_t depth = 0;

	w->stack[depth++] = start;
	w->visits[start] = ON_THE_WAY;
	while (depth) {
		size_t at = w->stack[depth - 1];
		struct layout_line *line;

		if (w->next[at] == w->out.first[at + 1]) {
			w->visits[at] = DONE;
			depth--;
			continue;
		}
		line = &w->layout->lines[w->out.lines[w->next[at]++]];
		if (w->visits[line->to] == ON_THE_WAY) {
			line->backwards = true;
		} else if (w->visits[line->to] == NOT_YET) {
			w->visits[line->to] = ON_THE_WAY;
			w->stack[depth++] = line->to;
		}
	}
}

/* Those that nobody asks first: they are where a map begins. */
static void walk_all(struct walk *w, const size_t *asked)
{
	for (size_t i = 0; i < w->layout->box_count; i++)
		if (!asked[i] && w->visits[i] == NOT_YET)
			walk_from(w, i);
	for (size_t i = 0; i < w->layout->box_count; i++)
		if (w->visits[i] == NOT_YET)
			walk_from(w, i);
}

static bool break_circles(struct layout *layout)
{
	size_t count = layout->box_count;
	struct walk w = {.layout = layout};
	size_t *asked = calloc(count + 1, sizeof(*asked));
	bool good = out_make(&w.out, layout);

	w.visits = calloc(count + 1, sizeof(*w.visits));
	w.next = calloc(count + 1, sizeof(*w.next));
	w.stack = calloc(count + 1, sizeof(*w.stack));
	good = good && asked && w.visits && w.next && w.stack;
	if (good) {
		for (size_t i = 0; i < layout->line_count; i++)
			asked[layout->lines[i].to]++;
		for (size_t i = 0; i < count; i++)
			w.next[i] = w.out.first[i];
		walk_all(&w, asked);
	}
	out_free(&w.out);
	free(asked);
	free(w.visits);
	free(w.next);
	free(w.stack);
	return good;
}

/* ---- layers ---- */

/* As far to the left as those that lead to it allow. */
static void push_right(const struct layout *layout, const struct out *out, size_t *layer_of_box,
		       size_t *waits, size_t *queue)
{
	size_t begin = 0, end = 0;

	for (size_t i = 0; i < layout->line_count; i++)
		waits[line_right(&layout->lines[i])]++;
	for (size_t i = 0; i < layout->box_count; i++) {
		layer_of_box[i] = 0;
		if (!waits[i])
			queue[end++] = i;
	}
	for (; begin < end; begin++) {
		size_t at = queue[begin];

		for (size_t i = out->first[at]; i < out->first[at + 1]; i++) {
			size_t to = line_right(&layout->lines[out->lines[i]]);

			if (layer_of_box[to] <= layer_of_box[at])
				layer_of_box[to] = layer_of_box[at] + 1;
			if (--waits[to] == 0)
				queue[end++] = to;
		}
	}
}

/* Who leads to something and is led to by nothing stands right before it. */
static void pull_right(const struct layout *layout, const struct out *out, size_t *layer_of_box)
{
	for (size_t i = 0; i < layout->box_count; i++) {
		size_t nearest = SIZE_MAX;

		if (layer_of_box[i])
			continue;
		for (size_t k = out->first[i]; k < out->first[i + 1]; k++) {
			size_t to = layer_of_box[line_right(&layout->lines[out->lines[k]])];

			if (to < nearest)
				nearest = to;
		}
		if (nearest != SIZE_MAX)
			layer_of_box[i] = nearest - 1;
	}
}

bool layers_assign(struct layout *layout, size_t *layer_of_box)
{
	size_t *waits = calloc(layout->box_count + 1, sizeof(*waits));
	size_t *queue = calloc(layout->box_count + 1, sizeof(*queue));
	struct out out = {0};
	bool good = waits && queue && break_circles(layout) && out_make(&out, layout);

	if (good) {
		push_right(layout, &out, layer_of_box, waits, queue);
		pull_right(layout, &out, layer_of_box);
	}
	out_free(&out);
	free(waits);
	free(queue);
	return good;
}
