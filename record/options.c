/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/options.h"

#include <getopt.h>
#include <string.h>

#include "format/nearest.h"
#include "record/options_rows.h"

/* getopt's two tables, made from ROWS. A long option is found by its index, letters by theirs. */
struct getopt_tables {
	char letters[3 + 2 * OPTION_ROWS];
	struct option names[OPTION_ROWS + 1];
};

_Static_assert(OPTION_ROWS <= 64, "a bit for each");

#define LONG_BASE 256 /* beyond any letter */

static void tables_fill(struct getopt_tables *tables)
{
	char *letter = tables->letters;
	struct option *name = tables->names;

	*letter++ = '+'; /* stop at the first word that is no option: the command has its own */
	*letter++ = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];

		if (option_row_is_heading(row))
			continue;
		if (row->letter) {
			*letter++ = row->letter;
			if (row->argument)
				*letter++ = ':';
		}
		*name++ = (struct option){row->name,
					  row->argument ? required_argument : no_argument, NULL,
					  LONG_BASE + (int)i};
	}
	*letter = '\0';
	*name = (struct option){0};
}

static const struct option_row *row_find(int code)
{
	if (code >= LONG_BASE)
		return &option_rows[code - LONG_BASE];
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (!option_row_is_heading(&option_rows[i]) && option_rows[i].letter == code)
			return &option_rows[i];
	return NULL;
}

static void unknown_tell(const char *word, struct buffer *problem)
{
	char name[32];
	struct nearest near = {.text = name};

	if (strncmp(word, "--", 2) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		for (size_t i = 0; i < OPTION_ROWS; i++)
			if (!option_row_is_heading(&option_rows[i]))
				nearest_try(&near, option_rows[i].name);
	}
	if (near.word)
		buffer_printf(problem, "unknown option '%s'; did you mean --%s?", word, near.word);
	else
		buffer_printf(problem, "unknown option '%s'; see --help", word);
}

static bool option_apply(struct options *options, int code, const char *word, uint64_t *given,
			 struct buffer *problem)
{
	const struct option_row *row = code == '?' ? NULL : row_find(code == ':' ? optopt : code);
	const char *expected;
	uint64_t bit;

	if (!row) {
		unknown_tell(word, problem);
		return false;
	}
	if (code == ':') {
		buffer_printf(problem, "--%s needs an argument: %s", row->name, row->argument);
		return false;
	}
	bit = UINT64_C(1) << (row - option_rows);
	if (row->argument && !option_row_repeats(row) && (*given & bit)) {
		buffer_printf(problem, "--%s can be given only once", row->name);
		return false;
	}
	*given |= bit;
	expected = option_row_set(row, options, optarg);
	if (!expected)
		return true;
	buffer_printf(problem, "--%s %s: expected %s", row->name, optarg ? optarg : "", expected);
	return false;
}

/* What is gone can't be deleted, nor left by a process that has no output. */
static bool stream_check(const struct options *options, struct buffer *problem)
{
	const char *what = NULL;

	if (options->background)
		what = "--background";
	else if (options->keep_len)
		what = "--keep";
	else if (options->segment_len)
		what = "--segment-size";
	if (what)
		buffer_printf(problem, "%s and -o - exclude each other: there are no files", what);
	return !what;
}

/* Who only asks what is possible gets no recording, and may have thought so. */
static bool nothing_to_record(const struct options *options, struct buffer *problem)
{
	if (!options->directory && !options->command)
		return true;
	buffer_printf(problem, "%s records nothing: there is no use for %s",
		      options->action == OPTIONS_PROBE ? "--probe" : "--list-tls",
		      options->directory ? "-o" : "a COMMAND");
	return false;
}

/* Looks at what only makes sense, or not, together. */
static bool options_check(struct options *options, struct buffer *problem)
{
	if (options->action == OPTIONS_PROBE || options->action == OPTIONS_LIST_TLS)
		return nothing_to_record(options, problem);
	if (options->action != OPTIONS_RECORD)
		return true;
	if (!options->directory) {
		buffer_append_text(problem, "no directory given: use -o DIR; see --help");
		return false;
	}
	if (options->command && options->pid_count) {
		buffer_append_text(problem, "-p and a COMMAND exclude each other: the filter "
					    "is the command and its children");
		return false;
	}
	if (options->command && options->background) {
		buffer_append_text(problem, "--background and a COMMAND exclude each other: the "
					    "recording ends with the command");
		return false;
	}
	if (options->wire_given && options->tls != OPTIONS_TLS_PLAINTEXT) {
		buffer_append_text(problem, "--wire chooses what is kept where plaintext of TLS is "
					    "recorded, and it isn't");
		return false;
	}
	if (options->tls_slow && options->tls == OPTIONS_TLS_OFF) {
		buffer_append_text(problem,
				   "--tls-slow chooses what is read of TLS, and nothing is");
		return false;
	}
	if (options->stream)
		return stream_check(options, problem);
	/* Half the budget at most, so that something is left when the oldest segment goes. */
	if (!options->segment_len) {
		options->segment_len = OPTIONS_SEGMENT_DEFAULT;
		if (options->keep_len && options->keep_len / 4 < options->segment_len)
			options->segment_len = options->keep_len / 4;
	} else if (options->keep_len && options->keep_len / 2 < options->segment_len) {
		buffer_append_text(problem, "--keep must be at least twice --segment-size");
		return false;
	}
	return true;
}

bool options_parse(int argc, char **argv, struct options *options, struct buffer *problem)
{
	struct getopt_tables tables;
	uint64_t given = 0;
	int code;

	*options = (struct options){
		.snaplen = OPTIONS_SNAPLEN_ALL,
		.ring_len = OPTIONS_RING_DEFAULT,
		.backlog_len = OPTIONS_BACKLOG_DEFAULT,
	};
	tables_fill(&tables);
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	for (;;) {
		const char *word = argv[optind ? optind : 1];

		code = getopt_long(argc, argv, tables.letters, tables.names, NULL);
		if (code == -1)
			break;
		if (!option_apply(options, code, word, &given, problem))
			return false;
	}
	if (optind == argc && strcmp(argv[argc - 1], "--") == 0) {
		buffer_append_text(problem, "there is no command behind --");
		return false;
	}
	if (optind < argc) {
		if (strcmp(argv[optind - 1], "--") != 0) {
			buffer_printf(problem, "unexpected '%s': a command stands after --",
				      argv[optind]);
			return false;
		}
		options->command = argv + optind;
	}
	return options_check(options, problem);
}
