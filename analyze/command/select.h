/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_SELECT_H
#define SOCKTAPE_ANALYZE_COMMAND_SELECT_H

#include "analyze/command/command.h"
#include "analyze/command/operand.h"
#include "analyze/command/options.h"
#include "analyze/replay/selection.h"
#include "protocols/cipher/keylog.h"

/* The options with which every command that reads chooses what it reads of, and prints how. */
struct select {
	enum output_format format;
	bool format_given;
	const char *since; /* as they were typed; NULL: not given */
	const char *until;
	const char *around;
	struct operand operand; /* the recording, once select_check() has been called */
	struct selection selection;
	uint64_t memory;       /* bytes; 0: not given */
	struct keylog *keylog; /* NULL: not given */
};

/* Stands first in a command's option table; its own options are numbered from SELECT_FILTERS. */
#define SELECT_FILTER_TABLE SELECT_FILTERS_WITH('c')
#define SELECT_FILTERS_WITH(conn_letter)                                                           \
	{"conn", conn_letter, "CONN...", "only this connection"},                                  \
		{"pid", 'p', "PID...", "only this process"},                                       \
		{"name", 'e', "NAME...", "only processes of this name"},                           \
		{"container", 0, "ID...", "only this container; the beginning of its id will do"}, \
		{"protocol", 0, "PROTOCOL...", "only this protocol, or this table of one"},        \
		{"role", 0, "ROLE...",                                                             \
		 "only where the recorded process is the client (or server)"},                     \
		{"outcome", 0, "OUTCOME...", "only ok, error, unanswered or partial ones"},        \
		{"record", 0, "RECORD...", "only this record"},                                    \
		{"addr", 0, "ADDRESS...",                                                          \
		 "only this one, at either end or behind a proxy: 10.1.2.3, 10.1.2.3:80, :80"},    \
		{"since", 0, "TIME", "not before: 10:00:05, 2026-11-22T10:00:00Z, +5s, -1m"},      \
		{"until", 0, "TIME", "before"},                                                    \
		{"around", 0, "TIME[,D]", "as long before and after (1s), as in 10:00:05,200ms"},  \
		{"utc", 0, NULL, "times, also those that are printed, are UTC, not local"},        \
		{"color", 0, "WHEN", "always, never, or auto: on a terminal (auto)"},              \
		MEMORY_OPTION, KEYLOG_OPTION
#define SELECT_FILTERS 16
/* The first of them choose what is read, the others tell how. */
#define SELECT_CHOOSING 12

/* The same for listings: their own options are numbered from SELECT_OPTIONS. */
#define SELECT_OPTION_TABLE SELECT_OPTIONS_WITH('c')
#define SELECT_OPTIONS_WITH(conn_letter)                                                           \
	SELECT_FILTERS_WITH(conn_letter),                                                          \
		{"format", 'f', "FORMAT", "text (default), json (one object a line) or csv"},      \
	{                                                                                          \
		"json", 0, NULL, "the same as --format json"                                       \
	}
#define SELECT_OPTIONS (SELECT_FILTERS + 2)

/* Takes an option of either table; false after telling the user what is wrong with VALUE. */
bool select_option(struct select *select, const char *command, int option, const char *value);

/*
 * After the last option, with what stands in place of the recording: gets that ready to be read,
 * as select->operand, and finds out which moments were meant, which may depend on it. False after
 * telling the user what is wrong, or that nothing can match.
 */
bool select_check(struct select *select, const char *command, const char *path);

/* find_conns() of what was chosen. STATUS_DONE, or what to exit with. */
int select_resolve(struct select *select, const char *command, unsigned kinds);

/* At the end: tells why nothing matched, when nothing did. Whether that was told. */
bool select_explain(const struct select *select, const char *command);

/* Releases it. STATUS is what the command would exit with; returns what it has to. */
int select_end(struct select *select, int status);

/* Tells that there is no such protocol, and which there are. Returns COMMAND_WRONG. */
int select_no_protocol(const char *command, const char *name);

#endif
