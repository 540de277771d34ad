/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "format/completion.h"
#include "record/options_rows.h"

void options_help(FILE *out)
{
	fputs("usage: socktape-record -o DIR [filters] [limits] [-- COMMAND [ARG...]]\n"
	      "\nRecords what goes through sockets, until Ctrl-C or for as long as COMMAND runs.\n",
	      out);
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];
		char left[40];

		if (option_row_is_heading(row)) {
			fprintf(out, "\n%s:\n", row->name);
			continue;
		}
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");
		fprintf(out, "  %-25s %s\n", left, row->help);
	}
	fputs("\nWhat ends in ... may be given several times.\n"
	      "SIZE: bytes, or with k, M, G (powers of 1000) or KiB, MiB, GiB (powers of 1024).\n"
	      "Exit status: 0 recorded; 1 wrong usage, or recording is not possible; 2 recorded, "
	      "but\n"
	      "the recording is incomplete; with COMMAND its own status (128 + signal if "
	      "killed).\n",
	      out);
}

static const char *words_of(void *context, const char *argument)
{
	(void)context;
	if (strcmp(argument, "DIR") == 0 || strcmp(argument, "PATH") == 0)
		return "";
	if (strcmp(argument, "SHELL") == 0)
		return "bash zsh fish";
	return NULL;
}

bool options_completion(const char *shell, FILE *out)
{
	struct completion_option list[OPTION_ROWS];
	struct completion_command command = {NULL, NULL, list, 0};
	const struct completion c = {"socktape-record", &command, 1, words_of, NULL};

	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (!option_row_is_heading(&option_rows[i]))
			list[command.option_count++] = (struct completion_option){
				option_rows[i].name, option_rows[i].letter, option_rows[i].argument,
				option_rows[i].help};
	return completion_print(&c, shell, out);
}
