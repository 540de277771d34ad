/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/value/json.h"
#include "protocols/value/utf8.h"

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
	/* The same characters as text: told apart. */
	CHECK("\\xff\\", "\"\\\\x5cxff\\\\\"");
	CHECK("\\\\x\\u", "\"\\\\\\\\x5cx\\\\u\"");
}

/* Some languages split lines there: one object must stay one line. */
static void test_line_ends(void **state)
{
	(void)state;
	CHECK("a\xc2\x85z\xe2\x80\xa8z\xe2\x80\xa9", "\"a\\u0085z\\u2028z\\u2029\"");
}

/* What the header promises, byte by byte. */
static void escape_slowly(struct buffer *b, const uint8_t *p, const uint8_t *end)
{
	static const char *const names[] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};

	buffer_append_char(b, '"');
	while (p < end) {
		size_t n = utf8_sequence(p, end);

		if (*p == '\\' && p + 1 < end && p[1] == 'x')
			buffer_append_text(b, "\\\\x5c");
		else if (*p == '"' || *p == '\\')
			buffer_printf(b, "\\%c", *p);
		else if (*p <= '\r' && names[*p])
			buffer_append_text(b, names[*p]);
		else if (*p < 0x20)
			buffer_printf(b, "\\u%04x", *p);
		else if (n == 2 && memcmp(p, "\xc2\x85", 2) == 0)
			buffer_append_text(b, "\\u0085");
		else if (n == 3 &&
			 (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0))
			buffer_printf(b, "\\u20%02x", p[2] - 0x80);
		else if (n)
			buffer_append(b, p, n);
		else
			buffer_printf(b, "\\\\x%02x", *p);
		p += n ? n : 1;
	}
	buffer_append_char(b, '"');
}

/* Every kind of byte beside every other, in texts of many lengths. */
static void test_any_bytes(void **state)
{
	static const uint8_t common[] = {0xc2, 0x85, 0xe2, 0x80, 0xa8, 0xf0,
					 0x9f, 'a',  '"',  '\\', 'x',  0};
	struct buffer got = {0}, expected = {0};
	uint32_t random = 1;

	(void)state;
	for (size_t len = 0; len < 300; len++) {
		for (int round = 0; round < 40; round++) {
			uint8_t *text = malloc(len ? len : 1);

			assert_non_null(text);
			for (size_t i = 0; i < len; i++) {
				random = random * 1664525 + 1013904223;
				text[i] = random >> 31 || !round ? (uint8_t)(random >> 20)
								 : common[(random >> 20) % 10];
			}
			buffer_clear(&got);
			buffer_clear(&expected);
			json_append_string(&got, span_of(text, len));
			escape_slowly(&expected, text, text + len);
			assert_true(span_equal(buffer_span(&got), buffer_span(&expected)));
			free(text);
		}
	}
	buffer_free(&got);
	buffer_free(&expected);
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
		cmocka_unit_test(test_line_ends), cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
