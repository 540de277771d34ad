/* SPDX-License-Identifier: BSD-2-Clause */
/* A map that is made smaller: what is busiest stays, and what is left out is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/map/graph.h"

/* Four nodes: "a" asks "b", which is reached by "c"; "a" asks "c"; nobody asks "d". */
static void build(struct graph *g)
{
	static const char *const labels[] = {"a", "b", "c", "d"};

	*g = (struct graph){0};
	for (size_t i = 0; i < 4; i++) {
		const struct graph_node node = {
			.label = labels[i], .detail = "", .container = "", .addresses = ""};

		assert_int_equal(graph_add_node(g, &node), i);
	}
	graph_add_edge(g, 0, 1, "http")->via = 2;
	graph_add_edge(g, 0, 2, "dns");
	graph_add_edge(g, 1, 1, "itself");
	assert_false(g->no_memory);
}

static void check(size_t limit, const char *nodes, size_t edges)
{
	struct graph g;
	char labels[8] = {0};

	build(&g);
	graph_limit(&g, limit);
	for (size_t i = 0; i < g.node_count; i++)
		labels[i] = *g.nodes[i].label;
	assert_string_equal(labels, nodes);
	assert_int_equal(g.edge_count, edges);
	assert_int_equal(g.left_out_nodes, 4 - g.node_count);
	/* These have no traffic. */
	assert_int_equal(g.left_out_edges, 0);
	for (size_t i = 0; i < g.edge_count; i++)
		assert_true(g.edges[i].from < g.node_count && g.edges[i].to < g.node_count);
	graph_free(&g);
}

static void fewer_nodes(void **state)
{
	(void)state;
	/* 0: all; so many as there are: those that nobody asks, too. */
	check(0, "abcd", 3);
	check(5, "abcd", 3);
	check(4, "abcd", 3);
	check(3, "abc", 3);
	/* The first edge needs three. */
	check(2, "ac", 1);
	check(1, "b", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fewer_nodes),
	};

	return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
