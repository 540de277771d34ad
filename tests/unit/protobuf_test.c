/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages without their definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/protobuf/view.h"
#include "protocols/value/base64.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void check(struct span message, const char *expected)
{
	struct buffer out = {0};
	bool cut = false;

	assert_true(protobuf_view(message, NULL, 1 << 20, &out, &cut));
	assert_false(cut);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void fields(void **state)
{
	(void)state;
	check(BYTES(""), "{}");
	check(BYTES("\x08\x96\x01"), "{\"1\":150}"); /* protobuf.dev, "A Simple Message" */
	check(BYTES("\x12\x07testing"), "{\"2\":\"testing\"}");
	check(BYTES("\x1a\x03\x08\x96\x01"), "{\"3\":{\"1\":150}}");
	check(BYTES("\x15\0\0\x80\x3f"), "{\"2\":{\"fixed32\":1065353216,\"float\":1}}");
	check(BYTES("\x11\0\0\0\0\0\0\xf0\x3f"),
	      "{\"2\":{\"fixed64\":4607182418800017408,\"double\":1}}");
	check(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	      "{\"1\":18446744073709551615}");
	/* Not a number is no JSON. */
	check(BYTES("\x0d\0\0\xc0\x7f"), "{\"1\":{\"fixed32\":2143289344}}");
	check(BYTES("\x0a\x02\xff\x00"), "{\"1\":{\"bytes\":\"/wA=\"}}");
	check(BYTES("\x0a\x02\x0a\x00"), "{\"1\":{\"1\":\"\"}}");
	check(BYTES("\x0a\x00"), "{\"1\":\"\"}");
}

/* "(3" is a text, and a message with 51 in its fifth field. */
static void ambiguous(void **state)
{
	(void)state;
	check(BYTES("\x0a\x02(3"), "{\"1\":{\"text\":\"(3\",\"message\":{\"5\":51}}}");
}

static void repeated(void **state)
{
	(void)state;
	check(BYTES("\x10\x01\x08\x02\x10\x03\x08\x04\x10\x05"), "{\"1\":[2,4],\"2\":[1,3,5]}");
}

static void no_messages(void **state)
{
	static const char *const texts[] = {
		"\x08",
		"\x00\x01",
		"\x0b",
		"\x0a\x05"
		"abc",
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	};
	struct buffer out = {0};
	bool cut = false;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(protobuf_view(i == 1 ? BYTES("\0\1") : span_text(texts[i]), NULL, 1000,
					   &out, &cut));
	assert_int_equal(out.len, 0);
}

/* Deep, wide and long ones end where they are told to. */
static void bounds(void **state)
{
	struct buffer deep = {0}, wide = {0}, out = {0};
	bool cut = false;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct buffer outer = {0};

		buffer_append_char(&outer, 0x0a);
		buffer_append_char(&outer, (char)deep.len);
		buffer_append_span(&outer, buffer_span(&deep));
		buffer_free(&deep);
		deep = outer;
	}
	assert_true(protobuf_view(buffer_span(&deep), NULL, 1 << 20, &out, &cut));
	assert_false(cut);
	for (int i = 0; i < 100000; i++)
		buffer_append(&wide, "\x08\x01", 2);
	buffer_clear(&out);
	assert_true(protobuf_view(buffer_span(&wide), NULL, 1000, &out, &cut));
	assert_true(cut);
	assert_true(out.len < 3000);
	buffer_free(&deep);
	buffer_free(&wide);
	buffer_free(&out);
}

static void base64(void **state)
{
	/* RFC 4648, section 10 */
	static const struct {
		const char *plain, *coded;
	} cases[] = {{"", ""},	      {"f", "Zg=="},	    {"fo", "Zm8="},
		     {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}};
	struct buffer out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&out);
		base64_append(&out, span_text(cases[i].plain));
		assert_true(span_is(buffer_span(&out), cases[i].coded));
		buffer_clear(&out);
		assert_true(base64_decode(&out, span_text(cases[i].coded)));
		assert_true(span_is(buffer_span(&out), cases[i].plain));
	}
	buffer_clear(&out);
	assert_true(base64_decode(&out, span_text("-_8")));
	assert_true(span_equal(buffer_span(&out), BYTES("\xfb\xff")));
	assert_false(base64_decode(&out, span_text("Zm9v!")));
	assert_false(base64_decode(&out, span_text("Zm9vY")));
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),   cmocka_unit_test(ambiguous),
		cmocka_unit_test(repeated), cmocka_unit_test(no_messages),
		cmocka_unit_test(bounds),   cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests_name("protobuf", tests, NULL, NULL);
}
