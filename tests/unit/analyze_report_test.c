/* SPDX-License-Identifier: BSD-2-Clause */
/* What a page is made of: markup that nothing gets out of, intervals of time, scales. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report/chart.h"
#include "analyze/report/html.h"
#include "analyze/report/table.h"
#include "analyze/report/timeline.h"
#include "tests/unit/command_run.h"
#include "tests/unit/file_text.h"
#include "tests/unit/tape_build.h"

static enum tape_error take(void *context, const void *data, size_t len)
{
	buffer_append(context, data, len);
	return TAPE_OK;
}

static enum tape_error refuse(void *context, const void *data, size_t len)
{
	(void)data;
	(void)len;
	++*(int *)context;
	return TAPE_ERROR_DISK_FULL;
}

/* Ends the page: what it says, to be compared with EXPECTED. */
static void expect(struct html *h, const char *expected)
{
	struct buffer *out = h->sink.context;

	assert_int_equal(html_end(h), TAPE_OK);
	assert_int_equal(h->len, out->len);
	buffer_append_char(out, '\0');
	assert_string_equal(out->data, expected);
	buffer_free(out);
	html_free(h);
}

#define PAGE(name)                                                                                 \
	struct buffer name##_out = {0};                                                            \
	struct html name = {.sink = {.write = take, .context = &name##_out}}

static void text_is_text(void **state)
{
	static const char evil[] = "</td><a href=\"x\" title='y'>&amp;\0\x1b\xff\u202e\r\n\tz";
	PAGE(h);

	(void)state;
	html_put(&h, "<td>");
	html_text(&h, span_of(evil, sizeof(evil) - 1));
	html_put(&h, "</td>");
	expect(&h,
	       "<td>&lt;/td&gt;&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;\\x00\\x1b"
	       "\\xff\\u202e\\r\\n\\tz</td>");
}

static void lines_stay_lines(void **state)
{
	PAGE(h);

	(void)state;
	html_lines(&h, span_text("a\n\t<b>\r\n\u2028"));
	expect(&h, "a\n\t&lt;b&gt;\\r\n\\u2028");
}

/* Characters, not bytes: none is cut in two, and none of what stands for one. */
static void shortened_text(void **state)
{
	PAGE(h);

	(void)state;
	html_text_cut(&h, span_text("<ä>"), 3);
	html_put(&h, "|");
	html_text_cut(&h, span_text("a<ä>"), 3);
	html_put(&h, "|");
	html_text_cut(&h, span_text("\u202e\u202e"), 1);
	html_put(&h, "|");
	html_text_cut(&h, span_text(""), 0);
	expect(&h,
	       "&lt;ä&gt;|a&lt;ä<span class=\"cut\">…</span>|\\u202e<span class=\"cut\">…</span>|");
}

static void numbers(void **state)
{
	PAGE(h);

	(void)state;
	html_draw(&h, "<rect x=\"%.1f%%\" y=\"%.0f\"/>", 12.25, 3);
	html_counted(&h, 1, "byte");
	html_put(&h, " ");
	html_counted(&h, 1234567, "byte");
	for (double part = 0; part < 3; part++) {
		html_put(&h, " ");
		html_share(&h, part, 10000);
	}
	html_put(&h, " ");
	html_share(&h, 1, 0);
	html_put(&h, " ");
	html_share(&h, 1, 3);
	expect(&h,
	       "<rect x=\"12.2%\" y=\"3\"/>1 byte 1,234,567 bytes 0 % &lt; 0.1 % &lt; 0.1 % 0 % "
	       "33 %");
}

/* The first error stays, and nothing more is tried. */
static void failing_sink(void **state)
{
	int calls = 0;
	struct html h = {.sink = {.write = refuse, .context = &calls}};

	(void)state;
	for (int i = 0; i < 100000; i++)
		html_put(&h, "<p>text</p>");
	assert_int_equal(html_end(&h), TAPE_ERROR_DISK_FULL);
	assert_int_equal(calls, 1);
	html_free(&h);
}

static void tables(void **state)
{
	static const struct table_column columns[] = {{"A", TABLE_CODE, "<help>"},
						      {"B", TABLE_NUMBER, ""}};
	struct page_table t;
	PAGE(h);

	(void)state;
	page_table_begin(&t, &h, "What", columns, 2);
	page_table_row(&t);
	page_table_cell(&t);
	html_word(&h, "x");
	page_table_number(&t, 1.5e9);
	html_word(&h, "1.5 G");
	page_table_row(&t);
	page_table_cell(&t);
	page_table_empty(&t);
	page_table_end(&t);
	expect(&h,
	       "<table><caption>What</caption><thead><tr><th scope=\"col\" class=\"code\" "
	       "title=\"&lt;help&gt;\">A</th><th scope=\"col\" class=\"num\">B</th></tr></thead>"
	       "<tbody>\n<tr><td class=\"code\">x</td><td class=\"num\" data-l=\"B\" "
	       "data-v=\"1500000000\">1.5 G</td></tr>\n<tr><td class=\"code\"></td><td "
	       "class=\"num\" data-l=\"B\" data-v=\"-1\"><span "
	       "class=\"none\">–</span></td></tr>\n</tbody></table>\n");
}

/* ---- time ---- */

/* Each length of an interval holds those before it: else they could not be put together. */
static void steps_divide(void **state)
{
	int64_t before = 1;

	(void)state;
	for (int64_t span = 1; span < INT64_MAX / 4; span += span / 3 + 1) {
		int64_t step = timeline_step(span, TIMELINE_INTERVALS);

		assert_true(span / step < TIMELINE_INTERVALS);
		assert_int_equal(step % before, 0);
		before = step;
	}
}

static const struct column no_column;
static struct row_end some_end;
static const struct table some_table = {.name = "some", .columns = &no_column};

static void add(struct timeline *t, struct facts_cache *facts, int64_t begin, int64_t took,
		enum outcome outcome)
{
	struct row row = {
		.table = &some_table,
		.end = &some_end,
		.begin = begin,
		.has_request = true,
		.request_last = 0,
		.response_first = took,
		.response_last = took,
		.outcome = outcome,
	};

	timeline_add(t, facts, &row);
}

/* However far apart, in whatever order: all are counted, in few intervals. */
static void timeline_holds_all(void **state)
{
	static const int64_t distances[] = {1, 1000, 1000000, 60000000000, 86400000000000};
	struct facts_cache facts = {0};

	(void)state;
	for (size_t d = 0; d < sizeof(distances) / sizeof(distances[0]); d++) {
		struct timeline t = {0};
		struct group *const *groups;
		uint64_t count = 0, failed = 0, known = 0;
		size_t groups_count;

		for (int64_t i = 0; i < 5000; i++)
			add(&t, &facts, 1700000000000000000 + (i * 7919 % 5000) * distances[d],
			    i % 2 ? 1000 : TIME_UNKNOWN, i % 10 ? OUTCOME_OK : OUTCOME_ERROR);
		assert_false(t.no_memory);
		assert_true(timeline_count(&t) <= TIMELINE_INTERVALS);
		groups = timeline_groups(&t, &groups_count);
		assert_true(groups_count <= timeline_count(&t));
		for (size_t i = 0; i < groups_count; i++) {
			assert_int_equal(groups[i]->since % t.step, 0);
			assert_true(groups[i]->since >= t.first && groups[i]->since <= t.last);
			count += groups[i]->count;
			failed += groups[i]->failed;
			known += groups[i]->latencies ? quantiles_count(groups[i]->latencies) : 0;
		}
		assert_int_equal(count, 5000);
		assert_int_equal(failed, 500);
		assert_int_equal(known, 2500);
		timeline_free(&t);
	}
}

/* What no clock says, but a file may. */
static void timeline_of_odd_times(void **state)
{
	struct facts_cache facts = {0};
	struct timeline t = {0};

	(void)state;
	add(&t, &facts, INT64_MAX / 2, 5, OUTCOME_OK);
	add(&t, &facts, 0, 5, OUTCOME_OK);
	add(&t, &facts, -5, 5, OUTCOME_OK);
	assert_true(timeline_count(&t) > 1 && timeline_count(&t) <= TIMELINE_INTERVALS);
	timeline_free(&t);
}

/* ---- scales ---- */

static void scales(void **state)
{
	(void)state;
	for (double high = 1e-6; high < 1e15; high *= 1.37) {
		const struct chart_scale linear = chart_linear(high);
		const struct chart_scale powers = chart_log(high / 50, high);

		assert_true(linear.high >= high && linear.high <= high * 2.01);
		assert_true(chart_y(&linear, 0) == 100 && chart_y(&linear, high) < 100 &&
			    chart_y(&linear, high) > 0);
		assert_true(powers.low <= fmax(high / 50, 1) && powers.high >= high);
		assert_true(chart_y(&powers, high) >= 0 && chart_y(&powers, high / 50) <= 100);
		assert_true(chart_y(&powers, 0) <= 100);
	}
}

/* ---- what failed ---- */

/* Two ways to fail that differ in the last byte that is told of either are two. */
static void ways_to_fail(void **state)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUV1", second[] = "ABCDEFGHIJKLMNOPQRSTUV2";
	char *dir = scratch_new();
	struct tape_build b;
	struct buffer printed = {0}, page = {0};
	uint64_t at = 0;
	char path[80];
	FILE *file;

	(void)state;
	tape_build_begin(&b, dir);
	tape_build_process(&b, 7, "redis-cli");
	tape_build_conn(&b, &(struct tape_conn_spec){1, TRANSPORT_TCP, ROLE_CLIENT, ORIGIN_OPENED,
						     "10.0.0.1:4000", "10.0.0.2:6379", 7});
	for (uint64_t i = 0; i < 2; i++) {
		char answer[64];

		snprintf(answer, sizeof(answer), "-%s is wrong\r\n", i ? second : first);
		tape_build_text(&b, 1, 7, DIRECTION_SENT, i * 20, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
		tape_build_text(&b, 1, 7, DIRECTION_RECEIVED, at, answer);
		at += strlen(answer);
	}
	tape_build_end(&b);
	command_run("report @/rec -o @/page.html", dir, &printed);
	snprintf(path, sizeof(path), "%s/page.html", dir);
	file = fopen(path, "r");
	assert_non_null(file);
	file_read_all(file, &page);
	fclose(file);
	buffer_append_char(&page, '\0');
	for (int i = 0; i < 2; i++) {
		char head[80];

		snprintf(head, sizeof(head), "redis <span class=\"tag bad\">%s</span>",
			 i ? second : first);
		assert_non_null(strstr(page.data, head));
	}
	buffer_free(&printed);
	buffer_free(&page);
	scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_text),		 cmocka_unit_test(lines_stay_lines),
		cmocka_unit_test(shortened_text),	 cmocka_unit_test(numbers),
		cmocka_unit_test(failing_sink),		 cmocka_unit_test(tables),
		cmocka_unit_test(steps_divide),		 cmocka_unit_test(timeline_holds_all),
		cmocka_unit_test(timeline_of_odd_times), cmocka_unit_test(scales),
		cmocka_unit_test(ways_to_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
