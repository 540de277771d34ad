/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyze/command/options.h"
#include "protocols/engine/session.h"

static void test_numbers(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_true(option_number("0", 10, &n));
	assert_int_equal(n, 0);
	assert_true(option_number("18446744073709551615", UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_true(option_number("65535", 65535, &n));
	assert_false(option_number("65536", 65535, &n));
	assert_false(option_number("18446744073709551616", UINT64_MAX, &n));
	assert_false(option_number("", 10, &n));
	assert_false(option_number("-1", 10, &n));
	assert_false(option_number("5x", 10, &n));
	assert_false(option_number(" 5", 10, &n));
}

static void check_time(const char *text, int64_t seconds, int64_t ns)
{
	int64_t got = 0;

	assert_true(option_time(text, &got));
	assert_int_equal(got, seconds * 1000000000 + ns);
}

static void test_times(void **state)
{
	int64_t got;

	(void)state;
	check_time("2026-11-22T10:00:00Z", 1795341600, 0);
	check_time("2026-11-22t10:00:00.5z", 1795341600, 500000000);
	check_time("2026-11-22 10:00:00.123456789", 1795341600, 123456789);
	check_time("2026-11-22 11:00+01:00", 1795341600, 0);
	check_time("2026-11-22T04:30:00-0530", 1795341600, 0);
	check_time("2026-11-22", 1795305600, 0);
	check_time("1795341600", 1795341600, 0);
	check_time("1795341600.25", 1795341600, 250000000);
	check_time("1795341600123456789", 1795341600, 123456789);
	assert_false(option_time("17953416001234567890", &got));
	assert_false(option_time("1795341600123", &got));
	assert_false(option_time("", &got));
	assert_false(option_time("yesterday", &got));
	assert_false(option_time("2026-11-22T10", &got));
	assert_false(option_time("2026-11-22T10:00:00X", &got));
	assert_false(option_time("2026-11-22T10:00:00+1", &got));
	assert_false(option_time("99999999999999999999", &got));
	assert_false(option_time("12.x", &got));
}

/* Without a zone times are local, as those that are printed. */
static void test_local_times(void **state)
{
	const char *before = getenv("TZ");
	char *kept = before ? strdup(before) : NULL;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	check_time("2026-11-22 11:00:00", 1795341600, 0);
	check_time("2026-07-22 12:00:00", 1784714400, 0);
	check_time("2026-11-22T10:00Z", 1795341600, 0);
	option_use_utc();
	check_time("2026-11-22 10:00:00.5", 1795341600, 500000000);
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
}

static void test_times_of_day(void **state)
{
	int64_t ns;

	(void)state;
	assert_true(option_time_of_day("10:00", &ns));
	assert_int_equal(ns, 36000000000000);
	assert_true(option_time_of_day("00:00:05.25", &ns));
	assert_int_equal(ns, 5250000000);
	assert_false(option_time_of_day("24:00:00", &ns));
	assert_false(option_time_of_day("10", &ns));
	assert_false(option_time_of_day("10:00:05x", &ns));
	assert_false(option_time_of_day("10:61", &ns));
}

static void test_formats(void **state)
{
	enum output_format format;

	(void)state;
	assert_true(option_format("json", &format));
	assert_int_equal(format, OUTPUT_JSON);
	assert_true(option_format("csv", &format));
	assert_int_equal(format, OUTPUT_CSV);
	assert_true(option_format("text", &format));
	assert_int_equal(format, OUTPUT_TEXT);
	assert_false(option_format("xml", &format));
	assert_false(option_format("", &format));
}

static void test_sizes(void **state)
{
	uint64_t n = 0;
	size_t keep = 0;

	(void)state;
	assert_true(option_size("500", &n));
	assert_int_equal(n, 500);
	assert_true(option_size("64k", &n));
	assert_int_equal(n, 65536);
	assert_true(option_size("17179869183G", &n));
	assert_true(n == 17179869183ull << 30);
	assert_false(option_size("17179869184G", &n));
	assert_false(option_size("", &n));
	assert_false(option_size("k", &n));
	assert_false(option_size("10x", &n));
	assert_false(option_size("1 M", &n));
	assert_false(option_size("-1", &n));
	assert_true(option_keep("10M", &keep));
	assert_int_equal(keep, 10 << 20);
	assert_true(option_keep("none", &keep));
	assert_int_equal(keep, SESSION_KEEP_NONE);
	assert_true(option_keep("0", &keep));
	assert_int_equal(keep, SESSION_KEEP_NONE);
	assert_true(option_keep("all", &keep));
	assert_true(keep == SESSION_KEEP_ALL);
	assert_false(option_keep("some", &keep));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_times),
		cmocka_unit_test(test_local_times), cmocka_unit_test(test_times_of_day),
		cmocka_unit_test(test_formats),	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
