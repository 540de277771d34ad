/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/listing/filter.h"
#include "analyze/listing/ranking.h"
#include "analyze/stat/group.h"

static const struct column common[] = {{"ts", "BIGINT", "ns", ""}, {"name", "TEXT", "", ""}};
static const struct column first[] = {{"code", "BIGINT", "", ""}};
static const struct column second[] = {{"name", "TEXT", "", ""}, {"ok", "BOOLEAN", "", ""}};

static void check_filter(const struct fields *f, const char *expr, bool of_first, bool of_second)
{
	const struct value c[] = {value_int(5), value_text(span_text("a"))};
	const struct value a[] = {value_int(404)};
	const struct value b[] = {value_text(span_text("hidden")), value_bool(true)};
	const struct row_part one[] = {{.columns = common, .count = 2, .values = c},
				       {.columns = first, .count = 1, .values = a}};
	const struct row_part two[] = {{.columns = common, .count = 2, .values = c},
				       {.columns = second, .count = 2, .values = b}};
	struct buffer why = {0};
	struct filter *filter = filter_new(f, expr, &why);

	if (!filter)
		fail_msg("%s: %.*s", expr, (int)why.len, why.data);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(filter_passes(filter, one, 2), of_first);
		assert_int_equal(filter_passes(filter, two, 2), of_second);
	}
	assert_null(filter_error(filter));
	filter_free(filter);
}

static void test_filter(void **state)
{
	static const char *const wrong[] = {"",
					    "code =",
					    "none = 1",
					    "1; SELECT 2",
					    "(SELECT 1 FROM sqlite_schema)",
					    "load_extension('x')",
					    "max(code)"};
	struct fields f = {0};

	(void)state;
	assert_true(fields_add(&f, common, 2, NULL));
	assert_true(fields_add(&f, first, 1, NULL));
	assert_true(fields_add(&f, second, 2, NULL));
	assert_int_equal(f.count, 4);
	check_filter(&f, "code = 404", true, false);
	check_filter(&f, "code IS NULL", false, true);
	check_filter(&f, "ok", false, true);
	check_filter(&f, "name = 'a' AND ts > 4 -- end", true, true);
	check_filter(&f, "name LIKE 'hid%' OR code BETWEEN 400 AND 499", true, false);
	check_filter(&f, "ms(ts) < 1", true, true);
	check_filter(&f, "ts > (SELECT 4)", true, true);
	check_filter(&f, "NULL", false, false);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct buffer why = {0};

		if (filter_new(&f, wrong[i], &why))
			fail_msg("'%s' is taken", wrong[i]);
		assert_true(why.len > 0);
		buffer_free(&why);
	}
	fields_free(&f);
}

static void check_ranking(bool down, const char *wanted)
{
	const struct value keys[] = {value_int(3),
				     {0},
				     value_json(span_text("2.5")),
				     value_text(span_text("b")),
				     value_int(10)};
	struct ranking *r = ranking_new(down);
	struct buffer got = {0};
	struct span bytes;

	assert_non_null(r);
	for (size_t i = 0; i < 5; i++) {
		char name = (char)('0' + i);

		assert_true(ranking_add(r, &keys[i], span_of(&name, 1)));
	}
	while (ranking_next(r, &bytes))
		buffer_append_span(&got, bytes);
	assert_null(ranking_error(r));
	buffer_append_char(&got, '\0');
	assert_string_equal(got.data, wanted);
	buffer_free(&got);
	ranking_free(r);
}

static void test_ranking(void **state)
{
	(void)state;
	check_ranking(false, "20431");
	check_ranking(true, "34021");
}

/* More than its memory holds. */
static void test_long_ranking(void **state)
{
	struct ranking *r = ranking_new(false);
	char bytes[400] = {0};
	struct span next;
	uint32_t wanted = 0;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t number = i * 7919 % 100000;
		const struct value key = value_int(number);

		memcpy(bytes, &number, sizeof(number));
		assert_true(ranking_add(r, &key, span_of(bytes, sizeof(bytes))));
	}
	for (; ranking_next(r, &next); wanted++) {
		assert_int_equal(next.len, sizeof(bytes));
		assert_memory_equal(next.data, &wanted, sizeof(wanted));
	}
	assert_int_equal(wanted, 100000);
	assert_null(ranking_error(r));
	ranking_free(r);
}

/* Groups beyond the memory are one, and nothing is lost of what is counted. */
static void test_groups(void **state)
{
	struct groups *g = groups_new(64 << 10);
	struct group *const *all;
	size_t count;
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		struct group *group = groups_get(g, NULL, 0, span_of(&i, sizeof(i)));

		assert_non_null(group);
		group->count++;
		assert_true(group_took(group, i));
		assert_true(group_failed(group, span_of("0123456789", i % 10 + 1), 1));
	}
	assert_true(groups_overflowed(g));
	all = groups_all(g, &count);
	assert_in_range(count, 2, 200);
	for (size_t i = 0; i < count; i++)
		sum += all[i]->count;
	assert_int_equal(sum, 10000);
	/* More ways to fail than are told apart. */
	for (size_t i = 0; i < count; i++) {
		uint64_t failed = 0;

		for (unsigned k = 0; k < GROUP_FAILURES; k++)
			failed += all[i]->failures[k].count;
		assert_int_equal(failed, all[i]->failed);
		assert_int_equal(quantiles_count(all[i]->latencies), all[i]->count);
	}
	groups_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_ranking),
		cmocka_unit_test(test_long_ranking),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
