/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a capture told anything, though not all of it could be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyze/command/capture_tell.h"

static bool readable(enum tape_error error, uint64_t packets, uint64_t skipped, const char *damage)
{
	struct capture_totals totals = {.packets = packets, .damage = damage};

	totals.skipped[CAPTURE_SKIP_LINK_TYPE] = skipped;
	return capture_is_readable(error, &totals);
}

static void something_was_read(void **state)
{
	(void)state;
	assert_true(readable(TAPE_OK, 0, 0, NULL));
	assert_true(readable(TAPE_ERROR_LINK_TYPE, 3, 2, NULL));
	assert_false(readable(TAPE_ERROR_LINK_TYPE, 3, 3, NULL));
	assert_true(readable(TAPE_ERROR_DAMAGED, 1, 0, "cut"));
	assert_false(readable(TAPE_ERROR_DAMAGED, 0, 0, "cut"));
	assert_false(readable(TAPE_ERROR_DAMAGED, 1, 0, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(something_was_read),
	};

	return cmocka_run_group_tests_name("capture_tell", tests, NULL, NULL);
}
