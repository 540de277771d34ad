/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/cursor.h"

static const uint8_t bytes[] = {0x81, 0x02, 0x83, 0x04, 0x85, 0x06, 0x87, 0x08};

static void test_numbers(void **state)
{
	struct cursor c;

	(void)state;
#define READS(function, value)                                                                     \
	c = cursor_of(bytes, sizeof(bytes));                                                       \
	assert_true(function(&c) == (value));                                                      \
	assert_false(c.failed)
	READS(cursor_u8, 0x81);
	READS(cursor_be16, 0x8102);
	READS(cursor_be24, 0x810283);
	READS(cursor_be32, 0x81028304);
	READS(cursor_be64, 0x8102830485068708);
	READS(cursor_le16, 0x0281);
	READS(cursor_le24, 0x830281);
	READS(cursor_le32, 0x04830281);
	READS(cursor_le64, 0x0887068504830281);
#undef READS
}

/* A read that goes one byte too far gives zero, and so does whatever is read after it. */
static void test_end(void **state)
{
	struct cursor c;

	(void)state;
#define FAILS(function, len)                                                                       \
	c = cursor_of(bytes, (len)-1);                                                             \
	assert_true(function(&c) == 0);                                                            \
	assert_true(c.failed);                                                                     \
	assert_int_equal(cursor_left(&c), 0);                                                      \
	assert_int_equal(cursor_u8(&c), 0)
	FAILS(cursor_u8, 1);
	FAILS(cursor_be16, 2);
	FAILS(cursor_be24, 3);
	FAILS(cursor_be32, 4);
	FAILS(cursor_be64, 8);
	FAILS(cursor_le16, 2);
	FAILS(cursor_le24, 3);
	FAILS(cursor_le32, 4);
	FAILS(cursor_le64, 8);
	FAILS(cursor_varint, 2);
	FAILS(cursor_zigzag, 2);
#undef FAILS
}

static void test_varint(void **state)
{
	static const struct {
		uint8_t bytes[11];
		size_t len; /* 0: fails */
		uint64_t value;
		int64_t zigzag;
	} cases[] = {
		{{0x00}, 1, 0, 0},
		{{0x01}, 1, 1, -1},
		{{0x02}, 1, 2, 1},
		{{0x7f}, 1, 127, -64},
		{{0x96, 0x01}, 2, 150, 75},
		{{0x80, 0x00}, 2, 0, 0},
		{{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		 10,
		 UINT64_MAX - 1,
		 INT64_MAX},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		 10,
		 UINT64_MAX,
		 INT64_MIN},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, 0, 0, 0},
		{{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cursor c = cursor_of(cases[i].bytes, sizeof(cases[i].bytes));
		struct cursor again = c;

		assert_true(cursor_varint(&c) == cases[i].value);
		assert_int_equal(c.failed, !cases[i].len);
		if (cases[i].len)
			assert_int_equal(cursor_position(&c), cases[i].len);
		assert_true(cursor_zigzag(&again) == cases[i].zigzag);
	}
}

static void test_until(void **state)
{
	struct cursor c = cursor_of("ab\0\0c", 5);

	(void)state;
	assert_true(span_is(cursor_until(&c, 0), "ab"));
	assert_int_equal(cursor_until(&c, 0).len, 0);
	assert_false(c.failed);
	assert_int_equal(cursor_until(&c, 0).len, 0);
	assert_true(c.failed);
	assert_int_equal(cursor_left(&c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_varint),
		cmocka_unit_test(test_until),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
