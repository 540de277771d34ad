/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/options_rows.h"

#include <stddef.h>
#include <string.h>

#include "format/size.h"

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

/* What is given twice is one filter. */
static bool has_text(const char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

static bool has_pid(const struct options *options, uint64_t pid)
{
	for (size_t i = 0; i < options->pid_count; i++)
		if (options->pids[i] == pid)
			return true;
	return false;
}

static bool has_port(const struct options *options, uint64_t port)
{
	for (size_t i = 0; i < options->port_count; i++)
		if (options->ports[i] == port)
			return true;
	return false;
}

static const char *set_pid(struct options *options, const char *argument)
{
	uint64_t pid;

	if (!size_parse_number(argument, &pid) || pid == 0 || pid > INT32_MAX)
		return "a process id";
	if (has_pid(options, pid))
		return NULL;
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
	if (has_text(options->names, options->name_count, argument))
		return NULL;
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
	if (has_port(options, port))
		return NULL;
	if (options->port_count == OPTIONS_FILTERS_MAX)
		return "at most 16 ports";
	options->ports[options->port_count++] = (uint16_t)port;
	return NULL;
}

static const char *set_cgroup(struct options *options, const char *argument)
{
	if (!*argument)
		return "the path of a cgroup";
	if (has_text(options->cgroups, options->cgroup_count, argument))
		return NULL;
	if (options->cgroup_count == OPTIONS_FILTERS_MAX)
		return "at most 16 cgroups";
	options->cgroups[options->cgroup_count++] = argument;
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

static const char *set_stop(struct options *options, const char *argument)
{
	options->action = OPTIONS_STOP;
	return set_directory(options, argument);
}

static const char *set_no_tls(struct options *options, const char *argument)
{
	(void)argument;
	options->tls = OPTIONS_TLS_OFF;
	return NULL;
}

/* Which of WORDS, a list that ends with NULL, TEXT is; -1: none. */
static int word_find(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

static const char *set_tls(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[OPTIONS_TLS_PLAINTEXT] = "plaintext",
		[OPTIONS_TLS_KEYS] = "keys",
		[OPTIONS_TLS_OFF] = "off",
		NULL,
	};
	int word = word_find(words, argument);

	if (word < 0)
		return "plaintext, keys or off";
	options->tls = (enum options_tls)word;
	return NULL;
}

static const char *set_wire(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[OPTIONS_WIRE_HANDSHAKE] = "handshake",
		[OPTIONS_WIRE_ALL] = "all",
		[OPTIONS_WIRE_NONE] = "none",
		NULL,
	};
	int word = word_find(words, argument);

	if (word < 0)
		return "handshake, all or none";
	options->wire = (enum options_wire)word;
	options->wire_given = true;
	return NULL;
}

static const char *set_completion(struct options *options, const char *argument)
{
	options->action = OPTIONS_COMPLETION;
	options->shell = argument;
	return NULL;
}

#define FLAG(member) .flag = offsetof(struct options, member)

const struct option_row option_rows[] = {
	{.name = "Output"},
	{'o', "output", "DIR", "directory for the recording, made if need be; -: standard output",
	 .set = set_output},
	{.name = "Filters (every kind that is given must match, any one of its kind)"},
	{'p', "pid", "PID...", "this process, all its threads", .set = set_pid},
	{'e', "name", "NAME...", "processes of this name, as in /proc/PID/comm", .set = set_name},
	{0, "port", "N...", "sockets with this TCP or UDP port at either end", .set = set_port},
	{0, "cgroup", "PATH...", "processes in this cgroup (v2) and below", .set = set_cgroup},
	{0, "follow", NULL, "children of matching processes too", FLAG(follow)},
	{0, "unix", NULL, "Unix sockets too", FLAG(unix_sockets)},
	{.name = "Limits"},
	{'s', "snaplen", "BYTES", "payload kept of each call (everything)", .set = set_snaplen},
	{'C', "segment-size", "SIZE", "begin a new file after this much (256M)",
	 .set = set_segment},
	{0, "keep", "SIZE", "delete the oldest files beyond this much (keep all)", .set = set_keep},
	{0, "buffer", "SIZE", "memory for what the recorder has not taken yet (64MiB)",
	 .set = set_buffer},
	{0, "backlog", "SIZE", "memory for what compression can't follow (512MiB)",
	 .set = set_backlog},
	{'z', "level", "LEVEL", "zstd compression, 1 to 19, or auto (auto)", .set = set_level},
	{'d', "duration", "TIME", "stop after this long: 10 (seconds), 10m, 1h30m",
	 .set = set_duration},
	{.name = "TLS"},
	{0, "tls", "WHAT", "plaintext, keys (all wire bytes, and secrets), or off (plaintext)",
	 .set = set_tls},
	{0, "no-tls", NULL, "the same as --tls off", .set = set_no_tls},
	{0, "tls-slow", NULL, "also where each call of a library then costs microseconds more",
	 FLAG(tls_slow)},
	{0, "wire", "WHAT", "kept of what plaintext stands for: handshake, all, none (handshake)",
	 .set = set_wire},
	{0, "list-tls", NULL, "only list the TLS libraries in use and whether they can be read",
	 .action = OPTIONS_LIST_TLS},
	{.name = "Background"},
	{0, "background", NULL, "go on in the background, with DIR/recorder.pid", FLAG(background)},
	{0, "stop", "DIR", "end the recorder in the background that records into DIR",
	 .set = set_stop},
	{.name = "Other"},
	{'q', "quiet", NULL, "print nothing but errors and losses", FLAG(quiet)},
	{'v', "verbose", NULL, "say what this kernel offers and what is used", FLAG(verbose)},
	{0, "compat", NULL, "use the programs for older kernels (5.8 and later) here too",
	 FLAG(compat)},
	{0, "probe", NULL, "only say whether recording is possible here; exit 0 or 1",
	 .action = OPTIONS_PROBE},
	{0, "completion", "SHELL", "print completion for bash, zsh or fish", .set = set_completion},
	{'h', "help", NULL, "print this", .action = OPTIONS_HELP},
	{'V', "version", NULL, "print the version", .action = OPTIONS_VERSION},
};

_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) == OPTION_ROWS, "all of them");

bool option_row_is_heading(const struct option_row *row)
{
	return !row->help;
}

const char *option_row_set(const struct option_row *row, struct options *options,
			   const char *argument)
{
	if (row->set)
		return row->set(options, argument);
	if (row->flag)
		*(bool *)((char *)options + row->flag) = true;
	else
		options->action = row->action;
	return NULL;
}

bool option_row_repeats(const struct option_row *row)
{
	size_t len = row->argument ? strlen(row->argument) : 0;

	return len > 3 && strcmp(row->argument + len - 3, "...") == 0;
}
