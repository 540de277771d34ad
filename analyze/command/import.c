/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/capture_tell.h"
#include "analyze/command/command.h"
#include "analyze/command/options.h"
#include "analyze/output/text.h"
#include "format/recording.h"

static const char help[] =
	"Makes a recording out of a packet capture: pcap or pcapng, gzip-compressed or not; '-' "
	"is\n"
	"standard input. TCP streams and IP fragments are reassembled; what the capture lacks is\n"
	"recorded as lost, with its exact length.";

enum {
	OPT_OUTPUT,
	OPT_QUIET,
	OPT_MEMORY
};

static const struct command_option options[] = {
	{"output", 'o', "REC", "the directory to write; must not hold a recording yet"},
	{"quiet", 'q', NULL, "print errors only"},
	MEMORY_OPTION,
	{0},
};

struct import {
	const char *command;
	const char *from;
	const char *to;
	bool quiet;
	uint64_t memory;		 /* bytes; 0: not given */
	struct recording_writer *writer; /* from the first event on */
	enum tape_error write_error;	 /* what stopped the writing */
	int write_errno;
};

/* ---- writing ---- */

/* The directory is made only now: not for a file that can't be read. */
static enum tape_error begin_recording(struct import *import, int64_t ts)
{
	struct recording_writer_options with = {
		.path = import->to,
		.start_monotonic = ts,
		.start_realtime = ts,
	};

	return recording_writer_new(&with, &import->writer);
}

static enum tape_error write_event(void *context, const struct event *event)
{
	struct import *import = context;
	enum tape_error error = TAPE_OK;

	errno = 0;
	if (!import->writer)
		error = begin_recording(import, event->ts);
	if (!error)
		error = recording_writer_event(import->writer, event);
	import->write_error = error;
	import->write_errno = errno;
	return error;
}

static void finish_recording(struct import *import)
{
	errno = 0;
	if (import->write_error || !import->writer)
		return;
	import->write_error = recording_writer_finish(import->writer);
	import->write_errno = errno;
}

/* ---- the summary ---- */

static void append_amount(struct buffer *b, uint64_t bytes, const char *what)
{
	if (!bytes)
		return;
	buffer_append_text(b, ", ");
	text_append_bytes(b, bytes);
	buffer_append_text(b, what);
}

static void append_line(struct buffer *b, const char *title, uint64_t count, const char *what)
{
	buffer_printf(b, "%-13s", title);
	text_append_count(b, count);
	buffer_append_text(b, what);
}

static void print_summary(const struct capture_totals *totals)
{
	struct buffer b = {0};
	const char *title = "skipped";

	append_line(&b, "packets", totals->packets, "\n");
	append_line(&b, "connections", totals->tcp_connections, " TCP, ");
	text_append_count(&b, totals->udp_flows);
	buffer_append_text(&b, " UDP\n");
	buffer_printf(&b, "%-13s", "payload");
	text_append_bytes(&b, totals->data_bytes);
	append_amount(&b, totals->lost_bytes, " missing in the capture");
	append_amount(&b, totals->cut_bytes, " not captured");
	append_amount(&b, totals->duplicate_bytes, " captured again or too late");
	append_amount(&b, totals->early_bytes, " before the beginning of their connection");
	buffer_append_char(&b, '\n');
	if (totals->secrets)
		append_line(&b, "secrets", totals->secrets, " lines of TLS key log\n");
	for (int i = 0; i < CAPTURE_SKIP_COUNT; i++) {
		if (!totals->skipped[i])
			continue;
		append_line(&b, title, totals->skipped[i], " packets ");
		buffer_append_text(&b, capture_skip_text((enum capture_skip)i));
		buffer_append_char(&b, '\n');
		title = "";
	}
	fwrite(b.data, 1, b.len, stderr);
	buffer_free(&b);
}

/* ---- what went wrong ---- */

static int tell_write_error(const struct import *import)
{
	if (import->write_error == TAPE_ERROR_IO && import->write_errno == EEXIST)
		return command_fail(import->command,
				    "%s: there is a recording already; choose another directory",
				    import->to);
	return command_fail(import->command, "%s: %s",
			    import->writer ? recording_writer_path(import->writer) : import->to,
			    import->write_error == TAPE_ERROR_IO && import->write_errno
				    ? strerror(import->write_errno)
				    : tape_error_text(import->write_error));
}

static int run(struct import *import)
{
	struct capture_sink sink = {
		.event = write_event, .context = import, .memory = import->memory};
	struct capture_progress progress = {0};
	struct capture_totals totals;
	bool take_back = false;
	enum tape_error error;
	int number;

	if (!import->quiet)
		capture_progress_begin(&progress, &sink);
	errno = 0;
	error = capture_read(import->from, &sink, &totals);
	number = errno;
	if (capture_is_readable(error, &totals))
		finish_recording(import);
	else
		take_back = true;
	if (import->writer && (take_back || import->write_error))
		recording_writer_abandon(import->writer);
	capture_progress_end(&progress);
	if (import->write_error)
		return tell_write_error(import);
	if (import->writer && !take_back && !import->quiet)
		print_summary(&totals);
	return capture_tell_error(import->command, import->from, error, number, &totals);
}

static int parse(struct import *import, int argc, char **argv)
{
	struct command_line line = {&import_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (option == OPT_OUTPUT)
			import->to = value;
		else if (option == OPT_QUIET)
			import->quiet = true;
		else if (!option_memory(value, &import->memory)) {
			command_fail(argv[0], MEMORY_WANTS ", not '%s'", value);
			return COMMAND_WRONG;
		}
	}
	if (argc - optind == 1 && import->to) {
		import->from = argv[optind];
		return COMMAND_END;
	}
	command_fail(argv[0], "wants one capture and -o REC; try 'socktape %s --help'", argv[0]);
	return COMMAND_WRONG;
}

static int run_import(int argc, char **argv)
{
	struct import import = {.command = argv[0]};
	int status = parse(&import, argc, argv);

	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	status = run(&import);
	recording_writer_free(import.writer);
	return status;
}

const struct command import_command = {
	.name = "import",
	.run = run_import,
	.arguments = "FILE -o REC [-q]",
	.summary = "a recording out of a packet capture",
	.help = help,
	.options = options,
};
