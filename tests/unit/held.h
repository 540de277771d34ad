/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_HELD_H
#define SOCKTAPE_TESTS_UNIT_HELD_H

#include <stddef.h>

#include "format/buffer.h"

/*
 * Tests of what comes out for a great many inputs: what each prints stands in a file, below a line
 * "== NAME". A difference says that the answer became another, not which is right.
 */
struct held_section {
	const char *name;
	void (*hold)(struct buffer *out);
};

/* So many sections at most. */
#define HELD_MAX 32

/*
 * Runs a test for each section against tests/unit/NAME.txt, or with SOCKTAPE_UPDATE in the
 * environment writes that file. Times are in UTC. Returns what main() shall.
 */
int held_run(const char *name, const struct held_section *sections, size_t count);

#endif
