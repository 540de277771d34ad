/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "analyze/replay/turns.h"
#include "tests/unit/command_run.h"
#include "tests/unit/file_text.h"

#define ARGUMENTS_MAX 32
#define FILES_MAX     64

static const struct command *const commands[] = {
	&info_command,	 &conns_command,    &events_command, &show_command, &follow_command,
	&grep_command,	 &findings_command, &trace_command,  &map_command,  &stat_command,
	&diff_command,	 &sql_command,	    &report_command, &why_command,  &schema_command,
	&export_command, &import_command,   &test_command,
};

static int run(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i]->name, argv[0]) == 0)
			return commands[i]->run(argc, argv);
	return 99;
}

/* The words of LINE, which is overwritten: "@" becomes SCRATCH; '' keeps spaces. */
static int split(char *line, const char *scratch, char *words[ARGUMENTS_MAX + 1])
{
	int count = 0;

	while (*line) {
		char end = *line == '\'' ? '\'' : ' ';
		struct buffer word = {0};

		line += end == '\'';
		for (; *line && *line != end; line++) {
			if (*line == '@')
				buffer_append_text(&word, scratch);
			else
				buffer_append_char(&word, *line);
		}
		line += *line == '\'';
		line += *line == ' ';
		assert_true(count < ARGUMENTS_MAX);
		buffer_append_char(&word, '\0');
		assert_false(word.failed);
		words[count++] = word.data;
	}
	words[count] = NULL;
	return count;
}

/* What stands around a command: "NAME=VALUE" before it, "<FILE" for its input behind it. */
static int run_words(int count, char **words)
{
	int at = 0, fd;

	for (; at < count && words[at][0] >= 'A' && words[at][0] <= 'Z'; at++)
		putenv(words[at]);
	if (words[count - 1][0] == '<') {
		fd = open(words[count - 1] + 1, O_RDONLY);
		dup2(fd, STDIN_FILENO);
		words[--count] = NULL;
	}
	return run(count - at, words + at);
}

void command_run(const char *command, const char *scratch, struct buffer *printed)
{
	char *line = strdup(command), *words[ARGUMENTS_MAX + 1];
	int count = split(line, scratch, words), status;
	FILE *file = fdopen(memfd_create("printed", MFD_CLOEXEC), "w+");
	pid_t child;

	assert_non_null(file);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(fileno(file), STDOUT_FILENO);
		dup2(fileno(file), STDERR_FILENO);
		/* Whoever runs the tests has a terminal and a language of their own. */
		unsetenv("COLUMNS");
		setenv("LC_ALL", "C.UTF-8", 1);
		setvbuf(stdout, NULL, _IOLBF, 0);
		status = run_words(count, words);
		fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	rewind(file);
	file_read_all(file, printed);
	buffer_printf(printed, "[%s %d]\n", WIFEXITED(status) ? "status" : "signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	fclose(file);
	for (int i = 0; i < count; i++)
		free(words[i]);
	free(line);
}

/* Every WORD becomes NEW, and with an END also what follows it up to one of its characters "#". */
static void replace(struct buffer *text, const char *word, const char *new, const char *end)
{
	size_t len = strlen(word), at = 0;
	struct buffer out = {0};
	const char *found;

	while ((found = memmem(text->data + at, text->len - at, word, len)) != NULL) {
		size_t start = (size_t)(found - text->data);

		buffer_append(&out, text->data + at, start - at);
		buffer_append_text(&out, new);
		at = start + len;
		if (end) {
			buffer_append_char(&out, '#');
			while (at < text->len && !strchr(end, text->data[at]))
				at++;
		}
	}
	buffer_append(&out, text->data + at, text->len - at);
	assert_false(out.failed);
	buffer_free(text);
	*text = out;
}

void command_blur(struct buffer *printed, const char *scratch)
{
	static const struct {
		const char *word;
		const char *end;
	} blurred[] = {
		{"\"file_bytes\":", ","},
		{"\"compressed_bytes\":", ",}"},
		{"segments     1, ", ",\n"},
	};

	replace(printed, scratch, "@", NULL);
	for (size_t i = 0; i < sizeof(blurred) / sizeof(blurred[0]); i++)
		replace(printed, blurred[i].word, blurred[i].word, blurred[i].end);
}

static void do_nothing(void *context)
{
	(void)context;
}

/* A sanitizer says once that it doesn't know stacks as replays use them: here, not in a command. */
static void hear_sanitizer(void)
{
	struct turns *t = turns_new(do_nothing, NULL);

	if (t)
		turns_go(t);
	turns_free(t);
}

int command_run_files(const char *name, const char *pattern, CMUnitTestFunction test,
		      CMFixtureFunction setup, CMFixtureFunction teardown)
{
	struct CMUnitTest tests[FILES_MAX];
	glob_t found;
	int failed;

	if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc > FILES_MAX)
		return 1;
	for (size_t i = 0; i < found.gl_pathc; i++)
		tests[i] = (struct CMUnitTest){.name = strrchr(found.gl_pathv[i], '/') + 1,
					       .test_func = test,
					       .initial_state = found.gl_pathv[i]};
	setenv("TZ", "UTC", 1);
	tzset();
	hear_sanitizer();
	failed = _cmocka_run_group_tests(name, tests, found.gl_pathc, setup, teardown);
	globfree(&found);
	return failed;
}
