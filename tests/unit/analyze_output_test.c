/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analyze/corpus/case.h"
#include "analyze/output/output.h"
#include "analyze/output/text.h"

static const struct column columns[] = {
	{"name", "TEXT", "", "a name"},
	{"size", "BIGINT", "bytes", "a size"},
};
static const struct column more_columns[] = {{"extra", "JSON", "", "something"}};

static void check(struct buffer *got, const char *expected)
{
	buffer_append_char(got, '\0');
	assert_string_equal(got->data, expected);
	buffer_free(got);
}

static void print_rows(enum output_format format, struct buffer *into)
{
	struct output *o = output_new_into(format, into);
	const struct value plain[] = {value_text(span_text("a")), value_int(1)};
	const struct value odd[] = {value_text(span_text("say \"hi\",\nyou\xff")), {0}};
	const struct value extra[] = {value_json(span_text("[1,2]"))};
	struct row_part parts[] = {
		{.columns = columns, .count = 2, .values = plain},
		{.columns = more_columns, .count = 1, .prefix = "x"},
	};

	assert_non_null(o);
	output_row(o, parts, 2);
	parts[0].values = odd;
	parts[1].values = extra;
	output_row(o, parts, 2);
	assert_true(output_free(o));
}

static void test_json(void **state)
{
	struct buffer got = {0};

	(void)state;
	print_rows(OUTPUT_JSON, &got);
	check(&got, "{\"name\":\"a\",\"size\":1}\n"
		    "{\"name\":\"say \\\"hi\\\",\\nyou\\\\xff\",\"size\":null,\"extra\":[1,2]}\n");
}

/* What a part was rendered to before stands in the row as if it were rendered now. */
static void test_json_members(void **state)
{
	const struct value values[] = {value_text(span_text("a")), value_int(1)};
	const struct row_part part = {.columns = columns, .count = 2, .values = values};
	struct buffer members = {0}, got = {0};
	struct output *o = output_new_into(OUTPUT_JSON, &got);
	struct row_part parts[] = {part, part};

	(void)state;
	output_json_members(&part, &members);
	parts[0].json = buffer_span(&members);
	output_row(o, parts, 2);
	assert_true(output_free(o));
	check(&got, "{\"name\":\"a\",\"size\":1,\"name\":\"a\",\"size\":1}\n");
	buffer_free(&members);
}

static void test_csv(void **state)
{
	struct buffer got = {0};

	(void)state;
	print_rows(OUTPUT_CSV, &got);
	check(&got, "name,size,x.extra\n"
		    "a,1,\n"
		    "\"say \"\"hi\"\",\nyou\\xff\",,\"[1,2]\"\n");
}

static void test_text(void **state)
{
	static const struct text_column text_columns[] = {
		{"NAME", 6, false},
		{"SIZE", 5, true},
		{"REST", 0, false},
	};
	struct buffer got = {0};
	struct output *o = output_new_into(OUTPUT_TEXT, &got);
	struct cells cells = {0};

	(void)state;
	buffer_append_text(&cells.text, "gr\xc3\xbc\xc3\x9f");
	cells_end(&cells, PAINT_RED);
	buffer_append_text(&cells.text, "12");
	cells_end(&cells, PAINT_NONE);
	buffer_append_text(&cells.text, "a\tb\x01\xff");
	cells_end(&cells, PAINT_NONE);
	output_cells(o, text_columns, &cells);
	cells_clear(&cells);
	buffer_append_text(&cells.text, "too long for it");
	cells_end(&cells, PAINT_NONE);
	cells_end(&cells, PAINT_NONE);
	cells_end(&cells, PAINT_NONE);
	output_cells(o, text_columns, &cells);
	cells_free(&cells);
	assert_true(output_free(o));
	check(&got, "NAME     SIZE  REST\n"
		    "gr\xc3\xbc\xc3\x9f       12  a\\tb\\x01\\xff\n"
		    "too l\xe2\x80\xa6         \n");
}

static void test_words(void **state)
{
	struct buffer got = {0};

	(void)state;
	text_append_bytes(&got, 999);
	buffer_append_char(&got, '|');
	text_append_bytes(&got, 1000);
	buffer_append_char(&got, '|');
	text_append_bytes(&got, 999499);
	buffer_append_char(&got, '|');
	text_append_bytes(&got, 999500);
	buffer_append_char(&got, '|');
	text_append_bytes(&got, UINT64_MAX);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 0);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 1234);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 999999);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 61000000000);
	buffer_append_char(&got, '|');
	text_append_count(&got, 1234567);
	buffer_append_char(&got, '|');
	text_append_count(&got, 12);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, 1795341600123456789);
	check(&got,
	      "999 B|1.0 kB|999 kB|1.0 MB|18 EB|0 ns|1.23 \xc2\xb5s|1.00 ms|61.0 s|1,234,567|12|"
	      "2026-11-22T10:00:00.123456789Z");
}

/* ---- what a failed corpus case tells ---- */

static void test_compare(void **state)
{
	struct buffer report = {0};

	(void)state;
	assert_true(case_compare(span_text("{\"a\":1}\n"), span_text("{\"a\":1}\n"), &report));
	assert_int_equal(report.len, 0);
	assert_false(
		case_compare(span_text("{\"a\":1,\"b\":{\"c\":[1,\",\"]},\"d\":2}\n{\"a\":2}\n"),
			     span_text("{\"a\":1,\"b\":{\"c\":[2,\",\"]},\"d\":2}\n"), &report));
	check(&report, "  record 1 differs\n"
		       "    b\n"
		       "      expected {\"c\":[1,\",\"]}\n"
		       "      got      {\"c\":[2,\",\"]}\n"
		       "  record 2 is missing\n"
		       "               {\"a\":2}\n"
		       "  in all: 2 of 2 records differ, 1 missing, 0 not expected\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),  cmocka_unit_test(test_json_members),
		cmocka_unit_test(test_csv),   cmocka_unit_test(test_text),
		cmocka_unit_test(test_words), cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
