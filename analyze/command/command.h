/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_COMMAND_H
#define SOCKTAPE_ANALYZE_COMMAND_COMMAND_H

#include <stdint.h>

#include "analyze/output/tell.h"
#include "format/error.h"

/* One option of a command, for getopt_long(), its help and completion. */
struct command_option {
	const char *name; /* long name */
	char letter;	  /* short name, or 0 */
	/*
	 * "FILE", or NULL when it takes none: what it says tells completion what to offer. With
	 * COMMAND_AGAIN behind it the option may be given several times.
	 */
	const char *argument;
	const char *help; /* one line */
};

#define COMMAND_AGAIN "..."

/* No command has more of them. */
#define COMMAND_OPTIONS_MAX 64

/* A subcommand. analyze/main.c holds the table; help and completion are made from it. */
struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *arguments;		   /* "REC [PROTOCOL] [options]" */
	const char *summary;		   /* one line */
	const char *help;		   /* several */
	const struct command_option *options;
};

extern const struct command map_command;
extern const struct command info_command;
extern const struct command conns_command;
extern const struct command events_command;
extern const struct command show_command;
extern const struct command follow_command;
extern const struct command grep_command;
extern const struct command stat_command;
extern const struct command sql_command;
extern const struct command why_command;
extern const struct command schema_command;
extern const struct command export_command;
extern const struct command findings_command;
extern const struct command import_command;
extern const struct command report_command;
extern const struct command test_command;
extern const struct command trace_command;
extern const struct command diff_command;

void command_print_help(const struct command *command);

/* A command line that is being read. */
struct command_line {
	const struct command *command;
	int argc;
	char **argv;
	uint64_t given; /* options so far, by index */
};

/*
 * The next option: its index in the command's table, with *VALUE its argument; COMMAND_END after
 * the last one; COMMAND_HELP when --help was printed (exit STATUS_DONE); COMMAND_WRONG when the
 * user was told what is wrong (exit STATUS_USAGE), such as one that must not be given again.
 * Operands are left in argv from optind on.
 */
#define COMMAND_END   (-1)
#define COMMAND_HELP  (-2)
#define COMMAND_WRONG (-3)
int command_next_option(struct command_line *line, const char **value);

/* Processors that this process may use: as many threads as help. */
unsigned command_processors(void);

#endif
