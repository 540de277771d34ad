/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "analyze/command/command.h"

static const struct command commands[] = {
	{"info", cmd_info, "REC [--json]", "what is in a recording: host, times, bytes, losses"},
	{"conns", cmd_conns, "REC [options]", "one line a connection"},
	{"events", cmd_events, "REC [options]", "the raw events, as they were recorded"},
	{"show", cmd_show, "REC [PROTOCOL] [options]", "records: requests with their responses"},
	{"sql", cmd_sql, "REC... [QUERY] [options]",
	 "ask recordings in SQL; without QUERY: a prompt"},
	{"why", cmd_why, "REC CONN", "how the protocol of a connection was inferred"},
	{"schema", cmd_schema, "[TABLE] [--json]", "every table and column: type, unit, meaning"},
	{"export", cmd_export, "REC -o FILE.pcapng [options]", "packets that Wireshark dissects"},
	{"import", cmd_import, "FILE.pcap -o REC", "a recording out of a packet capture"},
	{"test", cmd_test, "CORPUS... [--update]", "replay corpus cases and compare their records"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to)
{
	fprintf(to, "usage: socktape COMMAND ...\n\n"
		    "Replays what socktape-record recorded. REC is a recording directory or one\n"
		    "segment file (*.tape.zst).\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-7s %-29s %s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
	fprintf(to, "\n'socktape COMMAND --help' tells more about each.\n");
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return STATUS_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("socktape " SOCKTAPE_VERSION);
		return STATUS_DONE;
	}
	command = find(argv[1]);
	if (!command) {
		fprintf(stderr, "socktape: there is no command '%s'; try 'socktape --help'\n",
			argv[1]);
		return STATUS_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	if ((fflush(stdout) == 0 && !ferror(stdout)) || status == STATUS_USAGE)
		return status;
	fputs("socktape: the output could not be written\n", stderr);
	return STATUS_USAGE;
}
