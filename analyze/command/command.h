/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_COMMAND_H
#define SOCKTAPE_ANALYZE_COMMAND_COMMAND_H

#include "format/error.h"

/* What socktape exits with. */
#define STATUS_DONE    0
#define STATUS_USAGE   1 /* wrong usage, or nothing readable */
#define STATUS_DAMAGED 2 /* damaged or incomplete input; all that could be read was printed */

/* A subcommand. analyze/main.c holds the table; help is printed from it. */
struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *arguments;		   /* "REC [PROTOCOL] [options]" */
	const char *summary;		   /* one line */
};

int cmd_info(int argc, char **argv);
int cmd_conns(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_test(int argc, char **argv);

/* One option of a command, for getopt_long() and for its help. */
struct command_option {
	const char *name;     /* long name */
	char letter;	      /* short name, or 0 */
	const char *argument; /* "FILE", or NULL when it takes none */
	const char *help;     /* one line */
};

/*
 * The next option: its index in OPTIONS (ended by a zero name), with *VALUE its argument;
 * COMMAND_END after the last one; COMMAND_HELP when --help was printed (exit STATUS_DONE);
 * COMMAND_WRONG when the user was told what is wrong (exit STATUS_USAGE). Operands are left in
 * argv from optind on.
 */
#define COMMAND_END   (-1)
#define COMMAND_HELP  (-2)
#define COMMAND_WRONG (-3)
int command_next_option(int argc, char **argv, const char *arguments, const char *summary,
			const struct command_option *options, const char **value);

/* "socktape NAME: ..." and a newline on stderr. Returns STATUS_USAGE. */
int command_fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Processors that this process may use: as many threads as help. */
unsigned command_processors(void);

/* A warning on stderr, in the same form. */
void command_warn(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
