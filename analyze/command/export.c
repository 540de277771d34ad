/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/export_files.h"
#include "analyze/command/export_profile.h"
#include "analyze/pcapng/exporter.h"
#include "analyze/replay/reading.h"
#include "format/size.h"
#include "analyze/command/select.h"
#include "analyze/command/select_where.h"

static const char help[] =
	"Writes a recording as packets that Wireshark and tshark dissect with no settings: one\n"
	"interface for each process, lost bytes as gaps, servers on unusual ports moved to the\n"
	"port where their protocol is expected. A comment on the first packet of a connection\n"
	"says what was changed.";

enum {
	OPT_OUTPUT = SELECT_FILTERS,
	OPT_BOTH_ENDS,
	OPT_NO_REMAP,
	OPT_TLS,
	OPT_FORMAT,
	OPT_SPLIT,
	OPT_RECORDS,
	OPT_PROFILE,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_QUIET
};

static const struct command_option options[] = {
	SELECT_FILTER_TABLE,
	{"output", 'o', "FILE", "the file to write; - is standard output"},
	{"both-ends", 0, NULL, "write connections between two recorded processes twice"},
	{"no-remap", 0, NULL, "leave servers on their own ports"},
	{"tls", 0, "HOW",
	 "plaintext (default): what is inside as a connection in clear; keys: with the\n"
	 "                       secrets, for Wireshark to decrypt; carrier: in TLS without "
	 "encryption"},
	{"format", 'f', "FORMAT",
	 "pcapng (default); pcap, or nsecpcap with nanoseconds, for older tools: packets alone,\n"
	 "                       without processes, comments, secrets and losses"},
	{"split", 0, "SIZE",
	 "several files of at most this size, FILE-00001.pcapng and so on; each can be read alone"},
	{"records", 0, NULL,
	 "on the packet that ends a record a comment: its outcome, its latency, what it was"},
	{"wireshark-profile", 0, "DIR",
	 "the same, and a profile for Wireshark into DIR: columns for the processes and these\n"
	 "                       comments, colours for errors. Alone: the profile and nothing "
	 "else"},
	{"where", 0, "EXPR", "only connections with a record for which this is true, in SQL"},
	{"sort", 0, "[-]COL", "with --limit: the first records in the order of this column"},
	{"limit", 'n', "N", "only the connections of the first N records, of those that pass"},
	{"quiet", 'q', NULL, "no summary on standard error"},
	{0},
};

/*
 * Of the memory three eighths are for what is learnt, in both passes, and as much for reading while
 * it is: tables that grow are there twice for a moment. While packets are written an eighth is for
 * reading, one for streams and their data, and one at most for packets that wait; the rest is what
 * can't be given back, because what is learnt lies in between.
 */
#define LEARN_EIGHTHS 3
#define HELD_SHARE    8

struct export
{
	const char *command;
	const char *path;
	const char *output;
	struct listing_wish wish;
	const char *profile; /* the directory; NULL: none */
	bool quiet;
	bool profile_alone;
	struct select select;
	struct exporter_options with;
	struct dump_options dump;
	struct export_files files;
	struct exporter *exporter;
	struct reading reading;
};

/* ---- options ---- */

/* Which of COUNT names it is; -1 after telling the user that it is none. */
static int take_name(const struct export *x, const char *const names[], int count,
		     const char *wants, const char *value)
{
	for (int i = 0; i < count; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	command_fail(x->command, "%s, not '%s'", wants, value);
	return -1;
}

static bool take_tls(struct export *x, const char *value)
{
	static const char *const names[] = {
		[EXPORT_TLS_PLAINTEXT] = "plaintext",
		[EXPORT_TLS_KEYS] = "keys",
		[EXPORT_TLS_CARRIER] = "carrier",
	};
	int which = take_name(x, names, sizeof(names) / sizeof(names[0]),
			      "--tls wants plaintext, keys or carrier", value);

	x->with.tls = (enum export_tls)which;
	return which >= 0;
}

static bool take_format(struct export *x, const char *value)
{
	static const char *const names[] = {
		[DUMP_PCAPNG] = "pcapng",
		[DUMP_PCAP] = "pcap",
		[DUMP_NSECPCAP] = "nsecpcap",
	};
	int which = take_name(x, names, sizeof(names) / sizeof(names[0]),
			      "--format wants pcapng, pcap or nsecpcap", value);

	x->dump.format = (enum dump_format)which;
	return which >= 0;
}

/* A file has room for what it begins with and the longest packet. */
#define SPLIT_MIN (128u << 10)

static bool take_split(struct export *x, const char *value)
{
	if (size_parse(value, &x->dump.split) && x->dump.split >= SPLIT_MIN)
		return true;
	command_fail(x->command, "--split wants a size from 128KiB on, as in 100MB, not '%s'",
		     value);
	return false;
}

static bool take_option(struct export *x, int option, const char *value)
{
	if (option < SELECT_FILTERS)
		return select_option(&x->select, x->command, option, value);
	if (option == OPT_OUTPUT)
		x->output = value;
	else if (option == OPT_BOTH_ENDS)
		x->with.both_ends = true;
	else if (option == OPT_NO_REMAP)
		x->with.no_remap = true;
	else if (option == OPT_TLS)
		return take_tls(x, value);
	else if (option == OPT_FORMAT)
		return take_format(x, value);
	else if (option == OPT_SPLIT)
		return take_split(x, value);
	else if (option == OPT_RECORDS)
		x->with.records = true;
	else if (option == OPT_PROFILE)
		x->profile = value;
	else if (option >= OPT_WHERE && option <= OPT_LIMIT)
		return listing_option(&x->wish, x->command, option - OPT_WHERE, value);
	else
		x->quiet = true;
	return true;
}

/* "export REC http" is "export REC --protocol http". */
static bool take_protocol(struct export *x, const char *name)
{
	if (!name || selection_add(&x->select.selection, SELECT_PROTOCOL, name))
		return true;
	select_no_protocol(x->command, name);
	return false;
}

/* What can't be had together; false after telling the user. */
static bool check(struct export *x, const char *protocol)
{
	bool to_stdout = strcmp(x->output, "-") == 0;
	struct stat st;

	if (to_stdout && isatty(STDOUT_FILENO))
		command_fail(x->command, "a terminal can't show a capture; give -o FILE");
	else if (x->dump.split && to_stdout)
		command_fail(x->command, "--split wants files: give -o FILE");
	else if (x->dump.split && stat(x->output, &st) == 0 && !S_ISREG(st.st_mode))
		command_fail(x->command, "%s: --split wants the name of a file", x->output);
	else if (x->wish.sort && !x->wish.limit)
		command_fail(x->command, "--sort wants --limit: packets are in the order of time");
	else if (x->with.tls == EXPORT_TLS_KEYS && x->dump.format != DUMP_PCAPNG)
		command_fail(x->command, "--tls=keys wants pcapng: pcap can't hold secrets");
	else if (x->with.records && x->dump.format != DUMP_PCAPNG)
		command_fail(x->command, "%s wants pcapng: pcap can't hold comments",
			     x->profile ? "--wireshark-profile" : "--records");
	else
		return take_protocol(x, protocol);
	return false;
}

static int parse(struct export *x, int argc, char **argv)
{
	struct command_line line = {&export_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(x, option, value))
			return COMMAND_WRONG;
	}
	x->with.records |= x->profile != NULL;
	x->profile_alone = x->profile && argc == optind && !x->output;
	if (x->profile_alone)
		return COMMAND_END;
	if (argc - optind < 1 || argc - optind > 2 || !x->output) {
		command_fail(x->command,
			     "wants a recording, perhaps a protocol, and -o FILE; try 'socktape %s "
			     "--help'",
			     x->command);
		return COMMAND_WRONG;
	}
	x->path = argv[optind];
	if (!check(x, argv[optind + 1]))
		return COMMAND_WRONG;
	x->reading.to_file = true;
	if (!x->select.memory)
		x->select.memory = REPLAY_MEMORY_LIMIT;
	x->with.facts_limit = x->select.memory / 8 * LEARN_EIGHTHS;
	x->with.held_limit = x->select.memory / HELD_SHARE;
	x->with.selection = &x->select.selection;
	x->with.keylog = x->select.keylog;
	if (!select_check(&x->select, x->command, x->path) ||
	    operand_refuse_output(&x->select.operand, x->command, x->output))
		return COMMAND_WRONG;
	return COMMAND_END;
}

/* ---- the summary ---- */

static void tell_count(const char *label, uint64_t count, const char *remark)
{
	fprintf(stderr, "  %-12s %12" PRIu64 "%s%s\n", label, count, *remark ? "  " : "", remark);
}

static void tell_counts(const struct exporter_totals *t)
{
	/* Those that are zero most of the time are only told when they aren't. */
	const struct {
		const char *label;
		uint64_t count;
		const char *remark;
		bool always;
	} lines[] = {
		{"connections", t->connections, "", true},
		{"plaintexts", t->plaintexts, "of TLS, as connections of their own", false},
		{"contents", t->contents,
		 "of compressed and such frames, as connections of their own", false},
		{"decrypted", t->keyed, "TLS connections that Wireshark opens with the secrets",
		 false},
		{"flows", t->flows, "of datagrams", false},
		{"merged", t->merged, "recorded at both ends, written once", false},
		{"packets", t->packets, "", true},
		{"payload", t->payload_bytes, "bytes", true},
		{"file", t->file_bytes, "bytes", true},
		{"lost events", t->lost_events, "by the recorder", false},
		{"lost bytes", t->lost_bytes, "by the recorder", false},
		{"cut", t->cut_datagrams, "datagrams longer than UDP allows", false},
		{"unread", t->unread_bytes,
		 "bytes sent and never read: perhaps they never left the host", false},
		{"left out", t->left_out_bytes, "bytes, for want of memory", false},
		{"unknown", t->unknown_connections,
		 "connections beyond what memory allows to learn of: not merged", false},
		{"late", t->late_bytes, "bytes came after their connection's end: left out", false},
		{"untold", t->untold_records, "records that ended behind the last packet", false},
		{"unpaired", t->refused_peers, "datagrams of too many peers: perhaps twice", false},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (lines[i].always || lines[i].count)
			tell_count(lines[i].label, lines[i].count, lines[i].remark);
}

static void tell_moves(const struct places *places)
{
	const struct place_move *moves;
	uint64_t rest;
	size_t count = places_moves(places, &moves, &rest);

	for (size_t i = 0; i < count; i++) {
		const struct place_move *m = &moves[i];
		char from[16] = "Unix socket";

		if (m->from)
			snprintf(from, sizeof(from), "port %u", m->from);
		fprintf(stderr, "  %-12s %12s  shown as %-5u  %" PRIu64 " %s\n", i ? "" : "moved",
			from, m->to, m->connections,
			m->protocol ? m->protocol->name : "of unknown protocol");
	}
	if (rest)
		fprintf(stderr, "  %-12s %12" PRIu64 "  more connections\n", "", rest);
}

/* What a file of an earlier export, or the number of files, may make the user believe. */
static void tell_files(const struct export *x)
{
	char *stray = export_files_stray(&x->files);

	if (stray)
		command_warn(x->command, "%s was there before, and is not part of this export",
			     stray);
	free(stray);
	if (x->files.number == EXPORT_FILES_MAX)
		command_warn(x->command, "%s took all that was left, whatever --split says",
			     x->files.name);
}

static void tell_summary(const struct export *x)
{
	const struct exporter_totals totals = exporter_totals(x->exporter);
	char *files;

	if (!totals.packets && !selection_is_all(&x->select.selection))
		command_warn(x->command, "nothing was selected: %s has no packets", x->output);
	tell_files(x);
	if (x->quiet)
		return;
	files = export_files_text(&x->files);
	fprintf(stderr, "socktape %s: wrote %s\n", x->command, files ? files : x->output);
	free(files);
	tell_counts(&totals);
	tell_moves(exporter_places(x->exporter));
}

/* ---- the two passes ---- */

static int fail(const struct export *x, enum tape_error error)
{
	const char *name = x->files.name ? x->files.name : x->output;

	if (error == TAPE_ERROR_IO && errno)
		return command_fail(x->command, "%s: %s", name, strerror(errno));
	return command_fail(x->command, "%s: %s", name, tape_error_text(error));
}

/* Both ends of a connection are read: each tells of the other. The exporter selects. */
static struct selection time_alone(const struct export *x)
{
	return (struct selection){
		.since = x->select.selection.since,
		.until = x->select.selection.until,
	};
}

static int learn(struct export *x)
{
	struct selection time = time_alone(x);
	const struct replay_options with = {
		.handlers = exporter_learn_handlers(x->exporter),
		.selection = &time,
		.memory_limit = x->select.memory / 8 * LEARN_EIGHTHS,
		.keylog = x->select.keylog,
	};
	int status = reading_open(&x->reading, x->command, x->select.operand.path, &with);

	return status ? status : reading_run(&x->reading);
}

static int write_packets(struct export *x)
{
	struct selection time = time_alone(x);
	struct replay_options with = {
		.handlers = exporter_write_handlers(x->exporter),
		.selection = &time,
		.parses = exporter_parses,
		.keylog = x->select.keylog,
		.memory_limit = x->select.memory / HELD_SHARE,
	};
	enum tape_error error;
	int status;

	x->dump.sink = export_files_sink(&x->files);
	x->dump.next = export_files_next;
	x->dump.context = &x->files;
	x->dump.files_max = EXPORT_FILES_MAX;
	error = exporter_begin(x->exporter, x->select.operand.path, &x->dump);
	if (error)
		return fail(x, error);
	if (x->dump.split && exporter_head_len(x->exporter) > x->dump.split / 2)
		return command_fail(x->command,
				    "the secrets alone, which each file needs, have %" PRIu64
				    " bytes: --split wants more",
				    exporter_head_len(x->exporter));
	with.no_sessions = !exporter_looks_inside(x->exporter);
	status = reading_again(&x->reading, x->select.operand.path, &with);
	if (status)
		return status;
	exporter_attach(x->exporter, x->reading.replay);
	status = reading_run(&x->reading);
	error = exporter_finish(x->exporter);
	return error ? fail(x, error) : status;
}

static int write_files(struct export *x)
{
	enum tape_error error = export_files_open(&x->files, x->output, x->dump.split != 0);
	int status;

	if (error)
		return fail(x, error);
	status = write_packets(x);
	if (status == STATUS_USAGE) {
		export_files_abandon(&x->files);
		return status;
	}
	error = export_files_complete(&x->files);
	if (error)
		return fail(x, error);
	tell_summary(x);
	return status;
}

static int export_packets(struct export *x)
{
	int status = STATUS_DONE;

	if (x->wish.where || x->wish.limit)
		status = select_where(&x->select, x->command, &x->wish);
	if (!status)
		status = select_resolve(&x->select, x->command, ~SELECT_BIT(SELECT_CONN));
	if (status)
		return status;
	x->exporter = exporter_new(&x->with);
	if (!x->exporter)
		return command_fail(x->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	status = learn(x);
	if (status != STATUS_USAGE)
		status = write_files(x);
	reading_close(&x->reading);
	exporter_free(x->exporter);
	export_files_free(&x->files);
	return status;
}

static int run_export(int argc, char **argv)
{
	struct export x = {.command = argv[0]};
	int status = parse(&x, argc, argv);

	if (status == COMMAND_HELP)
		return STATUS_DONE;
	if (status != COMMAND_END)
		return select_end(&x.select, STATUS_USAGE);
	status = x.profile ? export_profile(x.command, x.profile) : STATUS_DONE;
	if (!status && !x.profile_alone)
		status = export_packets(&x);
	return select_end(&x.select, status);
}

const struct command export_command = {
	.name = "export",
	.run = run_export,
	.arguments = "REC [PROTOCOL] -o FILE.pcapng [options]",
	.summary = "packets that Wireshark dissects",
	.help = help,
	.options = options,
};
