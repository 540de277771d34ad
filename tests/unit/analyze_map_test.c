/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the boxes and labels of a map stand, whatever the graph; and who is on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/map/layout.h"
#include "analyze/map/service_map.h"
#include "protocols/protocol.h"
#include "tests/unit/tape_build.h"

/* A generator of its own, so that each run is the same. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static bool apart(const struct layout_box *a, const struct layout_box *b)
{
	double slack = 0.001;

	return a->x + a->width <= b->x + slack || b->x + b->width <= a->x + slack ||
	       a->y + a->height <= b->y + slack || b->y + b->height <= a->y + slack;
}

/* A horizontal part of a line runs through a box. */
static bool runs_through(const struct layout_part *part, const struct layout_box *box)
{
	double slack = 0.001;

	return part->y > box->y + slack && part->y < box->y + box->height - slack &&
	       part->x2 > box->x + slack && part->x1 < box->x + box->width - slack;
}

static const struct layout_box *thing(const struct layout *l, size_t i)
{
	return i < l->box_count ? &l->boxes[i] : &l->lines[i - l->box_count].label;
}

static void check_overlaps(const struct layout *l)
{
	size_t things = l->box_count + l->line_count;

	for (size_t i = 0; i < things; i++) {
		const struct layout_box *box = thing(l, i);

		assert_true(box->x >= -0.001 && box->x + box->width <= l->width + 0.001);
		assert_true(box->y >= -0.001 && box->y + box->height <= l->height + 0.001);
		for (size_t k = i + 1; k < things; k++)
			assert_true(apart(box, thing(l, k)));
	}
}

/* Lines begin and end at their boxes, run from left to right, and behind no other label or box. */
static void check_lines(const struct layout *l)
{
	for (size_t i = 0; i < l->line_count; i++) {
		const struct layout_line *line = &l->lines[i];
		const struct layout_box *left = &l->boxes[line->backwards ? line->to : line->from];
		const struct layout_box *right = &l->boxes[line->backwards ? line->from : line->to];
		const struct layout_part *last = &line->parts[line->part_count - 1];

		assert_true(line->part_count >= 3);
		assert_float_equal(line->parts[0].x1, left->x + left->width, 0.001);
		assert_float_equal(last->x2, right->x, 0.001);
		assert_true(line->parts[0].y > left->y &&
			    line->parts[0].y < left->y + left->height);
		assert_true(last->y > right->y && last->y < right->y + right->height);
		for (size_t p = 0; p < line->part_count; p++) {
			assert_true(line->parts[p].x1 <= line->parts[p].x2);
			assert_true(!p || line->parts[p - 1].x2 < line->parts[p].x1);
			for (size_t k = 0; k < l->box_count + l->line_count; k++)
				if (thing(l, k) != &line->label)
					assert_false(runs_through(&line->parts[p], thing(l, k)));
		}
	}
}

/* BOXES with LINES between any two of them: chains, stars, circles, whatever comes. */
static void check_random(size_t boxes, size_t lines, uint32_t seed)
{
	struct layout l = {.box_count = boxes, .line_count = lines, .gap = 30};

	l.boxes = calloc(boxes, sizeof(*l.boxes));
	l.lines = calloc(lines + 1, sizeof(*l.lines));
	assert_non_null(l.boxes);
	assert_non_null(l.lines);
	for (size_t i = 0; i < boxes; i++) {
		l.boxes[i].width = 20 + next_random(&seed) % 300;
		l.boxes[i].height = 20 + next_random(&seed) % 90;
	}
	for (size_t i = 0; i < lines; i++) {
		l.lines[i].from = next_random(&seed) % boxes;
		do {
			l.lines[i].to = next_random(&seed) % boxes;
		} while (l.lines[i].to == l.lines[i].from);
		l.lines[i].label.width = next_random(&seed) % 300;
		l.lines[i].label.height = next_random(&seed) % 5 ? 14 : 0;
	}
	assert_int_equal(layout_run(&l), LAYOUT_DONE);
	check_overlaps(&l);
	check_lines(&l);
	layout_free(&l);
	free(l.boxes);
	free(l.lines);
}

static void test_nothing_overlaps(void **state)
{
	(void)state;
	check_random(1, 0, 1);
	check_random(2, 1, 2);
	check_random(2, 6, 3);
	for (uint32_t seed = 0; seed < 40; seed++)
		check_random(3 + seed, 1 + seed * 3 / 2, seed);
	check_random(300, 330, 7);
	check_random(400, 200, 8);
}

static void test_too_large(void **state)
{
	enum {
		BOXES = 2000
	};
	struct layout l = {.box_count = BOXES, .line_count = 2 * BOXES - 3, .gap = 30};

	(void)state;
	l.boxes = calloc(BOXES, sizeof(*l.boxes));
	l.lines = calloc(2 * BOXES, sizeof(*l.lines));
	assert_non_null(l.boxes);
	assert_non_null(l.lines);
	/* A chain, whose first one leads to all others, too. */
	for (size_t i = 0; i + 1 < BOXES; i++) {
		l.lines[i].from = i;
		l.lines[i].to = i + 1;
	}
	for (size_t i = 2; i < BOXES; i++)
		l.lines[BOXES - 1 + i - 2].to = i;
	assert_int_equal(layout_run(&l), LAYOUT_TOO_LARGE);
	layout_free(&l);
	free(l.boxes);
	free(l.lines);
}

/* ---- sockets with a path ---- */

#define SOCKET "unix:/run/api.sock"

static const struct row_end server_end = {
	.conn = 1,
	.pid = 10,
	.transport = TRANSPORT_UNIX_STREAM,
	.role = ROLE_SERVER,
	.local = {.family = ADDRESS_UNIX},
	.comm = "api",
	.container = "",
	.script = "",
	.local_text = SOCKET,
	.remote_text = "",
	.id = "1.",
	.id_len = 2,
};

static const struct row_end client_end = {
	.conn = 2,
	.pid = 20,
	.transport = TRANSPORT_UNIX_STREAM,
	.role = ROLE_CLIENT,
	.remote = {.family = ADDRESS_UNIX},
	.comm = "web",
	.container = "",
	.script = "",
	.local_text = "",
	.remote_text = SOCKET,
	.id = "2.",
	.id_len = 2,
};

static void ask(struct service_map *m, const struct row_end *recorded, unsigned times)
{
	struct value values[64] = {{0}};
	struct row_end end = *recorded;
	struct row row = {.table = protocol_table_find("http", NULL),
			  .end = &end,
			  .begin = 1000,
			  .has_request = true,
			  .values = values};

	assert_true(row.table && row.table->column_count <= 64);
	for (unsigned i = 0; i < times; i++)
		assert_true(service_map_add(m, &row));
}

/* How often FROM asked "api"; 0: there is no such edge. */
static uint64_t count_from(const struct graph *g, const char *from)
{
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];

		assert_string_equal(g->nodes[e->to].label, "api");
		if (strcmp(g->nodes[e->from].label, from) == 0)
			return e->counts->count;
	}
	return 0;
}

/*
 * Nothing tells which ends of a Unix socket belong together. Where clients were recorded with as
 * much as their server was, or a tenth less, who asked the server is them; else there are others,
 * who are shown as unknown. Who asks the same process by its port is another in any case.
 */
static void test_socket_clients(void **state)
{
	static const struct {
		unsigned by_clients;
		unsigned by_server;
		uint64_t unknown;
	} cases[] = {
		{10, 10, 0}, {10, 11, 0}, {10, 12, 12}, {12, 10, 0}, {0, 3, 3}, {1, 40, 40},
	};
	struct row_end port = server_end;

	(void)state;
	port.transport = TRANSPORT_TCP;
	port.local = tape_build_address("10.0.0.1:80");
	port.local_text = "10.0.0.1:80";
	port.remote = tape_build_address("10.0.0.7:40000");
	port.remote_text = "10.0.0.7:40000";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct service_map_options options = {.memory = 1 << 20};
		struct service_map *m = service_map_new(&options);
		struct graph g;

		assert_non_null(m);
		ask(m, &client_end, cases[i].by_clients);
		ask(m, &server_end, cases[i].by_server);
		ask(m, &port, 2);
		assert_true(service_map_finish(m, &g));
		assert_int_equal(count_from(&g, "web"), cases[i].by_clients);
		assert_int_equal(count_from(&g, "unknown"), cases[i].unknown);
		assert_int_equal(count_from(&g, "10.0.0.7"), 2);
		graph_free(&g);
		service_map_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_overlaps),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_socket_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
