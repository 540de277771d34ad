/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_COMMAND_RUN_H
#define SOCKTAPE_TESTS_COMMAND_RUN_H

#include <stdio.h>

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

/* A sanitizer says once that it doesn't know stacks as replays use them: here, not in a command. */
void command_hear_sanitizer(void);

/* All that is left of FILE. */
void file_read_all(FILE *file, struct buffer *text);

#endif
