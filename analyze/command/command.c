/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/command.h"

#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 32

static void print_help(const char *name, const char *arguments, const char *summary,
		       const struct command_option *options)
{
	printf("usage: socktape %s %s\n\n%s\n\n", name, arguments, summary);
	for (; options->name; options++) {
		char flag[64];
		char letter[8] = "   ";

		if (options->letter)
			snprintf(letter, sizeof(letter), "-%c,", options->letter);
		snprintf(flag, sizeof(flag), "%s --%s%s%s", letter, options->name,
			 options->argument ? " " : "", options->argument ? options->argument : "");
		printf("  %-24s %s\n", flag, options->help);
	}
	printf("  %-24s %s\n", "    --help", "this text");
}

static size_t fill_tables(const struct command_option *options, struct option *longs, char *shorts)
{
	size_t count = 0;

	/* A leading colon asks for ':' when an argument is missing, and for silence. */
	*shorts++ = ':';
	for (; count < OPTIONS_MAX && options[count].name; count++) {
		int has = options[count].argument ? required_argument : no_argument;

		longs[count] = (struct option){options[count].name, has, NULL, 0};
		if (!options[count].letter)
			continue;
		*shorts++ = options[count].letter;
		if (has == required_argument)
			*shorts++ = ':';
	}
	longs[count] = (struct option){"help", no_argument, NULL, 0};
	longs[count + 1] = (struct option){0};
	*shorts = '\0';
	return count;
}

int command_next_option(int argc, char **argv, const char *arguments, const char *summary,
			const struct command_option *options, const char **value)
{
	struct option longs[OPTIONS_MAX + 2];
	char shorts[OPTIONS_MAX * 2 + 2];
	size_t count = fill_tables(options, longs, shorts);
	int which = 0;
	int got = getopt_long(argc, argv, shorts, longs, &which);

	*value = optarg;
	if (got == -1)
		return COMMAND_END;
	if (got == 0 && (size_t)which == count) {
		print_help(argv[0], arguments, summary, options);
		return COMMAND_HELP;
	}
	if (got == 0)
		return which;
	if (got == ':') {
		command_fail(argv[0], "%s needs an argument; try 'socktape %s --help'",
			     argv[optind - 1], argv[0]);
		return COMMAND_WRONG;
	}
	for (size_t i = 0; i < count; i++)
		if (options[i].letter == got)
			return (int)i;
	command_fail(argv[0], "there is no option %s; try 'socktape %s --help'", argv[optind - 1],
		     argv[0]);
	return COMMAND_WRONG;
}

static void complain(const char *name, const char *format, va_list arguments)
{
	fprintf(stderr, "socktape %s: ", name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int command_fail(const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(name, format, arguments);
	va_end(arguments);
	return STATUS_USAGE;
}

void command_warn(const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(name, format, arguments);
	va_end(arguments);
}

unsigned command_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}
