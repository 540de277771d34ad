/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/value/json.h"

static void check(const char *text, size_t len, const char *expected)
{
	struct buffer b = {0};
	/* The exact size, so that the sanitizer sees a read beyond the end. */
	char *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	memcpy(exact, text, len);
	json_append_string(&b, span_of(exact, len));
	buffer_append_char(&b, '\0');
	assert_string_equal(b.data, expected);
	buffer_free(&b);
	free(exact);
}

#define CHECK(text, expected) check(text, sizeof(text) - 1, expected)

static void test_plain(void **state)
{
	(void)state;
	CHECK("", "\"\"");
	CHECK("a", "\"a\"");
	CHECK("1234567", "\"1234567\"");
	CHECK("12345678", "\"12345678\"");
	CHECK("123456789", "\"123456789\"");
	CHECK("0123456789abcdef~ DEL\x7f", "\"0123456789abcdef~ DEL\x7f\"");
}

static void test_escapes(void **state)
{
	(void)state;
	CHECK("\"", "\"\\\"\"");
	CHECK("\\", "\"\\\\\"");
	CHECK("\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
	CHECK("\0\x01\x0b\x1f", "\"\\u0000\\u0001\\u000b\\u001f\"");
	CHECK("a longer text with one \" in it, and more behind",
	      "\"a longer text with one \\\" in it, and more behind\"");
}

/* A special character at every place of texts of every length. */
static void test_positions(void **state)
{
	(void)state;
	for (size_t len = 1; len < 40; len++) {
		for (size_t at = 0; at < len; at++) {
			char text[40], expected[48];
			size_t n = 0;

			memset(text, ' ' + 1, len);
			text[at] = '"';
			expected[n++] = '"';
			for (size_t i = 0; i < len; i++) {
				if (i == at)
					expected[n++] = '\\';
				expected[n++] = text[i];
			}
			expected[n++] = '"';
			expected[n] = '\0';
			check(text, len, expected);
		}
	}
}

static void test_utf8(void **state)
{
	(void)state;
	CHECK("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
	      "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
	/* Overlong, surrogate, beyond U+10FFFF, cut, lone continuation: RFC 3629, section 3. */
	CHECK("\xc0\xaf", "\"\\\\xc0\\\\xaf\"");
	CHECK("\xe0\x80\xaf", "\"\\\\xe0\\\\x80\\\\xaf\"");
	CHECK("\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\"");
	CHECK("\xf4\x90\x80\x80", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\"");
	CHECK("a\xe2\x82", "\"a\\\\xe2\\\\x82\"");
	CHECK("\x80", "\"\\\\x80\"");
	CHECK("\xff\xfe", "\"\\\\xff\\\\xfe\"");
}

/* Some languages split lines there: one object must stay one line. */
static void test_line_ends(void **state)
{
	(void)state;
	CHECK("a\xc2\x85z\xe2\x80\xa8z\xe2\x80\xa9", "\"a\\u0085z\\u2028z\\u2029\"");
}

static void test_values(void **state)
{
	const struct value values[] = {
		{0},
		value_int(INT64_MIN),
		value_bool(true),
		value_text(span_text("a\"b")),
		value_word(span_text("ok")),
		value_json(span_text("{\"x\":[1]}")),
	};
	struct buffer b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_append_value(&b, &values[i]);
		buffer_append_char(&b, ' ');
	}
	buffer_append_char(&b, '\0');
	assert_string_equal(b.data,
			    "null -9223372036854775808 true \"a\\\"b\" \"ok\" {\"x\":[1]} ");
	buffer_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	  cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_positions), cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_line_ends), cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
