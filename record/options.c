/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/options.h"

#include <getopt.h>
#include <string.h>

#include "format/completion.h"
#include "format/nearest.h"
#include "format/size.h"

/*
 * One row for each option: parsing, --help and the messages all come from here. SET takes the
 * argument (NULL when the option has none) and returns NULL, or what it expected instead.
 */
struct option_row {
	char letter; /* 0: long form only */
	const char *name;
	const char *argument;
	const char *help;
	const char *(*set)(struct options *options, const char *argument);
};

static const char *set_directory(struct options *options, const char *argument)
{
	options->directory = argument;
	return *argument ? NULL : "a directory";
}

static const char *set_output(struct options *options, const char *argument)
{
	options->stream = strcmp(argument, "-") == 0;
	return set_directory(options, options->stream ? "standard output" : argument);
}

static const char *set_pid(struct options *options, const char *argument)
{
	uint64_t pid;

	if (!size_parse_number(argument, &pid) || pid == 0 || pid > INT32_MAX)
		return "a process id";
	if (options->pid_count == OPTIONS_PIDS_MAX)
		return "at most 1024 process ids";
	options->pids[options->pid_count++] = (uint32_t)pid;
	return NULL;
}

static const char *set_name(struct options *options, const char *argument)
{
	size_t len = strlen(argument);

	if (!len || len > OPTIONS_NAME_MAX)
		return "a process name of 1 to 15 bytes, as in /proc/PID/comm";
	if (options->name_count == OPTIONS_FILTERS_MAX)
		return "at most 16 names";
	options->names[options->name_count++] = argument;
	return NULL;
}

static const char *set_port(struct options *options, const char *argument)
{
	uint64_t port;

	if (!size_parse_number(argument, &port) || port == 0 || port > UINT16_MAX)
		return "a port, 1 to 65535";
	if (options->port_count == OPTIONS_FILTERS_MAX)
		return "at most 16 ports";
	options->ports[options->port_count++] = (uint16_t)port;
	return NULL;
}

static const char *set_cgroup(struct options *options, const char *argument)
{
	if (!*argument)
		return "the path of a cgroup";
	if (options->cgroup_count == OPTIONS_FILTERS_MAX)
		return "at most 16 cgroups";
	options->cgroups[options->cgroup_count++] = argument;
	return NULL;
}

static const char *set_follow(struct options *options, const char *argument)
{
	(void)argument;
	options->follow = true;
	return NULL;
}

static const char *set_unix(struct options *options, const char *argument)
{
	(void)argument;
	options->unix_sockets = true;
	return NULL;
}

static const char *set_snaplen(struct options *options, const char *argument)
{
	uint64_t len;

	if (!size_parse(argument, &len) || len >= OPTIONS_SNAPLEN_ALL)
		return "a number of bytes below 4 GiB";
	options->snaplen = (uint32_t)len;
	return NULL;
}

static const char *set_segment(struct options *options, const char *argument)
{
	if (!size_parse(argument, &options->segment_len) ||
	    options->segment_len < OPTIONS_SEGMENT_MIN)
		return "a size of at least 64KiB, such as 100M";
	return NULL;
}

static const char *set_keep(struct options *options, const char *argument)
{
	if (!size_parse(argument, &options->keep_len) ||
	    options->keep_len < 2 * OPTIONS_SEGMENT_MIN)
		return "a size of at least 128KiB, such as 10G";
	return NULL;
}

static const char *set_buffer(struct options *options, const char *argument)
{
	uint64_t len;

	if (!size_parse(argument, &len) || len < OPTIONS_RING_MIN || len > OPTIONS_RING_MAX)
		return "a size from 256KiB to 2GiB";
	options->ring_len = len;
	return NULL;
}

static const char *set_backlog(struct options *options, const char *argument)
{
	if (!size_parse(argument, &options->backlog_len) ||
	    options->backlog_len < OPTIONS_BACKLOG_MIN ||
	    options->backlog_len > OPTIONS_BACKLOG_MAX)
		return "a size from 4MiB to 1TiB";
	return NULL;
}

static const char *set_level(struct options *options, const char *argument)
{
	uint64_t level;

	options->level = 0;
	if (strcmp(argument, "auto") == 0)
		return NULL;
	if (!size_parse_number(argument, &level) || level == 0 || level > OPTIONS_LEVEL_MAX)
		return "a zstd level, 1 to 19, or auto";
	options->level = (int)level;
	return NULL;
}

static const char *set_duration(struct options *options, const char *argument)
{
	return size_parse_duration(argument, &options->duration) && options->duration
		       ? NULL
		       : "how long, such as 10, 0.5 or 1h30m";
}

static const char *set_background(struct options *options, const char *argument)
{
	(void)argument;
	options->background = true;
	return NULL;
}

static const char *set_stop(struct options *options, const char *argument)
{
	options->action = OPTIONS_STOP;
	return set_directory(options, argument);
}

static const char *set_quiet(struct options *options, const char *argument)
{
	(void)argument;
	options->quiet = true;
	return NULL;
}

static const char *set_verbose(struct options *options, const char *argument)
{
	(void)argument;
	options->verbose = true;
	return NULL;
}

static const char *set_compat(struct options *options, const char *argument)
{
	(void)argument;
	options->compat = true;
	return NULL;
}

static const char *set_no_tls(struct options *options, const char *argument)
{
	(void)argument;
	options->tls = OPTIONS_TLS_OFF;
	return NULL;
}

static const char *set_tls(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[OPTIONS_TLS_PLAINTEXT] = "plaintext",
		[OPTIONS_TLS_KEYS] = "keys",
		[OPTIONS_TLS_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(argument, words[i]) != 0)
			continue;
		options->tls = (enum options_tls)i;
		return NULL;
	}
	return "plaintext, keys or off";
}

static const char *set_tls_slow(struct options *options, const char *argument)
{
	(void)argument;
	options->tls_slow = true;
	return NULL;
}

static const char *set_wire(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[OPTIONS_WIRE_HANDSHAKE] = "handshake",
		[OPTIONS_WIRE_ALL] = "all",
		[OPTIONS_WIRE_NONE] = "none",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(argument, words[i]) != 0)
			continue;
		options->wire = (enum options_wire)i;
		options->wire_given = true;
		return NULL;
	}
	return "handshake, all or none";
}

static const char *set_list_tls(struct options *options, const char *argument)
{
	(void)argument;
	options->action = OPTIONS_LIST_TLS;
	return NULL;
}

static const char *set_completion(struct options *options, const char *argument)
{
	options->action = OPTIONS_COMPLETION;
	options->shell = argument;
	return NULL;
}

static const char *set_probe(struct options *options, const char *argument)
{
	(void)argument;
	options->action = OPTIONS_PROBE;
	return NULL;
}

static const char *set_help(struct options *options, const char *argument)
{
	(void)argument;
	options->action = OPTIONS_HELP;
	return NULL;
}

static const char *set_version(struct options *options, const char *argument)
{
	(void)argument;
	options->action = OPTIONS_VERSION;
	return NULL;
}

/* A row without SET is a heading. */
static const struct option_row rows[] = {
	{0, "Output", NULL, NULL, NULL},
	{'o', "output", "DIR", "directory for the recording, made if need be; -: standard output",
	 set_output},
	{0, "Filters (every kind that is given must match, any one of its kind)", NULL, NULL, NULL},
	{'p', "pid", "PID...", "this process, all its threads", set_pid},
	{'e', "name", "NAME...", "processes of this name, as in /proc/PID/comm", set_name},
	{0, "port", "N...", "sockets with this TCP or UDP port at either end", set_port},
	{0, "cgroup", "PATH...", "processes in this cgroup (v2) and below", set_cgroup},
	{0, "follow", NULL, "children of matching processes too", set_follow},
	{0, "unix", NULL, "Unix sockets too", set_unix},
	{0, "Limits", NULL, NULL, NULL},
	{'s', "snaplen", "BYTES", "payload kept of each call (everything)", set_snaplen},
	{'C', "segment-size", "SIZE", "begin a new file after this much (256M)", set_segment},
	{0, "keep", "SIZE", "delete the oldest files beyond this much (keep all)", set_keep},
	{0, "buffer", "SIZE", "memory for what the recorder has not taken yet (64MiB)", set_buffer},
	{0, "backlog", "SIZE", "memory for what compression can't follow (512MiB)", set_backlog},
	{'z', "level", "LEVEL", "zstd compression, 1 to 19, or auto (auto)", set_level},
	{'d', "duration", "TIME", "stop after this long: 10 (seconds), 10m, 1h30m", set_duration},
	{0, "TLS", NULL, NULL, NULL},
	{0, "tls", "WHAT", "plaintext, keys (all wire bytes, and secrets), or off (plaintext)",
	 set_tls},
	{0, "no-tls", NULL, "the same as --tls off", set_no_tls},
	{0, "tls-slow", NULL, "also where each call of a library then costs microseconds more",
	 set_tls_slow},
	{0, "wire", "WHAT", "kept of what plaintext stands for: handshake, all, none (handshake)",
	 set_wire},
	{0, "list-tls", NULL, "only list the TLS libraries in use and whether they can be read",
	 set_list_tls},
	{0, "Background", NULL, NULL, NULL},
	{0, "background", NULL, "go on in the background, with DIR/recorder.pid", set_background},
	{0, "stop", "DIR", "end the recorder in the background that records into DIR", set_stop},
	{0, "Other", NULL, NULL, NULL},
	{'q', "quiet", NULL, "print nothing but errors and losses", set_quiet},
	{'v', "verbose", NULL, "say what this kernel offers and what is used", set_verbose},
	{0, "compat", NULL, "use the programs for older kernels (5.8 and later) here too",
	 set_compat},
	{0, "probe", NULL, "only say whether recording is possible here; exit 0 or 1", set_probe},
	{0, "completion", "SHELL", "print completion for bash, zsh or fish", set_completion},
	{'h', "help", NULL, "print this", set_help},
	{'V', "version", NULL, "print the version", set_version},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROW_COUNT <= 64, "a bit for each");

static void usage(FILE *out)
{
	fputs("usage: socktape-record -o DIR [filters] [limits] [-- COMMAND [ARG...]]\n", out);
}

void options_help(FILE *out)
{
	usage(out);
	fputs("\nRecords what goes through sockets, until Ctrl-C or for as long as COMMAND runs.\n",
	      out);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_row *row = &rows[i];
		char left[40];

		if (!row->set) {
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
	struct completion_option list[ROW_COUNT];
	struct completion_command command = {NULL, NULL, list, 0};
	const struct completion c = {"socktape-record", &command, 1, words_of, NULL};

	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].set)
			list[command.option_count++] = (struct completion_option){
				rows[i].name, rows[i].letter, rows[i].argument, rows[i].help};
	return completion_print(&c, shell, out);
}

/* getopt's two tables, made from ROWS. A long option is found by its index, letters by theirs. */
struct getopt_tables {
	char letters[3 + 2 * ROW_COUNT];
	struct option names[ROW_COUNT + 1];
};

#define LONG_BASE 256 /* beyond any letter */

static void tables_fill(struct getopt_tables *tables)
{
	char *letter = tables->letters;
	struct option *name = tables->names;

	*letter++ = '+'; /* stop at the first word that is no option: the command has its own */
	*letter++ = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_row *row = &rows[i];

		if (!row->set)
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
		return &rows[code - LONG_BASE];
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].set && rows[i].letter == code)
			return &rows[i];
	return NULL;
}

/* Whether it may be given again: its argument ends in "...". */
static bool row_repeats(const struct option_row *row)
{
	size_t len = row->argument ? strlen(row->argument) : 0;

	return len > 3 && strcmp(row->argument + len - 3, "...") == 0;
}

static void unknown_tell(const char *word, struct buffer *problem)
{
	char name[32];
	struct nearest near = {.text = name};

	if (strncmp(word, "--", 2) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		for (size_t i = 0; i < ROW_COUNT; i++)
			if (rows[i].set)
				nearest_try(&near, rows[i].name);
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
	bit = UINT64_C(1) << (row - rows);
	if (row->argument && !row_repeats(row) && (*given & bit)) {
		buffer_printf(problem, "--%s can be given only once", row->name);
		return false;
	}
	*given |= bit;
	expected = row->set(options, optarg);
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

bool options_filtered(const struct options *options)
{
	return options->pid_count || options->name_count || options->cgroup_count ||
	       options->port_count || options->command;
}

static void list_append(struct buffer *words, const char *what, const char *text, bool first)
{
	buffer_printf(words, "%s%s%s", first ? (words->len ? ", " : "") : " or ", first ? what : "",
		      text);
}

void options_describe(const struct options *options, struct buffer *words)
{
	char number[16];

	if (options->command)
		buffer_printf(words, "%s and what it starts%s", options->command[0],
			      options->name_count ? ", or processes named" : "");
	for (size_t i = 0; i < options->pid_count; i++) {
		snprintf(number, sizeof(number), "%u", options->pids[i]);
		list_append(words, "process ", number, i == 0);
	}
	for (size_t i = 0; i < options->name_count; i++)
		if (options->command)
			buffer_printf(words, "%s%s", i ? " or " : " ", options->names[i]);
		else
			list_append(words, "processes named ", options->names[i], i == 0);
	for (size_t i = 0; i < options->cgroup_count; i++)
		list_append(words, "cgroup ", options->cgroups[i], i == 0);
	for (size_t i = 0; i < options->port_count; i++) {
		snprintf(number, sizeof(number), "%u", options->ports[i]);
		list_append(words, "port ", number, i == 0);
	}
	if (options->follow && words->len)
		buffer_append_text(words, ", with children");
}

void options_filters(const struct options *options, struct buffer *words)
{
	for (size_t i = 0; i < options->pid_count; i++)
		buffer_printf(words, "%s-p %u", words->len ? " " : "", options->pids[i]);
	for (size_t i = 0; i < options->name_count; i++)
		buffer_printf(words, "%s-e %s", words->len ? " " : "", options->names[i]);
	for (size_t i = 0; i < options->cgroup_count; i++)
		buffer_printf(words, "%s--cgroup %s", words->len ? " " : "", options->cgroups[i]);
	for (size_t i = 0; i < options->port_count; i++)
		buffer_printf(words, "%s--port %u", words->len ? " " : "", options->ports[i]);
	if (options->follow && words->len)
		buffer_append_text(words, " --follow");
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
