/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_COMPLETION_H
#define SOCKTAPE_FORMAT_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Scripts with which shells complete a command line, made from its tables of options. */

struct completion_option {
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* NULL: it takes none; ends in "..." where it may be given again */
	const char *help;
};

struct completion_command {
	const char *name; /* NULL: of a program without commands */
	const char *summary;
	const struct completion_option *options;
	size_t option_count;
};

struct completion {
	const char *program;
	const struct completion_command *commands;
	size_t command_count;
	/*
	 * What an argument may be, by the name it has in help without "...": words with blanks
	 * between them; "" for files; NULL: nobody can tell.
	 */
	const char *(*words)(void *context, const char *argument);
	void *context;
};

/* SHELL: bash, zsh or fish. False: another. */
bool completion_print(const struct completion *c, const char *shell, FILE *out);

#endif
