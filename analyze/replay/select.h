/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_SELECT_H
#define SOCKTAPE_ANALYZE_REPLAY_SELECT_H

#include "analyze/command/command.h"
#include "analyze/command/options.h"
#include "analyze/replay/replay.h"

/* The options with which every listing chooses what it prints, and how. */
struct select {
	enum output_format format;
	struct replay_filter filter;
};

/* Stands first in a command's option table; its own options are numbered from SELECT_FILTERS. */
#define SELECT_FILTER_TABLE                                                                        \
	{"conn", 'c', "ID", "only this connection"}, {"pid", 'p', "PID", "only this process"},     \
		{"since", 0, "TIME", "not before: 2026-11-22T10:00:00Z, or seconds since 1970"},   \
	{                                                                                          \
		"until", 0, "TIME", "before"                                                       \
	}
#define SELECT_FILTERS 4

/* The same for listings: their own options are numbered from SELECT_OPTIONS. */
#define SELECT_OPTION_TABLE                                                                        \
	SELECT_FILTER_TABLE,                                                                       \
		{"format", 'f', "FORMAT", "text (default), json (one object a line) or csv"},      \
	{                                                                                          \
		"json", 0, NULL, "the same as --format json"                                       \
	}
#define SELECT_OPTIONS (SELECT_FILTERS + 2)

/* Takes an option of either table; false after telling the user what is wrong with VALUE. */
bool select_option(struct select *select, const char *command, int option, const char *value);

/* Tells that there is no such protocol, and which there are. Returns COMMAND_WRONG. */
int select_no_protocol(const char *command, const char *name);

#endif
