/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/graph.h"

#include <stdlib.h>

#include "format/array.h"

const char *graph_text(struct graph *g, struct span text)
{
	size_t number = intern_put(&g->texts, text);

	if (number == INTERN_NONE) {
		g->no_memory = true;
		return "";
	}
	return intern_text(&g->texts, number).data;
}

/* ---- adding ---- */

size_t graph_add_node(struct graph *g, const struct graph_node *node)
{
	struct graph_node *nodes = array_room(g->nodes, g->node_count, sizeof(*nodes));

	if (!nodes) {
		g->no_memory = true;
		return 0;
	}
	g->nodes = nodes;
	nodes[g->node_count] = *node;
	return g->node_count++;
}

struct graph_edge *graph_add_edge(struct graph *g, size_t from, size_t to, const char *what)
{
	struct graph_edge *edges = array_room(g->edges, g->edge_count, sizeof(*edges));

	if (!edges) {
		g->no_memory = true;
		return NULL;
	}
	g->edges = edges;
	edges[g->edge_count] = (struct graph_edge){
		.from = from, .to = to, .what = what, .extra = "", .via = GRAPH_NONE};
	return &edges[g->edge_count++];
}

/* ---- order ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a == b ? 0 : a < b ? -1 : 1;
}

static int compare_nodes(const void *left, const void *right)
{
	const struct graph_node *const *l = left, *const *r = right;
	const struct graph_node *a = *l, *b = *r;
	int order = compare_numbers(b->weight, a->weight);

	if (!order)
		order = strcmp(a->label, b->label);
	if (!order)
		order = strcmp(a->detail, b->detail);
	if (!order)
		order = strcmp(a->container, b->container);
	if (!order)
		order = strcmp(a->addresses, b->addresses);
	return order ? order : compare_numbers((uintptr_t)a, (uintptr_t)b);
}

static uint64_t edge_count(const struct graph_edge *e)
{
	return e->counts ? e->counts->count : 0;
}

static int compare_edges(const void *left, const void *right)
{
	const struct graph_edge *a = left, *b = right;
	int order = compare_numbers(edge_count(b), edge_count(a));

	if (!order)
		order = compare_numbers(a->from, b->from);
	if (!order)
		order = compare_numbers(a->to, b->to);
	if (!order)
		order = strcmp(a->what, b->what);
	if (!order)
		order = compare_numbers(a->via, b->via);
	return order ? order : (int)a->tls - (int)b->tls;
}

static int compare_times(const void *left, const void *right)
{
	const struct group *const *a = left, *const *b = right;

	return compare_numbers((uint64_t)(*a)->since, (uint64_t)(*b)->since);
}

static void weigh(struct graph *g)
{
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];

		g->nodes[e->from].weight += edge_count(e);
		if (e->to != e->from)
			g->nodes[e->to].weight += edge_count(e);
	}
}

/* Nodes in the order of ORDER; PLACE is where each of them then is. */
static void renumber(struct graph *g, struct graph_node *const *order, struct graph_node *nodes,
		     size_t *place)
{
	for (size_t i = 0; i < g->node_count; i++) {
		place[order[i] - g->nodes] = i;
		nodes[i] = *order[i];
	}
	for (size_t i = 0; i < g->edge_count; i++) {
		g->edges[i].from = place[g->edges[i].from];
		g->edges[i].to = place[g->edges[i].to];
		if (g->edges[i].via != GRAPH_NONE)
			g->edges[i].via = place[g->edges[i].via];
	}
	free(g->nodes);
	g->nodes = nodes;
}

bool graph_settle(struct graph *g)
{
	struct graph_node **order = calloc(g->node_count + 1, sizeof(struct graph_node *));
	struct graph_node *nodes = calloc(g->node_count * 2 + 2, sizeof(*nodes));
	size_t *place = calloc(g->node_count + 1, sizeof(*place));

	if (!order || !nodes || !place || g->no_memory) {
		free(order);
		free(nodes);
		free(place);
		return false;
	}
	weigh(g);
	for (size_t i = 0; i < g->node_count; i++)
		order[i] = &g->nodes[i];
	qsort(order, g->node_count, sizeof(struct graph_node *), compare_nodes);
	renumber(g, order, nodes, place);
	free(order);
	free(place);
	if (g->edge_count)
		qsort(g->edges, g->edge_count, sizeof(*g->edges), compare_edges);
	for (size_t i = 0; i < g->edge_count; i++)
		if (g->edges[i].course_count)
			qsort(g->edges[i].courses, g->edges[i].course_count, sizeof(struct group *),
			      compare_times);
	return true;
}

/* ---- less of it ---- */

static bool chosen(const bool *keeps, size_t *kept, size_t limit, const struct graph_edge *e)
{
	size_t more = (size_t)!keeps[e->from] + (size_t)(!keeps[e->to] && e->to != e->from);

	if (e->via != GRAPH_NONE && !keeps[e->via] && e->via != e->from)
		more++;
	if (*kept + more > limit)
		return false;
	*kept += more;
	return true;
}

static void keep_ends(bool *keeps, const struct graph_edge *e)
{
	keeps[e->from] = keeps[e->to] = true;
	if (e->via != GRAPH_NONE)
		keeps[e->via] = true;
}

/* Takes out the edges whose ends aren't both kept. */
static void drop_edges(struct graph *g, const bool *keeps)
{
	size_t to = 0;

	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];

		if (keeps[e->from] && keeps[e->to] && (e->via == GRAPH_NONE || keeps[e->via])) {
			g->edges[to++] = *e;
			continue;
		}
		free(e->courses);
		if (e->counts) {
			g->left_out_edges++;
			g->left_out_count += e->counts->count;
		}
	}
	g->edge_count = to;
}

static void drop_nodes(struct graph *g, const bool *keeps, size_t *place)
{
	size_t to = 0;

	for (size_t i = 0; i < g->node_count; i++) {
		place[i] = to;
		if (keeps[i])
			g->nodes[to++] = g->nodes[i];
	}
	g->left_out_nodes += g->node_count - to;
	g->node_count = to;
	for (size_t i = 0; i < g->edge_count; i++) {
		g->edges[i].from = place[g->edges[i].from];
		g->edges[i].to = place[g->edges[i].to];
		if (g->edges[i].via != GRAPH_NONE)
			g->edges[i].via = place[g->edges[i].via];
	}
}

void graph_limit(struct graph *g, size_t limit)
{
	bool *keeps;
	size_t *place;
	size_t kept = 0;

	if (!limit || g->node_count <= limit)
		return;
	keeps = calloc(g->node_count, sizeof(*keeps));
	place = calloc(g->node_count, sizeof(*place));
	if (!keeps || !place) {
		g->no_memory = true;
	} else {
		for (size_t i = 0; i < g->edge_count; i++)
			if (chosen(keeps, &kept, limit, &g->edges[i]))
				keep_ends(keeps, &g->edges[i]);
		drop_edges(g, keeps);
		drop_nodes(g, keeps, place);
	}
	free(keeps);
	free(place);
}

static int compare_ends(const void *left, const void *right)
{
	const struct graph_edge *const *l = left, *const *r = right;
	const struct graph_edge *a = *l, *b = *r;
	int order = compare_numbers(a->from, b->from);

	if (!order)
		order = compare_numbers(a->to, b->to);
	return order ? order : compare_numbers((uintptr_t)a, (uintptr_t)b);
}

const struct graph_edge **graph_by_ends(const struct graph *g)
{
	const struct graph_edge **order = calloc(g->edge_count + 1, sizeof(struct graph_edge *));

	for (size_t i = 0; order && i < g->edge_count; i++)
		order[i] = &g->edges[i];
	if (order)
		qsort(order, g->edge_count, sizeof(struct graph_edge *), compare_ends);
	return order;
}

double graph_rate(const struct graph *g, const struct group *counts)
{
	int64_t ns = counts->since ? g->over : g->last - g->first;

	return ns > 0 ? (double)counts->count / ((double)ns / 1e9) : -1;
}

void graph_free(struct graph *g)
{
	for (size_t i = 0; i < g->edge_count; i++)
		free(g->edges[i].courses);
	free(g->nodes);
	free(g->edges);
	groups_free(g->groups);
	groups_free(g->interval_groups);
	intern_free(&g->texts);
	*g = (struct graph){0};
}
