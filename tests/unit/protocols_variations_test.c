/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What protocols and inference make of every case of corpora/, and of some hundred variations of
 * each, is what it was when tests/unit/variations.txt was written: a digest for each kind of
 * variation of each case. One that differs says that the answer became another, not which is right.
 *
 *     protocols_variations_test               all cases, with sanitizers a quarter of them, unless
 *                                             SOCKTAPE_VARIATIONS=FOLDER (of corpora/, or that) is
 * set protocols_variations_test CASE [KIND]   prints the answers to these variations, for diff
 *
 * SOCKTAPE_UPDATE=1 writes the file.
 */
#include <fts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/corpus/case.h"
#include "tests/unit/fnv.h"
#include "tests/unit/varied_case.h"

#define DIGESTS "tests/unit/variations.txt"
#define CORPORA "corpora"

/* A case that takes longer hangs. */
#define SECONDS_MAX 120u
#ifdef __SANITIZE_ADDRESS__
#define EVERY 4
#else
#define EVERY 1
#endif

/* ---- what the answers are ---- */

static int write_digests(const char *folder, int fd)
{
	struct buffer digests = {0};
	int status = 1;

	alarm(SECONDS_MAX);
	if (varied_case_digests(folder, &digests))
		status = write(fd, digests.data, digests.len) != (ssize_t)digests.len;
	buffer_free(&digests);
	return status;
}

/* In a process of its own, whose crash is told with the case's name. False: it didn't end well. */
static bool run_apart(const char *folder, struct buffer *lines)
{
	char part[4096];
	int ends[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		buffer_free(lines);
		close(ends[0]);
		exit(write_digests(folder, ends[1]));
	}
	close(ends[1]);
	buffer_append_text(lines, folder);
	while ((n = read(ends[0], part, sizeof(part))) > 0)
		buffer_append(lines, part, (size_t)n);
	buffer_append_char(lines, '\n');
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		print_error("%s: ended by signal %d\n", folder, WTERMSIG(status));
	else if (status)
		print_error("%s: ended with status %d\n", folder, WEXITSTATUS(status));
	return status == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* By its name, so that others' digests stay when a case comes or goes. */
static bool is_due(const char *folder)
{
	return getenv("SOCKTAPE_VARIATIONS") ||
	       fnv_bytes(FNV_BEGIN, span_text(folder)) % EVERY == 0;
}

/* The line of each case; false: one didn't end well. */
static bool run_all(struct buffer *lines)
{
	char all[] = CORPORA, *folder = getenv("SOCKTAPE_VARIATIONS");
	char *const paths[] = {folder ? folder : all, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	bool good = true;
	FTSENT *entry;

	assert_non_null(tree);
	while ((entry = fts_read(tree)) != NULL) {
		if (entry->fts_info != FTS_D || !case_is(entry->fts_path))
			continue;
		if (is_due(entry->fts_path))
			good &= run_apart(entry->fts_path, lines);
		fts_set(tree, entry, FTS_SKIP);
	}
	fts_close(tree);
	return good;
}

/* ---- what they were ---- */

static void read_digests(struct buffer *text)
{
	FILE *file = fopen(DIGESTS, "r");
	char part[4096];
	size_t n;

	assert_non_null(file);
	buffer_append_char(text, '\n');
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buffer_append(text, part, n);
	fclose(file);
	buffer_append_char(text, '\0');
	assert_false(text->failed);
}

static void write_all(const struct buffer *lines)
{
	FILE *file;

	assert_true(EVERY == 1 && !getenv("SOCKTAPE_VARIATIONS")); /* else lines would be missing */
	file = fopen(DIGESTS, "w");
	assert_non_null(file);
	fputs("# case", file);
	for (size_t i = 0; varied_case_kind(i); i++)
		fprintf(file, " %s", varied_case_kind(i));
	fputs("\n", file);
	fwrite(lines->data, 1, lines->len, file);
	assert_int_equal(ferror(file), 0);
	assert_int_equal(fclose(file), 0);
}

/* The digests in TEXT behind a newline and NAME; NULL: it has none. */
static const char *digests_of(const char *text, struct span name)
{
	struct buffer begin = {0};
	const char *found;

	buffer_append_char(&begin, '\n');
	buffer_append_span(&begin, name);
	buffer_append(&begin, " ", 2);
	found = strstr(text, begin.data);
	if (found)
		found += begin.len - 1;
	buffer_free(&begin);
	return found;
}

/* The digests of one case; else appends to REPORT what differs, and returns false. */
static bool compare(const char *line, const char *before, struct buffer *report)
{
	struct span name = span_of(line, strcspn(line, " \n"));
	const char *was = digests_of(before, name), *is = line + name.len + 1;

	if (was && strncmp(is, was, strcspn(is, "\n") + 1) == 0)
		return true;
	buffer_append_span(report, name);
	for (size_t i = 0; was && varied_case_kind(i); i++) {
		if (strncmp(is, was, 8) != 0)
			buffer_printf(report, " %s", varied_case_kind(i));
		is += strnlen(is, 9);
		was += strnlen(was, 9);
	}
	buffer_append_text(report, was ? "\n" : " is new\n");
	return false;
}

/* A whole run tells of lines whose case is gone, too. */
static void assert_all_there(const char *before, size_t cases)
{
	size_t lines = 0;

	for (const char *at = before; *at; at++)
		lines += *at == '\n';
	if (EVERY == 1 && !getenv("SOCKTAPE_VARIATIONS"))
		assert_int_equal(lines, cases + 2); /* its headline, and the newline in front */
}

static const char explanation[] =
	"%s\nOf %zu cases %zu are answered otherwise than " DIGESTS
	" says. To see how, diff what two\n"
	"builds print with %s CASE KIND; was it meant, run SOCKTAPE_UPDATE=1 %s\n"
	"and commit the file.\n";

static void answers_are_as_they_were(void **state)
{
	const char *program = *state;
	struct buffer lines = {0}, before = {0}, report = {0};
	size_t cases = 0, different = 0;
	bool good = run_all(&lines);

	if (getenv("SOCKTAPE_UPDATE")) {
		write_all(&lines);
		buffer_free(&lines);
		assert_true(good);
		return;
	}
	read_digests(&before);
	buffer_append_char(&lines, '\0');
	for (const char *line = lines.data; *line; line = strchr(line, '\n') + 1, cases++)
		different += !compare(line, before.data, &report);
	buffer_append_char(&report, '\0');
	if (different)
		fprintf(stderr, explanation, report.data, cases, different, program, program);
	assert_true(cases > 0);
	assert_true(good && different == 0);
	assert_all_there(before.data, cases);
	buffer_free(&lines);
	buffer_free(&before);
	buffer_free(&report);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{.name = "answers_are_as_they_were",
		 .test_func = answers_are_as_they_were,
		 .initial_state = argv[0]},
	};

	if (argc > 1)
		return !varied_case_print(argv[1], argc > 2 ? argv[2] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
