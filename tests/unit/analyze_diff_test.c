/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `socktape diff` finds in loads that are the same, and in those that were changed in one way.
 * With SOCKTAPE_DIFF_RUNS in the environment it compares so many of each, and prints how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/diff/feature.h"
#include "analyze/diff/noise.h"
#include "analyze/diff/significance.h"
#include "protocols/protocol.h"
#include "tests/unit/diff_load.h"

static unsigned runs_of(unsigned usual)
{
	const char *text = getenv("SOCKTAPE_DIFF_RUNS");

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

static struct load usual(uint64_t seed, unsigned records, bool bodies)
{
	return (struct load){
		.seed = seed, .records = records, .bodies = bodies, .unrest = 0.1, .gone = -1};
}

/* ---- chance ---- */

static void test_counts(void **state)
{
	(void)state;
	/* Fisher's lady who tastes tea: 17/70 in one tail. */
	assert_float_equal(significance_of_counts((uint64_t[]){3, 1}, (uint64_t[]){4, 4}),
			   2 * 17 / 70.0, 1e-9);
	assert_float_equal(significance_of_counts((uint64_t[]){0, 5}, (uint64_t[]){5, 5}),
			   2 / 252.0, 1e-9);
	assert_float_equal(significance_of_counts((uint64_t[]){5, 0}, (uint64_t[]){5, 5}),
			   2 / 252.0, 1e-9);
	assert_float_equal(significance_of_counts((uint64_t[]){5, 10}, (uint64_t[]){50, 100}), 1,
			   1e-9);
	assert_float_equal(significance_of_counts((uint64_t[]){0, 0}, (uint64_t[]){0, 9}), 1, 0);
	/* Many of them take no longer, and don't vanish. */
	assert_true(significance_of_counts((uint64_t[]){1000000, 1001000},
					   (uint64_t[]){2000000, 2000000}) > 0.3);
	assert_true(significance_of_counts((uint64_t[]){1000000, 1010000},
					   (uint64_t[]){2000000, 2000000}) < 1e-20);
}

static void test_ranks(void **state)
{
	const double low[] = {1, 2, 3, 4, 5, 6}, high[] = {7, 8, 9, 10, 11, 12};
	const double mixed[] = {1.5, 2.5, 3.5, 4.5, 5.5, 0.5}, same[] = {1, 1, 1, 1, 1, 1};

	(void)state;
	/* |18 - 0.5| / sqrt(39) standard deviations */
	assert_float_equal(significance_of_ranks(low, 6, high, 6, 1),
			   erfc(17.5 / sqrt(39) / sqrt(2)), 1e-12);
	assert_float_equal(significance_of_ranks(high, 6, low, 6, 1),
			   significance_of_ranks(low, 6, high, 6, 1), 1e-12);
	assert_float_equal(significance_of_ranks(low, 6, high, 6, 4),
			   erfc(17.5 / sqrt(4 * 39) / sqrt(2)), 1e-12);
	assert_true(significance_of_ranks(low, 6, mixed, 6, 1) > 0.5);
	assert_float_equal(significance_of_ranks(same, 6, same, 6, 1), 1, 0);
	assert_float_equal(significance_of_ranks(low, 0, high, 6, 1), 1, 0);
}

static void test_adjust(void **state)
{
	double p[] = {0.01, 0.04, 0.03, 0.005};
	double *all[] = {&p[0], &p[1], &p[2], &p[3]};

	(void)state;
	significance_adjust(all, 4, 4);
	assert_float_equal(p[0], 0.03, 1e-12);
	assert_float_equal(p[1], 0.06, 1e-12);
	assert_float_equal(p[2], 0.06, 1e-12);
	assert_float_equal(p[3], 0.02, 1e-12);
	significance_adjust(&all[3], 1, 100);
	assert_float_equal(p[3], 1, 0);
}

static void test_windows(void **state)
{
	struct rate hits[2] = {{{0}}}, count[2];

	(void)state;
	for (unsigned w = 0; w < RATE_WINDOWS; w++) {
		count[0].in[w] = count[1].in[w] = 50;
		hits[0].in[w] = hits[1].in[w] = w % 3;
	}
	assert_float_equal(rate_test(hits, count), 1, 0);
	/* One burst is no difference, however large; a little everywhere is. */
	hits[1].in[7] = 50;
	assert_true(rate_test(hits, count) > 0.3);
	for (unsigned w = 0; w < RATE_WINDOWS; w++)
		hits[1].in[w] = 3 + w % 3;
	assert_true(rate_test(hits, count) < 1e-6);
	/* Nothing is said of few records. */
	for (unsigned w = 3; w < RATE_WINDOWS; w++)
		count[0].in[w] = hits[0].in[w] = 0;
	assert_float_equal(rate_test(hits, count), 1, 0);
}

/* ---- noise ---- */

static void check_noise(const char *value, const char *expected)
{
	struct buffer out = {0};

	noise_append(span_text(value), &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void test_noise(void **state)
{
	(void)state;
	check_noise("Sun, 22 Nov 2026 05:10:59 GMT", "{time}");
	check_noise("2026-11-22T05:10:59.5Z", "{time}");
	check_noise("at 05:10:59", "at {time}");
	check_noise("127.0.0.1:38123", "127.0.0.1:{port}");
	check_noise("6f1e2a3b-4c5d-6e7f-8a9b-0c1d2e3f4a5b", "{id}");
	check_noise("\"6b027963-244c\"", "\"{id}-244c\"");
	check_noise("eyJhbGciOiJIUzI1NiIs9", "{id}");
	check_noise("1790000000123", "{id}");
	check_noise("nginx/1.22.1", "nginx/1.22.1");
	check_noise("max-age=60", "max-age=60");
	check_noise("application/json", "application/json");
	check_noise("", "");
	assert_true(noise_is_name(span_text("user_id")));
	assert_true(noise_is_name(span_text("createdAt")));
	assert_false(noise_is_name(span_text("paid")));
	assert_true(noise_is_header(span_text("date")));
	assert_false(noise_is_header(span_text("server")));
}

/* ---- features ---- */

/* The only value at PATH. */
static const char *value_at(const struct features *f, const char *path)
{
	const struct feature *feature;
	size_t at = 0;

	while ((feature = map_next(&f->by_path, &at)) != NULL)
		if (strcmp(feature->path, path) == 0) {
			assert_int_equal(feature->value_count, 1);
			return feature->values[0].text;
		}
	return NULL;
}

/* A value is what the string says, without what it stands in; others are as they are written. */
static void test_values(void **state)
{
	const struct table *table = protocol_table_find("http", NULL);
	struct value values[64] = {{0}};
	struct row_end end = {.id = "1.", .id_len = 2};
	struct row row = {.table = table, .end = &end, .values = values};
	struct features f = {0};
	size_t grown = 0;

	(void)state;
	assert_true(table && table->column_count <= 64);
	values[table_column(table, "method")] = value_word(span_text("GET"));
	values[table_column(table, "resp_headers")] = value_json(
		span_text("{\"Server\":\"nginx\",\"X-Flag\":\"a\",\"Empty\":\"\",\"X-Bool\":true,"
			  "\"X-Number\":12}"));
	assert_true(features_add(&f, &row, 0, 0, false, &grown));
	assert_string_equal(value_at(&f, "method"), "GET");
	assert_string_equal(value_at(&f, "resp_headers.server"), "nginx");
	assert_string_equal(value_at(&f, "resp_headers.x-flag"), "a");
	assert_string_equal(value_at(&f, "resp_headers.empty"), "");
	assert_string_equal(value_at(&f, "resp_headers.x-bool"), "true");
	assert_string_equal(value_at(&f, "resp_headers.x-number"), "12");
	features_free(&f);
}

/* ---- the same load ---- */

static unsigned count_false(unsigned runs, unsigned records, bool bodies)
{
	unsigned found = 0;

	for (unsigned i = 0; i < runs; i++) {
		struct load a = usual(2 * i + 1, records, bodies);
		struct load b = usual(2 * i + 2, records, bodies);
		struct comparison c;
		struct changes changes = {0};

		load_compare(&a, &b, &c, &changes);
		found += changes.count > 0;
		for (size_t k = 0; k < changes.count; k++) {
			const struct change *x = &changes.all[k];

			print_message("run %u: %s %s %s: %g, %g (%s, %s) p %g\n", i,
				      change_kind_text(x->kind), x->shape ? x->shape->text : "all",
				      x->part, x->value[0], x->value[1], x->text[0], x->text[1],
				      x->p);
		}
		changes_free(&changes);
		comparison_free(&c);
	}
	print_message("%u of %u pairs of the same load differ\n", found, runs);
	return found;
}

static void test_same(void **state)
{
	(void)state;
	assert_int_equal(count_false(runs_of(40), 5000, false), 0);
}

static void test_same_bodies(void **state)
{
	(void)state;
	assert_int_equal(count_false(runs_of(10), 3000, true), 0);
}

/* ---- changed loads ---- */

static void change_gone(struct load *l)
{
	l->gone = LOAD_SEEDED;
}

static void change_added(struct load *l)
{
	l->added = true;
}

static void change_errors(struct load *l)
{
	l->errors = 0.01;
}

static void change_slower(struct load *l)
{
	l->slower = 1.3;
}

static void change_faster(struct load *l)
{
	l->slower = 0.6;
}

static void change_tail(struct load *l)
{
	l->slower_tail = 3;
}

static void change_server(struct load *l)
{
	l->slower_server = 1.5;
}

static void change_all(struct load *l)
{
	l->slower_all = 1.5;
}

static void change_larger(struct load *l)
{
	l->larger = 1.4;
}

static void change_field(struct load *l)
{
	l->field = true;
}

static void change_header(struct load *l)
{
	l->header = true;
}

static const struct seeded {
	const char *name;
	void (*change)(struct load *load);
	unsigned records;
	bool bodies;
	enum change_kind kind;
	const char *shape; /* NULL: of all */
	const char *part;
	const char *process; /* NULL: of all */
} seeded[] = {
	{"a shape is gone", change_gone, 5000, false, CHANGE_GONE, LOAD_SEEDED_SHAPE, "", NULL},
	{"a shape is new", change_added, 5000, false, CHANGE_NEW, "GET /brand-new", "", NULL},
	{"errors 0.1 to 1 %", change_errors, 40000, false, CHANGE_ERRORS, LOAD_SEEDED_SHAPE, "500",
	 NULL},
	{"p50 +30 %", change_slower, 5000, false, CHANGE_LATENCY, LOAD_SEEDED_SHAPE, "p50", NULL},
	{"p50 -40 %", change_faster, 5000, false, CHANGE_LATENCY, LOAD_SEEDED_SHAPE, "p50", NULL},
	{"p99 doubled", change_tail, 40000, false, CHANGE_LATENCY, LOAD_SEEDED_SHAPE, "p99", NULL},
	{"one process", change_server, 8000, false, CHANGE_LATENCY, LOAD_SEEDED_SHAPE, "p50",
	 "api[101]"},
	{"all shapes", change_all, 8000, false, CHANGE_DRIFT, NULL, "p50", NULL},
	{"larger bodies", change_larger, 5000, false, CHANGE_SIZE, LOAD_SEEDED_SHAPE,
	 "resp_bytes p50", NULL},
	{"a body field", change_field, 1000, true, CHANGE_FIELD, LOAD_SEEDED_SHAPE,
	 "resp_body.user.email", NULL},
	{"a header", change_header, 1000, true, CHANGE_VALUE, "", "resp_headers.server", NULL},
};

#define SEEDED (sizeof(seeded) / sizeof(seeded[0]))

static bool is_what(const struct change *c, const struct seeded *what)
{
	if (c->kind != what->kind || strcmp(c->part, what->part) != 0)
		return false;
	if (what->shape && *what->shape && strcmp(c->shape->text, what->shape) != 0)
		return false;
	if (!what->process != !c->only)
		return false;
	return !c->only || strcmp(c->only->process, what->process) == 0;
}

/* Whether it was found, and nothing else. */
static bool finds(const struct seeded *what, unsigned run)
{
	struct load a = usual(2 * run + 1001, what->records, what->bodies);
	struct load b = usual(2 * run + 1002, what->records, what->bodies);
	struct comparison c;
	struct changes changes = {0};
	unsigned found = 0;

	a.unrest = b.unrest = 0.05;
	what->change(&b);
	load_compare(&a, &b, &c, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct change *x = &changes.all[i];

		found += is_what(x, what);
		if (!is_what(x, what))
			print_message("%s, run %u: %s %s %s: %g, %g %s %s, p %g\n", what->name, run,
				      change_kind_text(x->kind), x->shape ? x->shape->text : "all",
				      x->part, x->value[0], x->value[1], x->text[0], x->text[1],
				      x->p);
		assert_non_null(x->example[0]);
		assert_non_null(x->example[1]);
	}
	changes_free(&changes);
	comparison_free(&c);
	return found == 1;
}

static void test_seeded(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < SEEDED; i++) {
		unsigned runs = runs_of(seeded[i].records > 10000 ? 2 : 4), found = 0;

		for (unsigned run = 0; run < runs; run++)
			found += finds(&seeded[i], run);
		print_message("%s: found in %u of %u\n", seeded[i].name, found, runs);
		missed += runs - found;
	}
	assert_int_equal(missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts), cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_adjust), cmocka_unit_test(test_windows),
		cmocka_unit_test(test_noise),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_same),   cmocka_unit_test(test_same_bodies),
		cmocka_unit_test(test_seeded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
