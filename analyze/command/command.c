/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/command.h"

#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "format/nearest.h"

/*
 * What getopt_long() gives for a long option, its index added: beyond any letter. They have to
 * differ, or it takes the beginning of several for the first of them.
 */
#define LONG_BASE 256

/* Whether an option may be given again, and how much of its argument's name is for people. */
static bool may_repeat(const struct command_option *option)
{
	size_t len = option->argument ? strlen(option->argument) : 0;
	size_t mark = sizeof(COMMAND_AGAIN) - 1;

	return len > mark && strcmp(option->argument + len - mark, COMMAND_AGAIN) == 0;
}

void command_print_help(const struct command *command)
{
	printf("usage: socktape %s %s\n\n%s\n\n", command->name, command->arguments, command->help);
	for (const struct command_option *o = command->options; o->name; o++) {
		char flag[64];
		char letter[8] = "   ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c,", o->letter);
		snprintf(flag, sizeof(flag), "%s --%s%s%s", letter, o->name, o->argument ? " " : "",
			 o->argument ? o->argument : "");
		printf("  %-27s %s\n", flag, o->help);
	}
	printf("  %-27s %s\n", "-h, --help", "this text");
	puts("\nWhat ends in " COMMAND_AGAIN " may be given several times.");
}

struct tables {
	struct option longs[COMMAND_OPTIONS_MAX + 2];
	char shorts[COMMAND_OPTIONS_MAX * 2 + 3];
};

static void fill_tables(const struct command_option *options, struct tables *t)
{
	char *shorts = t->shorts;
	size_t count = 0;

	/* A leading colon asks for ':' when an argument is missing, and for silence. */
	*shorts++ = ':';
	for (; count < COMMAND_OPTIONS_MAX && options[count].name; count++) {
		int has = options[count].argument ? required_argument : no_argument;

		t->longs[count] = (struct option){options[count].name, has, NULL,
						  LONG_BASE + (int)count};
		if (!options[count].letter)
			continue;
		*shorts++ = options[count].letter;
		if (has == required_argument)
			*shorts++ = ':';
	}
	*shorts++ = 'h';
	t->longs[count] = (struct option){"help", no_argument, NULL, 'h'};
	t->longs[count + 1] = (struct option){0};
	*shorts = '\0';
}

/* What is wrong with WORD, which getopt_long() doesn't take. */
static void tell_long(const struct command_line *line, const char *word)
{
	const struct command_option *options = line->command->options;
	size_t len = strcspn(word, "=");
	char name[32];
	struct nearest near = {.text = name};
	unsigned matches = 0;

	snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31), word);
	for (const struct command_option *o = options; o->name; o++) {
		if (strcmp(o->name, name) == 0) {
			command_fail(line->argv[0], "--%s takes no argument", name);
			return;
		}
		matches += strncmp(o->name, name, strlen(name)) == 0;
		nearest_try(&near, o->name);
	}
	if (matches > 1)
		command_fail(line->argv[0],
			     "--%s is the beginning of several options; try "
			     "'socktape %s --help'",
			     name, line->argv[0]);
	else if (near.word)
		command_fail(line->argv[0], "there is no option --%s; did you mean --%s?", name,
			     near.word);
	else
		command_fail(line->argv[0], "there is no option --%s; try 'socktape %s --help'",
			     name, line->argv[0]);
}

static int tell_wrong(const struct command_line *line, int got)
{
	const char *word = line->argv[optind - 1];
	const char *name = line->argv[0];

	if (got == ':' && optopt < LONG_BASE)
		command_fail(name, "-%c needs an argument; try 'socktape %s --help'", optopt, name);
	else if (got == ':')
		command_fail(name, "%s needs an argument; try 'socktape %s --help'", word, name);
	else if (optopt && optopt < LONG_BASE && optopt != 'h')
		command_fail(name, "there is no option -%c; try 'socktape %s --help'", optopt,
			     name);
	else
		tell_long(line, word + 2);
	return COMMAND_WRONG;
}

/* The index of what getopt_long() gave. */
static size_t index_of(const struct command_option *options, int got)
{
	size_t i = 0;

	if (got >= LONG_BASE)
		return (size_t)(got - LONG_BASE);
	while (options[i].letter != got)
		i++;
	return i;
}

int command_next_option(struct command_line *line, const char **value)
{
	const struct command_option *options = line->command->options;
	struct tables tables;
	size_t which;
	int got;

	fill_tables(options, &tables);
	got = getopt_long(line->argc, line->argv, tables.shorts, tables.longs, NULL);
	*value = optarg;
	if (got == -1)
		return COMMAND_END;
	if (got == '?' || got == ':')
		return tell_wrong(line, got);
	if (got == 'h') {
		command_print_help(line->command);
		return COMMAND_HELP;
	}
	which = index_of(options, got);
	if (options[which].argument && !may_repeat(&options[which]) && (line->given >> which & 1)) {
		command_fail(line->argv[0], "--%s can be given only once", options[which].name);
		return COMMAND_WRONG;
	}
	line->given |= 1ull << which;
	return (int)which;
}

unsigned command_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}
