/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include <pty.h>
#include <unistd.h>

#include "analyze/corpus/case.h"
#include "analyze/output/escape.h"
#include "analyze/output/output.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "protocols/value/json.h"

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
		    "{\"name\":null,\"name_base64\":\"c2F5ICJoaSIsCnlvdf8=\",\"size\":null,"
		    "\"extra\":[1,2]}\n");
}

/* Text is what its string says, whatever it looks like. */
static void test_json_text(void **state)
{
	const struct value values[] = {
		value_text(span_text("a \\x41 \xc3\xa4\xe2\x80\xa8\"\n\x01")), value_int(1)};
	const struct row_part part = {.columns = columns, .count = 2, .values = values};
	struct buffer got = {0};
	struct output *o = output_new_into(OUTPUT_JSON, &got);

	(void)state;
	output_row(o, &part, 1);
	assert_true(output_free(o));
	check(&got, "{\"name\":\"a \\\\x41 \xc3\xa4\\u2028\\\"\\n\\u0001\",\"size\":1}\n");
}

static void check_base64(const char *bytes, size_t len, const char *expected)
{
	struct buffer got = {0};

	json_append_base64(&got, span_of(bytes, len));
	check(&got, expected);
}

/* RFC 4648, section 10. */
static void test_base64(void **state)
{
	(void)state;
	check_base64("", 0, "\"\"");
	check_base64("f", 1, "\"Zg==\"");
	check_base64("fo", 2, "\"Zm8=\"");
	check_base64("foo", 3, "\"Zm9v\"");
	check_base64("foobar", 6, "\"Zm9vYmFy\"");
	check_base64("\xff\xfe\0", 3, "\"//4A\"");
}

/* What a part was rendered to before stands in the row as if it were rendered now. */
/* What is printed as it comes, in pieces, is the same as what is made whole. */
static void check_long(struct value value)
{
	const struct value values[] = {value, value_int(1)};
	const struct row_part part = {.columns = columns, .count = 2, .values = values};
	struct buffer whole = {0}, got = {0};
	struct output *o = output_new_into(OUTPUT_JSON, &whole);
	int saved = dup(STDOUT_FILENO);
	FILE *file = tmpfile();
	char bytes[4096];
	size_t n;

	output_row(o, &part, 1);
	output_row(o, &part, 1);
	assert_true(output_free(o));
	assert_non_null(file);
	fflush(stdout);
	assert_int_equal(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
	o = output_new(OUTPUT_JSON);
	output_row(o, &part, 1);
	output_row(o, &part, 1);
	n = output_free(o);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	assert_true(n);
	rewind(file);
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(&got, bytes, n);
	fclose(file);
	assert_int_equal(got.len, whole.len);
	assert_memory_equal(got.data, whole.data, got.len);
	buffer_free(&whole);
	buffer_free(&got);
}

static void test_json_long(void **state)
{
	struct buffer text = {0}, json = {0};

	(void)state;
	/* Three and four bytes, so that a character stands at the end of a piece; and escapes. */
	while (text.len < 1200000)
		buffer_append_text(&text,
				   "\xe2\x82\xac\xf0\x9f\x98\x80 \"\n\x01\xe2\x80\xa8\xc3\xa4");
	check_long(value_text(buffer_span(&text)));
	json_append_string(&json, buffer_span(&text));
	check_long(value_json(buffer_span(&json)));
	buffer_append_char(&text, '\xff');
	check_long(value_text(buffer_span(&text)));
	check_long(value_text(span_of(text.data, 262145)));
	check_long(value_text(span_of(text.data, 262144)));
	buffer_free(&text);
	buffer_free(&json);
}

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
		{"NAME", 6, false, 0, CUT_END},
		{"SIZE", 5, true, 0, CUT_END},
		{"REST", 0, false, 0, CUT_END},
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
	buffer_append_text(&cells.text, "long for it");
	cells_end(&cells, PAINT_NONE);
	buffer_append_text(&cells.text, "4.06 ms");
	cells_end(&cells, PAINT_NONE);
	cells_end(&cells, PAINT_NONE);
	output_cells(o, text_columns, &cells);
	cells_free(&cells);
	assert_true(output_free(o));
	check(&got, "NAME     SIZE  REST\n"
		    "gr\xc3\xbc\xc3\x9f       12  a\\tb\\x01\\xff\n"
		    "long\\x20for\\x20it  4.06ms  -\n");
}

static void check_cell(const char *text, struct text_layout layout, const char *expected)
{
	struct buffer got = {0};
	int width = text_append_cell(&got, span_text(text), &layout);

	buffer_append_char(&got, '|');
	buffer_append_i64(&got, width);
	check(&got, expected);
}

/* Wide characters take two columns, marks none. */
static void test_cells(void **state)
{
	(void)state;
	check_cell("abc", (struct text_layout){.width = 5}, "abc  |5");
	check_cell("abc", (struct text_layout){.width = 5, .right = true}, "  abc|5");
	check_cell("abcdef", (struct text_layout){.width = 5}, "abcd\u2026|5");
	check_cell("curl[12345]", (struct text_layout){.width = 10, .cut = CUT_MIDDLE},
		   "cur\u202612345]|10");
	check_cell("10:00:00.123456", (struct text_layout){.width = 12, .cut = CUT_PLAIN},
		   "10:00:00.123|12");
	check_cell("\u6f22\u5b57", (struct text_layout){.width = 6}, "\u6f22\u5b57  |6");
	check_cell("\u6f22\u5b57\u6f22", (struct text_layout){.width = 4}, "\u6f22\u2026 |4");
	check_cell("e\u0301a", (struct text_layout){.width = 3}, "e\u0301a |3");
	check_cell("GET /a/very/long/path/of/things 200 9.1KB",
		   (struct text_layout){.limit = 24, .cut = CUT_MIDDLE},
		   "GET /a/v\u2026hings 200 9.1KB|24");
}

static void test_ascii(void **state)
{
	struct buffer got = {0};

	(void)state;
	buffer_append_text(&got, "1 \u00b5s \u2026 \u00e4 \U0001f600 \xff.");
	text_to_ascii(&got);
	check(&got, "1 us ~ \\u00e4 \\U0001f600 \xff.");
}

/* The day is told when it changes. */
static void test_days(void **state)
{
	static const struct text_column text_columns[] = {
		{"TIME", 15, false, 12, CUT_PLAIN},
		{"N", 0, false, 0, CUT_END},
	};
	struct buffer got = {0};
	struct output *o = output_new_into(OUTPUT_TEXT, &got);
	struct cells cells = {0};

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	for (int i = 0; i < 3; i++) {
		cells_clear(&cells);
		output_time_cell(o, &cells, 1795348799000000000 + i * 86400000000000 / 2);
		buffer_append_i64(&cells.text, i);
		cells_end(&cells, PAINT_NONE);
		output_cells(o, text_columns, &cells);
	}
	cells_free(&cells);
	assert_true(output_free(o));
	check(&got, "TIME             N\n"
		    "11:59:59.000000  0\n"
		    "23:59:59.000000  1\n"
		    "2026-11-23T11:59:59.000000  2\n");
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
	text_append_duration(&got, 119999999999);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 120000000000);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 125000000000);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 86402000000000);
	buffer_append_char(&got, '|');
	text_append_duration(&got, 93784000000000);
	buffer_append_char(&got, '|');
	text_append_count(&got, 1234567);
	buffer_append_char(&got, '|');
	text_append_count(&got, 12);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, 1795341600123456789);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, 951782399999999999);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, 951868800000000000);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, -1);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, INT64_MAX);
	buffer_append_char(&got, '|');
	text_append_time_utc(&got, INT64_MIN);
	check(&got, "999 B|1.0 kB|999 kB|1.0 MB|18 EB|0 ns|1.23 \xc2\xb5s|1.00 ms|61.0 s|120 s|"
		    "2m|2m 5s|1d|1d 2h|1,234,567|12|"
		    "2026-11-22T10:00:00.123456789Z|2000-02-28T23:59:59.999999999Z|"
		    "2000-03-01T00:00:00.000000000Z|1969-12-31T23:59:59.999999999Z|"
		    "2262-04-11T23:47:16.854775807Z|1677-09-21T00:12:43.145224192Z");
}

/* A second that was put before is the same the next time, and another one isn't. */
static void test_moments(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{1795341600123456789, "2026-11-22T10:00:00.123456789Z"},
		{1795341600000000001, "2026-11-22T10:00:00.000000001Z"},
		{1795341601000000001, "2026-11-22T10:00:01.000000001Z"},
		{0, "1970-01-01T00:00:00.000000000Z"},
		{999999999, "1970-01-01T00:00:00.999999999Z"},
		{-1, "1969-12-31T23:59:59.999999999Z"},
		{INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
		{INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
	};
	struct date_second last = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[DATE_MOMENT_ROOM + 1], digits[24];

		*date_put_moment(text, cases[i].ns, &last) = '\0';
		assert_string_equal(text, cases[i].text);
		if (cases[i].ns < 1000000000)
			continue;
		/* Of the digits that it has. */
		snprintf(digits, sizeof(digits), "%lld", (long long)cases[i].ns);
		*date_put_parts(text, cases[i].ns / 1000000000,
				digits + strlen(digits) - DATE_PART_LEN, &last) = '\0';
		assert_string_equal(text, cases[i].text);
	}
}

/* ---- the terminal ---- */

/* How wide FD is as standard output, where the environment says TEXT for COLUMNS; NULL: nothing. */
static int width_of(int fd, const char *text)
{
	int saved = dup(STDOUT_FILENO);
	struct terminal t;

	assert_true(saved >= 0);
	fflush(stdout);
	if (text)
		setenv("COLUMNS", text, 1);
	else
		unsetenv("COLUMNS");
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	t = terminal_find();
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	assert_int_equal(t.present, isatty(fd));
	return t.width;
}

/* POSIX, section 8.3: COLUMNS comes first; what can't be one is as if it weren't there. */
static void test_width(void **state)
{
	static const struct {
		const char *text;
		int width; /* 0: the terminal's */
	} cases[] = {
		{NULL, 0}, {"", 0},	 {"wide", 0},	   {"100", 100}, {"20", 20},
		{"19", 0}, {"80x24", 0}, {"10000", 10000}, {"10001", 0},
	};
	const struct winsize size = {.ws_row = 24, .ws_col = 132};
	const char *was = getenv("COLUMNS");
	char *saved = was ? strdup(was) : NULL;
	int pipes[2], master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	assert_int_equal(pipe(pipes), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int width = cases[i].width;

		assert_int_equal(width_of(slave, cases[i].text), width ? width : 132);
		assert_int_equal(width_of(pipes[1], cases[i].text), width);
	}
	close(master);
	close(slave);
	close(pipes[0]);
	close(pipes[1]);
	if (saved)
		setenv("COLUMNS", saved, 1);
	else
		unsetenv("COLUMNS");
	free(saved);
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

/* As printf() rounds, in the middle between two numbers, too. */
static void test_durations(void **state)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
	int64_t ns = 0;

	(void)state;
	for (uint32_t n = 0; n < 200000; n++) {
		struct buffer got = {0};
		char expected[40];
		size_t i = 0;
		double value;

		/* All small ones, then such as end in 5s and 9s, and others. */
		if (n > 20000)
			ns = (int64_t)((n * 2654435761ull) % 120000000000ull);
		if (n > 100000)
			ns = ns / 5000 * 5000 - n % 3;
		while (i < 3 && (double)ns < units[i].ns * 0.9995)
			i++;
		value = (double)ns / units[i].ns;
		snprintf(expected, sizeof(expected), "%.*f %s",
			 i == 3		 ? 0
			 : value < 9.995 ? 2
			 : value < 99.95 ? 1
					 : 0,
			 value, units[i].unit);
		text_append_duration(&got, ns);
		if (!span_is(buffer_span(&got), expected))
			fail_msg("%lld ns: %.*s, not %s", (long long)ns, (int)got.len, got.data,
				 expected);
		buffer_free(&got);
		ns++;
	}
}

/* Each byte that isn't plain is found, wherever it stands. */
static void test_plain(void **state)
{
	char text[40];

	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < sizeof(text); at++) {
			bool plain = c >= 0x20 && c < 0x7f;

			memset(text, at & 1 ? '~' : ' ', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(escape_plain(span_of(text, sizeof(text))),
					 plain ? sizeof(text) : at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),	     cmocka_unit_test(test_json_text),
		cmocka_unit_test(test_json_long),    cmocka_unit_test(test_base64),
		cmocka_unit_test(test_json_members), cmocka_unit_test(test_csv),
		cmocka_unit_test(test_text),	     cmocka_unit_test(test_cells),
		cmocka_unit_test(test_ascii),	     cmocka_unit_test(test_days),
		cmocka_unit_test(test_words),	     cmocka_unit_test(test_compare),
		cmocka_unit_test(test_moments),	     cmocka_unit_test(test_width),
		cmocka_unit_test(test_durations),    cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
