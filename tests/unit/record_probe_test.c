/* SPDX-License-Identifier: BSD-2-Clause */
/* What libbpf has to say while the kernel is asked what it can: warnings, and to who wants them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/libbpf.h>

#include "record/probe.h"

static int say(libbpf_print_fn_t print, enum libbpf_print_level level, const char *format, ...)
{
	va_list arguments;
	int said;

	va_start(arguments, format);
	said = print(level, format, arguments);
	va_end(arguments);
	return said;
}

static void warnings_alone(void **state)
{
	libbpf_print_fn_t print;
	struct probe probe;

	(void)state;
	probe_kernel(&probe, true);
	print = libbpf_set_print(NULL);
	assert_non_null(print);
	assert_int_equal(say(print, LIBBPF_WARN, "%s", "# warning\n"), 10);
	assert_int_equal(say(print, LIBBPF_INFO, "%s", "# information\n"), 0);
	assert_int_equal(say(print, LIBBPF_DEBUG, "%s", "# more\n"), 0);
	probe_kernel(&probe, false);
	assert_null(libbpf_set_print(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(warnings_alone)};

	return cmocka_run_group_tests_name("what libbpf says", tests, NULL, NULL);
}
