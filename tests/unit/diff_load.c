/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/protocol.h"
#include "tests/unit/diff_load.h"

#define BEGIN	1790000000000000000ll
#define LASTING 60000000000.0 /* ns */
#define BURSTS	3

static const struct {
	const char *path;
	double part; /* of all records */
	double ms;
} shapes[LOAD_SHAPES] = {
	{"/", 0.2, 4},		 {"/users", 0.15, 12},	      {"/orders", 0.15, 20},
	{"/cart", 0.12, 8},	 {"/search", 0.1, 45},	      {"/items", 0.1, 9},
	{"/login", 0.08, 70},	 {"/static/app.js", 0.05, 2}, {"/health", 0.03, 1},
	{"/report", 0.015, 300}, {"/rare", 0.0005, 15},	      {"/rarer", 0.0003, 30},
};

struct burst {
	double from, to; /* of the time, 0 to 1 */
};

struct state {
	const struct load *load;
	uint64_t random;
	double machine; /* this run is so much slower than others */
	double phase;	/* of a load that goes up and down */
	struct burst slow[BURSTS], failing;
	double at; /* of the time, 0 to 1 */
	unsigned number;
	unsigned port;
	const struct table *table;
	int columns[8];
	char req_headers[256], resp_headers[512], body[512];
};

enum {
	METHOD,
	PATH,
	CODE,
	REQ_HEADERS,
	RESP_HEADERS,
	RESP_BODY,
	REQ_BYTES,
	RESP_BYTES
};

/* ---- chance: xorshift64* ---- */

static double uniform(struct state *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return (double)((s->random * 0x2545f4914f6cdd1dull) >> 11) * 0x1p-53;
}

static double normal(struct state *s)
{
	return sqrt(-2 * log(1 - uniform(s))) * cos(2 * M_PI * uniform(s));
}

static struct burst draw_burst(struct state *s, double lasting)
{
	double from = uniform(s);

	return (struct burst){from, from + lasting * (0.5 + uniform(s))};
}

static bool is_in(const struct burst *b, double at)
{
	return at >= b->from && at < b->to;
}

static void begin(struct state *s, const struct load *load)
{
	static const char *const names[] = {"method",	    "path",	 "code",      "req_headers",
					    "resp_headers", "resp_body", "req_bytes", "resp_bytes"};

	*s = (struct state){.load = load, .random = load->seed * 0x9e3779b97f4a7c15ull + 1};
	for (int i = 0; i < 8; i++)
		uniform(s);
	s->machine = exp(load->unrest / 3 * normal(s));
	s->phase = uniform(s) * 2 * M_PI;
	for (int i = 0; i < BURSTS; i++)
		s->slow[i] = draw_burst(s, 0.002);
	s->failing = draw_burst(s, 0.005);
	s->port = 32768 + (unsigned)(uniform(s) * 20000);
	s->table = protocol_table_find("http", NULL);
	for (int i = 0; i < 8; i++)
		s->columns[i] = table_column(s->table, names[i]);
}

/* ---- one record ---- */

static int draw_shape(struct state *s)
{
	double at = uniform(s);
	int i = 0;

	while (i < LOAD_SHAPES - 1 && at >= shapes[i].part) {
		at -= shapes[i].part;
		i++;
	}
	return i == s->load->gone ? 0 : i;
}

static double draw_ms(struct state *s, int shape, int server)
{
	const struct load *l = s->load;
	double ms = shapes[shape].ms * exp(0.4 * normal(s)) * s->machine;
	bool tail = uniform(s) < 0.02;

	ms *= 1 + l->unrest * sin(2 * M_PI * s->at + s->phase);
	if (tail)
		ms *= fmin(40, pow(1 - uniform(s), -1 / 1.5)) * 2;
	for (int i = 0; i < BURSTS; i++)
		if (is_in(&s->slow[i], s->at))
			ms *= 4;
	if (l->slower_all > 0)
		ms *= l->slower_all;
	if (shape != LOAD_SEEDED)
		return ms;
	if (l->slower > 0)
		ms *= l->slower;
	if (l->slower_tail > 0 && tail)
		ms *= l->slower_tail;
	if (l->slower_server > 0 && server == 1)
		ms *= l->slower_server;
	return ms;
}

static bool draw_error(struct state *s, int shape)
{
	double rate = shape == LOAD_SEEDED && s->load->errors > 0 ? s->load->errors : 0.001;

	return uniform(s) < (is_in(&s->failing, s->at) ? rate + 0.1 : rate);
}

static struct value text_of(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static struct value text_of(char *to, size_t size, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(to, size, format, arguments);
	va_end(arguments);
	return value_text(span_of(to, (size_t)len));
}

static void write_bodies(struct state *s, struct value *v, int shape, bool error)
{
	static const char *const states[] = {"open", "paid", "sent"};
	unsigned second = (unsigned)(s->at * 59);
	struct value *head;

	v[s->columns[REQ_HEADERS]] = text_of(
		s->req_headers, sizeof(s->req_headers),
		"{\"Host\":\"127.0.0.1:%u\",\"X-Request-Id\":\"%08x-%u\",\"Accept\":\"*/*\"}",
		s->port, (unsigned)(uniform(s) * 4e9), s->number);
	v[s->columns[REQ_HEADERS]].type = VALUE_JSON;
	head = &v[s->columns[RESP_HEADERS]];
	*head = text_of(s->resp_headers, sizeof(s->resp_headers),
			"{\"Server\":\"api/%s\",\"Date\":\"Sun, 22 Nov 2026 05:%02u:%02u GMT\","
			"\"ETag\":\"%x-%x\",\"Cache-Control\":\"%s\"}",
			s->load->header ? "1.3.0" : "1.2.9", (unsigned)(s->load->seed % 60), second,
			s->port * 77, shape, uniform(s) < 0.5 ? "no-store" : "max-age=60");
	head->type = VALUE_JSON;
	if (error)
		return;
	v[s->columns[RESP_BODY]] = text_of(
		s->body, sizeof(s->body),
		"{\"id\":%u,\"state\":\"%s\",\"at\":\"2026-11-22T05:10:%02uZ\",\"total\":%.2f,%s"
		"%s\"items\":[{\"sku\":\"%x\",\"n\":%u}],\"user\":{\"name\":\"u%u\"%s}}",
		s->number, states[(unsigned)(uniform(s) * 3)], second, uniform(s) * 100,
		uniform(s) < 0.3 ? "\"note\":\"hello\"," : "",
		uniform(s) < 0.02 ? "\"gift\":null," : "", (unsigned)(uniform(s) * 1e6),
		(unsigned)(uniform(s) * 5), (unsigned)(uniform(s) * 500),
		shape == LOAD_SEEDED && s->load->field ? ",\"email\":\"a@example.org\"" : "");
}

static void fill(struct state *s, struct row *row, struct value *v, int shape)
{
	const char *path = shape < 0 ? "/brand-new" : shapes[shape].path;
	bool error = shape >= 0 && draw_error(s, shape);
	double bytes = 200 + 20 * exp(normal(s)) + (shape < 0 ? 0 : 50 * shape);

	if (shape == LOAD_SEEDED && s->load->larger > 0)
		bytes *= s->load->larger;
	v[s->columns[METHOD]] = value_word(span_text("GET"));
	v[s->columns[PATH]] = value_text(span_text(path));
	v[s->columns[CODE]] = value_int(error ? 500 : 200);
	v[s->columns[REQ_BYTES]] = value_int(0);
	v[s->columns[RESP_BYTES]] = value_int((int64_t)bytes);
	row->outcome = error ? OUTCOME_ERROR : OUTCOME_OK;
	if (s->load->bodies)
		write_bodies(s, v, shape, error);
}

typedef void load_row_fn(struct comparison *c, const struct row *row, int side);

static void run(const struct load *load, struct comparison *c, int side, load_row_fn *take)
{
	struct row_end servers[3], *end;
	struct value v[64];
	struct state s;

	begin(&s, load);
	assert_true(s.table && s.table->column_count <= 64);
	for (unsigned i = 0; i < 3; i++) {
		servers[i] = (struct row_end){.pid = 100 + i,
					      .conn = i + 1,
					      .role = ROLE_SERVER,
					      .comm = "api",
					      .remote_text = "127.0.0.1:40000",
					      .id_len = 2};
		snprintf(servers[i].id, sizeof(servers[i].id), "%u.", i + 1);
	}
	for (s.number = 0; s.number < load->records; s.number++) {
		int server = (int)(uniform(&s) * 3), shape;
		struct row row = {.table = s.table,
				  .side = SIDE_CLIENT,
				  .has_request = true,
				  .position = s.number,
				  .values = v};

		s.at = s.number / (double)load->records;
		end = &servers[server];
		row.end = end;
		row.begin = BEGIN + (int64_t)(s.at * LASTING);
		memset(v, 0, sizeof(v));
		shape = load->added && uniform(&s) < 0.01 ? -1 : draw_shape(&s);
		row.response_last = (int64_t)(1e6 * draw_ms(&s, shape < 0 ? 0 : shape, server));
		row.response_first = row.response_last;
		fill(&s, &row, v, shape);
		take(c, &row, side);
	}
}

void load_compare(const struct load *a, const struct load *b, struct comparison *c,
		  struct changes *changes)
{
	*c = (struct comparison){.memory = 64 << 20};
	changes->limits = (struct change_limits){CHANGE_PART, CHANGE_NS};
	assert_true(comparison_begin(c));
	run(a, c, 0, comparison_learn);
	run(b, c, 1, comparison_learn);
	comparison_settle(c);
	run(a, c, 0, comparison_add);
	run(b, c, 1, comparison_add);
	assert_false(c->no_memory);
	changes_find(changes, c);
	assert_false(changes->no_memory);
}
