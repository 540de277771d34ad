/* SPDX-License-Identifier: BSD-2-Clause */
/* What a terminal may see of a recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/output/escape.h"
#include "analyze/output/text.h"

static void expect(void (*append)(struct buffer *b, struct span text), const char *text,
		   const char *expected)
{
	struct buffer b = {0};

	append(&b, span_text(text));
	buffer_append_char(&b, '\0');
	assert_string_equal(b.data, expected);
	buffer_free(&b);
}

static void text_on_one_line(void **state)
{
	(void)state;
	expect(escape_append, "plain \"text\" \\ ~", "plain \"text\" \\ ~");
	expect(escape_append, "\x1b[31m\r\n\t\b\x7f", "\\x1b[31m\\r\\n\\t\\b\\x7f");
	expect(escape_append, "\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80",
	       "\\xff\\xc3(\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
	expect(escape_append, "\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0");
	expect(escape_append, "\u200a\u200b\u200f\u2010\u2027\u2028\u202e\u202f",
	       "\u200a\\u200b\\u200f\u2010\u2027\\u2028\\u202e\u202f");
	expect(escape_append, "\u2065\u2066\u2069\u2070\ufeff\ufffd\xef\xbf\xbe",
	       "\\u2065\\u2066\\u2069\u2070\\ufeff\ufffd\\ufffe");
	expect(escape_append, "\U0001f4a9\U000e0001\xf0\x9f\xbf\xbf",
	       "\U0001f4a9\\U000e0001\\U0001ffff");
}

static void lines(void **state)
{
	(void)state;
	expect(escape_append_lines, "a\r\nb\x1b\n", "a\\r\nb\\x1b\n");
}

static void json(void **state)
{
	(void)state;
	expect(escape_append_json, "{\"a\":\"\\u001b \u202e\x7f\u00e9\U000e0041\"}\n",
	       "{\"a\":\"\\u001b \\u202e\\u007f\u00e9\\udb40\\udc41\"}\n");
}

/* Whatever the bytes: nothing but what may be seen, and no byte gets lost. */
static void all_characters(void **state)
{
	(void)state;
	for (uint32_t character = 0x10000; character < 0x110000; character++) {
		uint8_t utf8[4] = {(uint8_t)(0xf0 | character >> 18),
				   (uint8_t)(0x80 | (character >> 12 & 63)),
				   (uint8_t)(0x80 | (character >> 6 & 63)),
				   (uint8_t)(0x80 | (character & 63))};
		char out[ESCAPE_MAX];
		int width;
		size_t n;

		n = escape_character(utf8, utf8 + 4, out, &width);
		assert_int_equal(n, 4);
		assert_true(memcmp(out, utf8, 4) == 0 ? width >= 0 && width <= 2
						      : out[0] == '\\' && width == 10);
	}
}

static void cells(void **state)
{
	const struct text_layout layout = {.width = 8};
	struct buffer b = {0};

	(void)state;
	assert_int_equal(text_append_cell(&b, span_text("a\u202e"), &layout), 8);
	assert_int_equal(text_append_cell(&b, span_text("\u202e\u202e"), &layout), 8);
	buffer_append_char(&b, '\0');
	assert_string_equal(b.data, "a\\u202e \\u202e… ");
	buffer_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_on_one_line), cmocka_unit_test(lines), cmocka_unit_test(json),
		cmocka_unit_test(all_characters),   cmocka_unit_test(cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
