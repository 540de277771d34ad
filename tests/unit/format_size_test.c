/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes and durations as people type and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/size.h"

static void sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"0", 0},
		{"1234", 1234},
		{"1B", 1},
		{"1k", 1000},
		{"1K", 1000},
		{"1kB", 1000},
		{"1Ki", 1024},
		{"1KiB", 1024},
		{"5m", 5000000},
		{"64MiB", 64 << 20},
		{"2G", 2000000000},
		{"2GiB", 2ull << 30},
		{"1T", 1000000000000},
		{"18446744073709551615", UINT64_MAX},
		{"15EiB", 15ull << 60},
	};
	static const char *const bad[] = {"",	  "k",	"-1",  "1 k",  "1kk",
					  "1.5M", "1x", "1Bk", "0x10", "16EiB",
					  "19E",  "1i", " 1",  "+1",   "18446744073709551616"};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(size_parse(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(size_parse(bad[i], &bytes));
}

static void seconds_are_read(void **state)
{
	static const char *const bad[] = {"", ".5", "-1", "1s", "1.2.3", "99999999999", "1e3"};
	uint64_t ns;

	(void)state;
	assert_true(size_parse_seconds("10", &ns) && ns == 10000000000);
	assert_true(size_parse_seconds("0.5", &ns) && ns == 500000000);
	assert_true(size_parse_seconds("1.000000001", &ns) && ns == 1000000001);
	assert_true(size_parse_seconds("2.", &ns) && ns == 2000000000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(size_parse_seconds(bad[i], &ns));
}

static void sizes_are_written(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
		const char *exact;
	} sizes[] = {
		{0, "0 B", "0"},
		{999, "999 B", "999"},
		{1000, "1.00 kB", "1,000"},
		{9994, "9.99 kB", "9,994"},
		{9995, "10.0 kB", "9,995"},
		{99949, "99.9 kB", "99,949"},
		{99950, "100 kB", "99,950"},
		{999499, "999 kB", "999,499"},
		{999500, "1.00 MB", "999,500"},
		{1234567890, "1.23 GB", "1,234,567,890"},
		{UINT64_MAX, "18.4 EB", "18,446,744,073,709,551,615"},
	};
	char text[SIZE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_text(sizes[i].bytes, text);
		assert_string_equal(text, sizes[i].text);
		size_text_exact(sizes[i].bytes, text);
		assert_string_equal(text, sizes[i].exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(seconds_are_read),
		cmocka_unit_test(sizes_are_written),
	};

	return cmocka_run_group_tests_name("record sizes", tests, NULL, NULL);
}
