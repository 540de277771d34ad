/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands print, held against transcripts: tests/unit/transcripts/NAME.txt has lines
 * "$ socktape ARGUMENT...", each followed by all that it printed and by its exit status. "@" in an
 * argument is a folder of the test's own, which holds "@/rec" (below) and what commands before
 * put there. With SOCKTAPE_UPDATE in the environment the transcripts are written anew: read what
 * changed, before you commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/buffer.h"
#include "tests/unit/command_run.h"
#include "tests/unit/eventful.h"
#include "tests/unit/file_text.h"
#include "tests/unit/tape_build.h"

#define TRANSCRIPTS "tests/unit/transcripts/"

static char *scratch;

/* ---- comparing ---- */

#define PROMPT "$ socktape "

static void append_result(const char *command, struct buffer *out)
{
	struct buffer printed = {0};

	command_run(command, scratch, &printed);
	command_blur(&printed, scratch);
	for (size_t i = 0; i < printed.len; i++)
		if (printed.data[i])
			buffer_append_char(out, printed.data[i]);
		else
			buffer_append_text(out, "<NUL>");
	buffer_free(&printed);
}

/* The transcript's commands, run again. */
static void run_again(const char *transcript, struct buffer *out)
{
	for (const char *line = transcript; line && *line; line = strchr(line, '\n')) {
		char command[1024];

		line += *line == '\n';
		if (strncmp(line, PROMPT, strlen(PROMPT)) != 0)
			continue;
		assert_in_range(strcspn(line, "\n"), 1, sizeof(command) - 1);
		snprintf(command, sizeof(command), "%.*s", (int)strcspn(line, "\n"), line);
		buffer_printf(out, "%s%s\n", out->len ? "\n" : "", command);
		append_result(command + strlen(PROMPT), out);
	}
	buffer_append_char(out, '\0');
	assert_false(out->failed);
}

/* Fails with the first line that differs, and the command that printed it. */
static void compare(const char *expected, const char *got)
{
	const char *command = "";

	while (*expected && *got) {
		size_t want = strcspn(expected, "\n"), have = strcspn(got, "\n");

		if (strncmp(expected, PROMPT, strlen(PROMPT)) == 0)
			command = expected;
		if (want != have || memcmp(expected, got, want) != 0)
			fail_msg("%.*s\nexpected: %.*s\ngot:      %.*s\n(if that is right: "
				 "SOCKTAPE_UPDATE=1 build/tests/unit/analyze_command_test)",
				 (int)strcspn(command, "\n"), command, (int)want, expected,
				 (int)have, got);
		expected += want + (expected[want] == '\n');
		got += have + (got[have] == '\n');
	}
	assert_string_equal(got, expected);
}

static void test_transcript(void **state)
{
	const char *path = *state;
	struct buffer expected = {0}, got = {0};
	FILE *file;

	file = fopen(path, "r");
	assert_non_null(file);
	file_read_all(file, &expected);
	fclose(file);
	buffer_append_char(&expected, '\0');
	assert_false(expected.failed);
	run_again(expected.data, &got);
	if (getenv("SOCKTAPE_UPDATE")) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fputs(got.data, file) < 0, 0);
		assert_int_equal(fclose(file), 0);
	} else {
		compare(expected.data, got.data);
	}
	buffer_free(&expected);
	buffer_free(&got);
}

static int setup(void **state)
{
	(void)state;
	scratch = scratch_new();
	eventful_build(scratch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

/* Transcripts are tests of their own, by name. */
int main(void)
{
	return command_run_files("transcripts", TRANSCRIPTS "*.txt", test_transcript, setup,
				 teardown);
}
