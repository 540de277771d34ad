/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/value/json_read.h"

#define WHOLE(text)  assert_true(json_is_whole(span_text(text)))
#define BROKEN(text) assert_false(json_is_whole(span_text(text)))

static void what_is_json(void **state)
{
	char deep[300];

	(void)state;
	WHOLE("0");
	WHOLE(" -12.5e+3 ");
	WHOLE("\"a\\\"\\u00e9\\n\"");
	WHOLE("[]");
	WHOLE("{ }");
	WHOLE("[1,[2,{}],{\"a\":[true,false,null]}]");
	WHOLE("{\"a\" : {\"b\":[ ]}, \"c\":1}");
	BROKEN("");
	BROKEN("01");
	BROKEN("1.");
	BROKEN("-");
	BROKEN("\"a");
	BROKEN("\"\\x\"");
	BROKEN("\"\\u12\"");
	BROKEN("\"\xff\"");
	BROKEN("\"\n\"");
	BROKEN("[1,]");
	BROKEN("[1 2]");
	BROKEN("[");
	BROKEN("{\"a\":}");
	BROKEN("{\"a\":1,}");
	BROKEN("{a:1}");
	BROKEN("{\"a\":1]");
	BROKEN("{} {}");
	BROKEN("nul");
	/* Deeper than anything is followed. */
	memset(deep, '[', 150);
	memset(deep + 150, ']', 150);
	assert_false(json_is_whole(span_of(deep, sizeof(deep))));
	assert_true(json_is_whole(span_of(deep + 100, 100)));
}

/* Every byte in each place of an escape, of a number and between values. */
static void every_byte(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char hex[] = "\"\\u00e9\"", escape[] = "\"\\n\"", text[] = "\"n\"";
		char number[] = "1 ";
		bool blank = strchr(" \t\n\r", c) != NULL, digit = c >= '0' && c <= '9';

		for (size_t at = 3; at < 7; at++) {
			const char was = hex[at];

			hex[at] = (char)c;
			assert_int_equal(json_is_whole(span_text(hex)),
					 strchr("0123456789abcdefABCDEF", c) != NULL);
			hex[at] = was;
		}
		escape[2] = (char)c;
		assert_int_equal(json_is_whole(span_text(escape)), strchr("\"\\/bfnrt", c) != NULL);
		text[1] = (char)c;
		assert_int_equal(json_is_whole(span_text(text)),
				 c >= 0x20 && c < 0x80 && !strchr("\"\\", c));
		number[1] = (char)c;
		assert_int_equal(json_is_whole(span_text(number)), blank || digit);
	}
}

static void elements(void **state)
{
	struct span array = span_text(" [ 1 , {\"a\":[2]},\"x\"] "), value;
	size_t at = 0;

	(void)state;
	assert_true(json_next_element(array, &at, &value) && span_is(value, "1"));
	assert_true(json_next_element(array, &at, &value) && span_is(value, "{\"a\":[2]}"));
	assert_true(json_next_element(array, &at, &value) && span_is(value, "\"x\""));
	assert_false(json_next_element(array, &at, &value));
	at = 0;
	assert_false(json_next_element(span_text("[]"), &at, &value));
	assert_false(json_next_element(span_text("{}"), &at, &value));
	assert_false(json_next_element(span_text(""), &at, &value));
	/* What stands before the damage is found. */
	assert_true(json_next_element(span_text("[1,"), &at, &value));
	assert_false(json_next_element(span_text("[1,"), &at, &value));
}

static void members(void **state)
{
	struct span object = span_text(" { \"a\" : 1 , \"b\\\"\" : [1,2] ,\"c\":\"x\"}");
	struct span name, value;
	size_t at = 0;

	(void)state;
	assert_true(json_next_member(object, &at, &name, &value));
	assert_true(span_is(name, "a") && span_is(value, "1"));
	assert_true(json_next_member(object, &at, &name, &value));
	assert_true(span_is(name, "b\\\"") && span_is(value, "[1,2]"));
	assert_true(json_next_member(object, &at, &name, &value));
	assert_true(span_is(name, "c") && span_is(value, "\"x\""));
	assert_false(json_next_member(object, &at, &name, &value));
	assert_true(json_find(object, "c", &value) && span_is(value, "\"x\""));
	assert_false(json_find(object, "d", &value));
	assert_false(json_find(span_text("[1]"), "d", &value));
	assert_false(json_find(span_text(""), "d", &value));
	/* What stands before the damage is found. */
	assert_true(json_find(span_text("{\"a\":1,\"b\":"), "a", &value));
	assert_false(json_find(span_text("{\"a\":1,\"b\":"), "b", &value));
}

static void check_text(const char *json, const char *text)
{
	struct buffer out = {0};

	assert_true(json_string_append(&out, span_text(json)));
	assert_true(span_is(buffer_span(&out), text));
	buffer_free(&out);
}

static void strings_and_numbers(void **state)
{
	struct buffer out = {0};
	int64_t n;

	(void)state;
	check_text("\"\"", "");
	check_text("\"a\\\\\\/\\b\\f\\n\\r\\t\\\"\"", "a\\/\b\f\n\r\t\"");
	check_text("\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\u00e9\u20ac\U0001f600");
	check_text("\"\\ud83d.\\ude00\"", "\ufffd.\ufffd");
	assert_false(json_string_append(&out, span_text("1")));
	assert_int_equal(out.len, 0);
	assert_true(json_integer(span_text("9223372036854775807"), &n) && n == INT64_MAX);
	assert_true(json_integer(span_text("-9223372036854775808"), &n) && n == INT64_MIN);
	assert_false(json_integer(span_text("9223372036854775808"), &n));
	assert_false(json_integer(span_text("1.5"), &n));
	assert_false(json_integer(span_text("-"), &n));
	assert_false(json_integer(span_text(""), &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(elements),
		cmocka_unit_test(members),
		cmocka_unit_test(strings_and_numbers),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
