/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/map/label.h"
#include "analyze/map/listing.h"

static const struct text_column text_columns[] = {
	{"COUNT", 9, true, 0, CUT_END},	  {"RATE", 8, true, TEXT_MAY_GO, CUT_END},
	{"FAILED", 7, true, 0, CUT_END},  {"P50", 8, true, 0, CUT_END},
	{"P99", 8, true, 0, CUT_END},	  {"BYTES", 8, true, TEXT_MAY_GO, CUT_END},
	{"PROTO", 13, false, 5, CUT_END}, {"SERVICE", 0, false, 0, CUT_END},
};

/* Those in front of the protocol. */
#define COUNT_CELLS 6

/* "2026-11-22T10:00:00" */
#define TIME_SECONDS 19

/* Beyond this depth nothing is indented any further. */
#define DEPTH_MAX 64

/* Where the reading of a tree stands at one depth. */
struct step {
	size_t next; /* edge, in the order of their beginnings */
	size_t end;
};

struct tree {
	const struct graph *g;
	struct output *out;
	struct cells cells;
	const struct graph_edge **order; /* by where they begin, then as they are */
	size_t *first;			 /* of each node, in that; one more than nodes */
	bool *told;			 /* by node: what it asks was told */
	struct step *steps;
	size_t depth;
	struct buffer indent[2]; /* of the line that is printed, and of those that belong to it */
};

/* ---- order ---- */

static bool make_order(struct tree *t)
{
	const struct graph *g = t->g;

	t->order = graph_by_ends(g);
	t->first = calloc(g->node_count + 2, sizeof(*t->first));
	t->told = calloc(g->node_count + 1, sizeof(*t->told));
	t->steps = calloc(g->node_count + 1, sizeof(*t->steps));
	if (!t->order || !t->first || !t->told || !t->steps)
		return false;
	for (size_t i = 0; i < g->edge_count; i++)
		t->first[g->edges[i].from + 1]++;
	for (size_t i = 1; i <= g->node_count; i++)
		t->first[i] += t->first[i - 1];
	return true;
}

/* ---- lines ---- */

static void append_rate(struct buffer *b, const struct tree *t, const struct group *counts)
{
	double rate = graph_rate(t->g, counts);

	if (rate > 0)
		label_append_rate(b, rate);
}

/* The cells in front of the service; COUNTS may be NULL. */
static void begin_line(struct tree *t, const struct group *counts)
{
	struct cells *cells = &t->cells;
	struct buffer *b = &cells->text;

	cells_clear(cells);
	if (!counts) {
		while (cells->count < COUNT_CELLS)
			cells_end(cells, PAINT_NONE);
		return;
	}
	text_append_count(b, counts->count);
	cells_end(cells, PAINT_NONE);
	append_rate(b, t, counts);
	cells_end(cells, PAINT_NONE);
	text_append_count(b, counts->failed);
	cells_end(cells, counts->failed ? PAINT_RED : PAINT_NONE);
	for (int i = 0; i < 2; i++) {
		if (counts->latencies)
			text_append_duration(
				b, (int64_t)quantiles_at(counts->latencies, i ? 0.99 : 0.5));
		cells_end(cells, PAINT_NONE);
	}
	if (counts->bytes)
		text_append_bytes(b, counts->bytes);
	cells_end(cells, PAINT_NONE);
}

static void end_line(struct tree *t, enum paint paint)
{
	cells_end(&t->cells, paint);
	output_cells(t->out, text_columns, &t->cells);
}

static void append_node(struct buffer *b, const struct graph_node *node)
{
	buffer_append_text(b, node->label);
	if (*node->detail)
		buffer_printf(b, " (%s)", node->detail);
}

static void append_failed(struct buffer *b, const struct group *counts)
{
	if (!counts || !counts->failed)
		return;
	buffer_append_text(b, "  ");
	label_append_failures(b, counts);
}

/* Of one interval. */
static void print_course(struct tree *t, const struct group *counts)
{
	struct buffer time = {0}, *b = &t->cells.text;
	size_t keep = 0;

	begin_line(t, counts);
	cells_end(&t->cells, PAINT_NONE);
	buffer_append_span(b, buffer_span(&t->indent[1]));
	text_append_time_utc(&time, counts->since);
	/* Intervals of whole seconds, milliseconds or microseconds begin at one. */
	if (t->g->over % 1000000000 == 0)
		keep = TIME_SECONDS;
	else if (t->g->over % 1000000 == 0)
		keep = TIME_SECONDS + sizeof(".123") - 1;
	else if (t->g->over % 1000 == 0)
		keep = TIME_SECONDS + sizeof(".123456") - 1;
	if (keep && time.len > keep) {
		time.len = keep;
		buffer_append_char(&time, 'Z');
	}
	buffer_append_span(b, buffer_span(&time));
	buffer_free(&time);
	append_failed(b, counts);
	end_line(t, PAINT_DIM);
}

static void print_edge(struct tree *t, const struct graph_edge *e, bool again)
{
	struct buffer *b = &t->cells.text;

	begin_line(t, e->counts);
	if (e->counts)
		label_append_what(b, e);
	else
		buffer_append_text(b, "(part of)");
	cells_end(&t->cells, e->counts ? PAINT_NONE : PAINT_DIM);
	buffer_append_span(b, buffer_span(&t->indent[again]));
	if (again)
		buffer_append_text(b, "the same");
	else
		append_node(b, &t->g->nodes[e->to]);
	if (*e->extra)
		buffer_printf(b, " -> %s", e->extra);
	append_failed(b, e->counts);
	end_line(t, PAINT_NONE);
	for (size_t i = 0; i < e->course_count; i++)
		print_course(t, e->courses[i]);
}

static void print_root(struct tree *t, size_t node)
{
	begin_line(t, NULL);
	cells_end(&t->cells, PAINT_NONE);
	append_node(&t->cells.text, &t->g->nodes[node]);
	end_line(t, PAINT_BOLD);
}

/* ---- trees ---- */

static void make_indents(struct tree *t, bool last)
{
	for (int i = 0; i < 2; i++)
		buffer_clear(&t->indent[i]);
	for (size_t d = 0; d + 1 < t->depth && d < DEPTH_MAX; d++)
		for (int i = 0; i < 2; i++)
			buffer_append_text(&t->indent[i],
					   t->steps[d].next < t->steps[d].end ? "│  " : "   ");
	buffer_append_text(&t->indent[0], last ? "└─ " : "├─ ");
	buffer_append_text(&t->indent[1], last ? "   " : "│  ");
}

static void push(struct tree *t, size_t node)
{
	t->told[node] = true;
	t->steps[t->depth++] = (struct step){t->first[node], t->first[node + 1]};
}

/* All edges to one other, and what that one asks, unless it was told. */
static void print_next(struct tree *t)
{
	struct step *step = &t->steps[t->depth - 1];
	size_t begin = step->next, to = t->order[begin]->to;

	while (step->next < step->end && t->order[step->next]->to == to)
		step->next++;
	make_indents(t, step->next == step->end);
	for (size_t i = begin; i < step->next; i++)
		print_edge(t, t->order[i], i > begin);
	if (!t->told[to])
		push(t, to);
}

static void print_from(struct tree *t, size_t node)
{
	print_root(t, node);
	push(t, node);
	while (t->depth && output_alive(t->out)) {
		if (t->steps[t->depth - 1].next == t->steps[t->depth - 1].end)
			t->depth--;
		else
			print_next(t);
	}
}

static bool print_all(struct tree *t)
{
	const struct graph *g = t->g;
	bool *asked = calloc(g->node_count + 1, sizeof(*asked));
	bool good = asked != NULL;

	for (size_t i = 0; good && i < g->edge_count; i++)
		if (g->edges[i].from != g->edges[i].to)
			asked[g->edges[i].to] = true;
	for (int circles = 0; circles < 2; circles++)
		for (size_t i = 0; good && i < g->node_count; i++)
			if (!t->told[i] && t->first[i] < t->first[i + 1] && (circles || !asked[i]))
				print_from(t, i);
	free(asked);
	return good;
}

bool map_tree(const struct graph *g, struct output *out)
{
	struct tree t = {.g = g, .out = out};
	bool good = make_order(&t) && print_all(&t);

	free(t.order);
	free(t.first);
	free(t.told);
	free(t.steps);
	buffer_free(&t.indent[0]);
	buffer_free(&t.indent[1]);
	cells_free(&t.cells);
	return good;
}
