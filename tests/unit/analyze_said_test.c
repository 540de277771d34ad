/* SPDX-License-Identifier: BSD-2-Clause */
/* What sides said, as people read and search it: JSON, bodies, phases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/command/detail.h"
#include "analyze/output/body_text.h"
#include "analyze/output/json_text.h"
#include "analyze/replay/said.h"

/* Every protocol's tables have a row of their own, and each column that it names is there. */
static void every_table_has_its_sides(void **state)
{
	size_t tables = 0, named = 0;
	const char *table, *last = "";
	char column[32];

	(void)state;
	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			tables++;
	for (size_t i = 0; said_column(i, &table, column); i++) {
		const struct table *t = protocol_table_find(table, NULL);
		size_t at = 0;

		assert_non_null(t);
		while (at < t->column_count && strcmp(t->columns[at].name, column) != 0)
			at++;
		if (at == t->column_count)
			fail_msg("%s has no column %s", table, column);
		named += strcmp(table, last) != 0;
		last = table;
	}
	assert_int_equal(named, tables);
}

typedef void append_fn(struct buffer *b, struct span text);

static void check(append_fn *append, const char *text, const char *expected)
{
	struct buffer b = {0};

	append(&b, span_text(text));
	buffer_append_char(&b, '\0');
	assert_false(b.failed);
	assert_string_equal(b.data, expected);
	buffer_free(&b);
}

/* Bytes that are no text are in JSON as \xHH, with small letters; what looks otherwise is text. */
static void bytes_are_bytes_again(void **state)
{
	(void)state;
	check(json_append_flat, "\"\\\\xff\\\\x00\"", "\xff");
	check(json_append_flat, "\"\\\\x9a \\\\xf0\"", "\x9a \xf0");
	check(json_append_flat, "\"\\\\x/0 \\\\x0: \\\\xg0 \\\\x0` \\\\xA0\"",
	      "\\x/0 \\x0: \\xg0 \\x0` \\xA0");
	check(json_append_flat, "\"\\\\x4\"", "\\x4");
	check(json_append_flat, "\"\\\\x41\"", "A");
}

static void json_is_indented(void **state)
{
	(void)state;
	check(json_append_indented, "{\"a\":[1,{\"b\":\"x,:{\\\"\"}],\"c\":{},\"d\":[ ]}",
	      "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,:{\\\"\"\n    }\n  ],\n"
	      "  \"c\": {},\n  \"d\": []\n}");
	check(json_append_indented, "17", "17");
	/* What isn't whole is printed as far as it goes. */
	check(json_append_indented, "[\"ab", "[\n  \"ab");
	check(json_append_indented, "]}", "\n]\n}");
}

static void json_is_flat(void **state)
{
	(void)state;
	check(json_append_flat, "[\"SET\",\"a \\\"b\\\"\\n\",[1,2]]", "SET\na \"b\"\n\n1 2");
	check(json_append_flat, "{\"a\":\"\\u00e4\",\"b\":{\"c\":null}}",
	      "a: \xc3\xa4\nb: c: null");
	/* Bytes that json_append_string() couldn't write as they are. */
	check(json_append_flat, "\"\\\\xff\\\\x5cx41\"", "\xff\\x41");
}

static void fields_are_lines(void **state)
{
	(void)state;
	check(json_append_fields, "{\"Host\":\"a\",\"Set-Cookie\":[\"x=1\",\"y=2\"]}",
	      "Host: a\nSet-Cookie: x=1\nSet-Cookie: y=2");
	check(json_append_fields, "{}", "");
	check(json_append_fields, "[\"a\"]", "a");
}

static void bodies_are_text_or_not(void **state)
{
	(void)state;
	check(body_append, "{\"a\":1}", "{\n  \"a\": 1\n}\n");
	check(body_append, "{\"a\":1", "{\"a\":1\n");
	check(body_append, "a\tb\r\nc\033", "a\tb\nc\\x1b\n");
	check(body_append, "", "");
	check(body_append, "\001\002AB",
	      "  00000000  01 02 41 42                                      ..AB\n");
	check(body_append, "\001 !~\177",
	      "  00000000  01 20 21 7e 7f                                   . !~.\n");
	check(body_append, "\001\0020123456789abcdef",
	      "  00000000  01 02 30 31 32 33 34 35 36 37 38 39 61 62 63 64  ..0123456789abcd\n"
	      "  00000010  65 66                                            ef\n");
	assert_false(body_is_text(span_of("a\0b", 3)));
	assert_true(body_is_text(span_text("\xc3\xa4\n")));
	assert_false(body_is_text(span_text("\xff\xfe\xfd")));
}

static void phases_add_up(void **state)
{
	int64_t phases[PHASE_COUNT];
	struct moments m = {.begin = 100, .ends = {110, 130, 135, 140, 190, 200}};

	(void)state;
	assert_int_equal(phases_measure(&m, phases), 100);
	assert_int_equal(phases[PHASE_TLS], 20);
	assert_int_equal(phases[PHASE_WAIT], 50);
	/* The response came before the request was over. */
	m = (struct moments){.begin = 100,
			     .ends = {TIME_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN, 150, 120, 140}};
	assert_int_equal(phases_measure(&m, phases), 50);
	assert_true(phases[PHASE_CONNECT] == TIME_UNKNOWN);
	assert_int_equal(phases[PHASE_WAIT], 0);
	assert_int_equal(phases[PHASE_RESPONSE], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_has_its_sides),
		cmocka_unit_test(bytes_are_bytes_again),
		cmocka_unit_test(json_is_indented),
		cmocka_unit_test(json_is_flat),
		cmocka_unit_test(fields_are_lines),
		cmocka_unit_test(bodies_are_text_or_not),
		cmocka_unit_test(phases_add_up),
	};

	return cmocka_run_group_tests_name("said", tests, NULL, NULL);
}
