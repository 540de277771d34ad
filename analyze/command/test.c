/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/corpus/case.h"
#include "analyze/output/escape.h"
#include "analyze/command/command.h"

static const char help[] =
	"Replays every case below the given folders and compares the records with what is\n"
	"expected. Exit status: 0 all as expected, 1 something differs (or wrong usage).";

enum {
	OPT_UPDATE,
	OPT_VERBOSE
};

static const struct command_option options[] = {
	{"update", 0, NULL, "write what came out as the new expectation"},
	{"verbose", 'v', NULL, "name the cases that are as expected, too"},
	{0},
};

struct test {
	bool update;
	bool verbose;
	size_t passed;
	size_t failed;
	size_t updated;
};

static size_t line_count(struct span text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

/* Names of files and what records say may hold anything. */
static void print(struct span text)
{
	struct buffer b = {0};

	escape_append_lines(&b, text);
	fwrite(b.data, 1, b.len, stdout);
	buffer_free(&b);
}

static void say(const char *verdict, const char *folder)
{
	printf("%s - ", verdict);
	print(span_text(folder));
}

static void fail(struct test *test, const char *folder, const char *why)
{
	test->failed++;
	say("not ok", folder);
	printf(": %s\n", why);
}

static void update(struct test *test, const char *folder, struct span got)
{
	struct buffer expected = {0};

	if (case_read(folder, CASE_EXPECT, &expected) == TAPE_OK &&
	    span_equal(buffer_span(&expected), got)) {
		test->passed++;
	} else if (case_write_expected(folder, got) == TAPE_OK) {
		test->updated++;
		say("updated", folder);
		printf(" (%zu records)\n", line_count(got));
	} else {
		fail(test, folder, strerror(errno));
	}
	buffer_free(&expected);
}

static void compare(struct test *test, const char *folder, struct span got)
{
	struct buffer expected = {0}, report = {0};

	if (case_read(folder, CASE_EXPECT, &expected) != TAPE_OK) {
		fail(test, folder, "there is no " CASE_EXPECT "; review one made with --update");
	} else if (case_compare(buffer_span(&expected), got, &report)) {
		test->passed++;
		if (test->verbose) {
			say("ok", folder);
			printf(" (%zu records)\n", line_count(got));
		}
	} else {
		fail(test, folder, "the records differ");
		print(buffer_span(&report));
	}
	buffer_free(&expected);
	buffer_free(&report);
}

static void run_case(struct test *test, const char *folder)
{
	struct buffer got = {0};
	enum tape_error error = case_run(folder, &got);

	if (error)
		fail(test, folder, tape_error_text(error));
	else if (test->update)
		update(test, folder, buffer_span(&got));
	else
		compare(test, folder, buffer_span(&got));
	buffer_free(&got);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Runs the cases below PATHS (ended by NULL). False when a path can't be read. */
static bool run_all(struct test *test, const char *name, char *const *paths)
{
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	bool good = tree != NULL;

	while (tree && (entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR ||
		    entry->fts_info == FTS_ERR) {
			command_fail(name, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
			good = false;
		}
		if (entry->fts_info != FTS_D || !case_is(entry->fts_path))
			continue;
		run_case(test, entry->fts_path);
		fts_set(tree, entry, FTS_SKIP);
	}
	if (tree)
		fts_close(tree);
	return good;
}

static int run_test(int argc, char **argv)
{
	struct test test = {0};
	struct command_line line = {&test_command, argc, argv, 0};
	const char *value;
	int option;
	bool readable;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG)
			return STATUS_USAGE;
		test.update |= option == OPT_UPDATE;
		test.verbose |= option == OPT_VERBOSE;
	}
	if (optind == argc)
		return command_fail(
			argv[0], "wants the folder of a corpus; try 'socktape %s --help'", argv[0]);
	readable = run_all(&test, argv[0], argv + optind);
	if (readable && !test.passed && !test.failed && !test.updated)
		return command_fail(argv[0], "%s: no case (a folder with " CASE_ABOUT ") in there",
				    argv[optind]);
	printf("%zu as expected, %zu not", test.passed, test.failed);
	if (test.update)
		printf(", %zu updated", test.updated);
	putchar('\n');
	return readable && !test.failed ? STATUS_DONE : STATUS_USAGE;
}

const struct command test_command = {
	.name = "test",
	.run = run_test,
	.arguments = "CORPUS... [--update]",
	.summary = "replay corpus cases and compare their records",
	.help = help,
	.options = options,
};
