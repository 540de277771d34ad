/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analyze/command/command.h"
#include "format/buffer.h"
#include "format/completion.h"
#include "format/nearest.h"
#include "protocols/protocol.h"

static const struct command *const commands[] = {
	&info_command,	 &conns_command,    &events_command, &show_command, &follow_command,
	&grep_command,	 &findings_command, &trace_command,  &map_command,  &stat_command,
	&diff_command,	 &sql_command,	    &report_command, &why_command,  &schema_command,
	&export_command, &import_command,   &test_command,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to)
{
	fprintf(to, "usage: socktape COMMAND ...\n\n"
		    "Replays what socktape-record recorded. REC is a recording directory, one\n"
		    "segment file (*.tape.zst), a packet capture, or - for standard input.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-7s %-31s %s\n", commands[i]->name, commands[i]->arguments,
			commands[i]->summary);
	fprintf(to, "  %-7s %-28s %s\n", "completion", "SHELL",
		"completion of the command line, for bash, zsh or fish");
	fprintf(to, "\n'socktape COMMAND --help' tells more about each.\n");
}

/* NULL after telling the user that there is no such command. */
static const struct command *find(const char *name)
{
	struct nearest near = {.text = name};

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		nearest_try(&near, commands[i]->name);
	}
	fprintf(stderr, "socktape: there is no command '%s'; ", name);
	if (near.word)
		fprintf(stderr, "did you mean '%s'?\n", near.word);
	else
		fputs("try 'socktape --help'\n", stderr);
	return NULL;
}

/* help, and help COMMAND */
static int help(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find(argv[1]) : NULL;

	if (argc < 2)
		print_help(stdout);
	else if (command)
		command_print_help(command);
	else
		return STATUS_USAGE;
	return STATUS_DONE;
}

/* ---- completion ---- */

/* What the names of arguments stand for. CONTEXT: the names of protocols. */
static const char *words_of(void *context, const char *argument)
{
	static const struct {
		const char *argument;
		const char *words;
	} known[] = {
		{"FORMAT", "text json csv"},
		{"ROLE", "client server unknown"},
		{"OUTCOME", "ok error unanswered partial"},
		{"WHEN", "always never auto"},
		{"SIDE", "client server"},
		{"HOW", "plaintext keys carrier"},
		{"FILE", ""},
		{"REC", ""},
	};
	const struct buffer *names = context;

	if (strcmp(argument, "PROTOCOL") == 0)
		return names->data;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].argument, argument) == 0)
			return known[i].words;
	return NULL;
}

/* Options as completion has them, in OUT; returns how many. */
static size_t options_of(const struct command_option *options, struct completion_option *out)
{
	size_t count = 0;

	for (; options[count].name; count++)
		out[count] = (struct completion_option){options[count].name, options[count].letter,
							options[count].argument,
							options[count].help};
	return count;
}

static bool print_completion(const char *shell)
{
	struct completion_option options[COMMAND_COUNT][COMMAND_OPTIONS_MAX] = {{{0}}};
	struct completion_command list[COMMAND_COUNT];
	struct buffer names = {0};
	const struct completion c = {"socktape", list, COMMAND_COUNT, words_of, &names};
	bool known = false;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		list[i] = (struct completion_command){commands[i]->name, commands[i]->summary,
						      options[i],
						      options_of(commands[i]->options, options[i])};
	for (size_t i = 0; protocols[i]; i++)
		buffer_printf(&names, "%s%s", i ? " " : "", protocols[i]->name);
	buffer_append_char(&names, '\0');
	if (!names.failed)
		known = completion_print(&c, shell, stdout);
	buffer_free(&names);
	return known;
}

static int completion(int argc, char **argv)
{
	if (argc == 2 && print_completion(argv[1]))
		return STATUS_DONE;
	return command_fail("completion", "wants a shell: bash, zsh or fish");
}

static bool is(const char *word, const char *letter, const char *name)
{
	return strcmp(word, letter) == 0 || strcmp(word, name) == 0;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (is(argv[1], "-h", "--help"))
		return help(1, argv);
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(argv[1], "completion") == 0)
		return completion(argc - 1, argv + 1);
	if (is(argv[1], "-V", "--version")) {
		puts("socktape " SOCKTAPE_VERSION);
		return STATUS_DONE;
	}
	command = find(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : STATUS_USAGE;
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	if ((fflush(stdout) == 0 && !ferror(stdout)) || status == STATUS_USAGE)
		return status;
	fputs("socktape: the output could not be written\n", stderr);
	return STATUS_USAGE;
}
