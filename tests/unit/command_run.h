/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_COMMAND_RUN_H
#define SOCKTAPE_TESTS_COMMAND_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "format/buffer.h"

/* Runs commands as their program would, in processes of their own. Whatever fails, fails the test.
 */

/*
 * What COMMAND prints, standard error too, and its exit status, behind what PRINTED has. "@" in it
 * is SCRATCH; '' keeps spaces. "NAME=VALUE" before it is in its environment, "<FILE" behind it its
 * input.
 */
void command_run(const char *command, const char *scratch, struct buffer *printed);

/* SCRATCH becomes "@" again, and how well zstd compresses "#": that isn't ours to say. */
void command_blur(struct buffer *printed, const char *scratch);

/*
 * Runs TEST for each file that PATTERN matches, 64 at most: its path is the test's state, its name
 * the test's. Times are in UTC. Returns what main() shall.
 */
int command_run_files(const char *name, const char *pattern, CMUnitTestFunction test,
		      CMFixtureFunction setup, CMFixtureFunction teardown);

#endif
