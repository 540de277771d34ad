/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes and durations as people type and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/nearest.h"
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

static void durations_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{"10", 10000000000},
		{"0.5", 500000000},
		{"1.000000001", 1000000001},
		{"2.", 2000000000},
		{"1s", 1000000000},
		{"10m", 600000000000},
		{"10min", 600000000000},
		{"2h", 7200000000000},
		{"1h30m", 5400000000000},
		{"1 d 2 s", 86402000000000},
		{"1.5h", 5400000000000},
		{"200ms", 200000000},
		{"12.3 \u00b5s", 12300},
		{"7us", 7000},
		{"7ns", 7},
		{"0", 0},
		{"4.06 ms", 4060000},
		{"0.0000000001s", 0},
	};
	static const char *const bad[] = {"",
					  ".5",
					  "-1",
					  "1x",
					  "1.2.3",
					  "s",
					  "99999999999",
					  "1e3",
					  "1h 30",
					  "1m,",
					  "200000d",
					  "1s ,",
					  "9223372036854775808ns"};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(size_parse_duration(good[i].text, &ns));
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(size_parse_duration(bad[i], &ns));
}

static const char *nearest(const char *text)
{
	struct nearest n = {.text = text};

	nearest_try(&n, "show");
	nearest_try(&n, "events");
	nearest_try(&n, "conns");
	nearest_try(&n, "decode-as");
	return n.word;
}

static void mistyped_words_are_known(void **state)
{
	(void)state;
	assert_string_equal(nearest("shwo"), "show");
	assert_string_equal(nearest("show"), "show");
	assert_string_equal(nearest("ev"), "events");
	assert_string_equal(nearest("evnets"), "events");
	assert_string_equal(nearest("conn"), "conns");
	assert_string_equal(nearest("decodeas"), "decode-as");
	assert_null(nearest("frobnicate"));
	assert_null(nearest(""));
	assert_null(nearest("x"));
	assert_null(nearest("a word that is longer than any that there could be"));
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
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(mistyped_words_are_known),
		cmocka_unit_test(sizes_are_written),
	};

	return cmocka_run_group_tests_name("record sizes", tests, NULL, NULL);
}
