/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/capture/capture.h"
#include "analyze/command/command.h"
#include "analyze/command/options.h"
#include "analyze/output/text.h"
#include "format/recording.h"

static const char arguments[] = "FILE -o REC [-q]";
static const char summary[] =
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

#define SECOND_NS INT64_C(1000000000)

struct import {
	const char *command;
	const char *from;
	const char *to;
	bool quiet;
	uint64_t memory;		 /* bytes; 0: not given */
	struct recording_writer *writer; /* from the first event on */
	enum tape_error write_error;	 /* what stopped the writing */
	int write_errno;
	int64_t started; /* CLOCK_MONOTONIC */
	int64_t told;	 /* when progress was last printed; 0: never */
};

static int64_t monotonic_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND_NS + t.tv_nsec;
}

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

/* ---- progress and summary ---- */

static void clear_progress(struct import *import)
{
	if (import->told)
		fputs("\r\033[K", stderr);
	import->told = 0;
}

static void progress(void *context, const struct capture_totals *totals)
{
	struct import *import = context;
	int64_t now = monotonic_now();

	if (now - (import->told ? import->told : import->started) <
	    (import->told ? SECOND_NS / 5 : SECOND_NS))
		return;
	import->told = now;
	fprintf(stderr, "\r\033[Kreading: ");
	if (totals->file_size)
		fprintf(stderr, "%3.0f %%  ",
			100.0 * (double)totals->file_bytes / (double)totals->file_size);
	fprintf(stderr, "%" PRIu64 " MB, %" PRIu64 " packets", totals->file_bytes / 1000000,
		totals->packets);
}

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
	append_amount(&b, totals->cut_bytes, " cut by its snap length");
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

static const char *reason(enum tape_error error, int number)
{
	return error == TAPE_ERROR_IO && number ? strerror(number) : tape_error_text(error);
}

static int tell_write_error(const struct import *import)
{
	if (import->write_error == TAPE_ERROR_IO && import->write_errno == EEXIST)
		return command_fail(import->command,
				    "%s: there is a recording already; choose another directory",
				    import->to);
	return command_fail(import->command, "%s: %s",
			    import->writer ? recording_writer_path(import->writer) : import->to,
			    reason(import->write_error, import->write_errno));
}

/* Whether there is anything to keep: a capture without a packet is one, unless it is damaged. */
static bool is_readable(enum tape_error error, const struct capture_totals *totals)
{
	uint64_t used = totals->packets - totals->skipped[CAPTURE_SKIP_LINK_TYPE];

	return !error || ((error == TAPE_ERROR_LINK_TYPE || totals->damage) && used);
}

static int tell_read_error(const struct import *import, enum tape_error error, int number,
			   const struct capture_totals *totals)
{
	if (error == TAPE_OK)
		return STATUS_DONE;
	if (error == TAPE_ERROR_LINK_TYPE &&
	    totals->packets != totals->skipped[CAPTURE_SKIP_LINK_TYPE])
		command_warn(import->command,
			     "%s: %" PRIu64 " packets of link type %" PRIu32 " passed over: %s",
			     import->from, totals->skipped[CAPTURE_SKIP_LINK_TYPE],
			     totals->link_type, tape_error_text(error));
	else if (error == TAPE_ERROR_LINK_TYPE)
		return command_fail(import->command, "%s: link type %" PRIu32 ": %s", import->from,
				    totals->link_type, tape_error_text(error));
	else if (totals->damage)
		command_warn(import->command,
			     "%s: at offset %" PRIu64 ": %s: %s; %" PRIu64
			     " bytes could not be used",
			     import->from, totals->damage_offset, totals->damage,
			     tape_error_text(error), totals->damaged_bytes);
	else
		return command_fail(import->command, "%s: %s", import->from, reason(error, number));
	return is_readable(error, totals) ? STATUS_DAMAGED : STATUS_USAGE;
}

static int run(struct import *import)
{
	struct capture_sink sink = {
		.event = write_event, .context = import, .memory = import->memory};
	struct capture_totals totals;
	bool take_back = false;
	enum tape_error error;
	int number;

	if (!import->quiet && isatty(STDERR_FILENO))
		sink.progress = progress;
	import->started = monotonic_now();
	errno = 0;
	error = capture_read(import->from, &sink, &totals);
	number = errno;
	if (is_readable(error, &totals))
		finish_recording(import);
	else
		take_back = true;
	if (import->writer && (take_back || import->write_error))
		recording_writer_abandon(import->writer);
	clear_progress(import);
	if (import->write_error)
		return tell_write_error(import);
	if (import->writer && !take_back && !import->quiet)
		print_summary(&totals);
	return tell_read_error(import, error, number, &totals);
}

static int parse(struct import *import, int argc, char **argv)
{
	const char *value;
	int option;

	while ((option = command_next_option(argc, argv, arguments, summary, options, &value)) !=
	       COMMAND_END) {
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

int cmd_import(int argc, char **argv)
{
	struct import import = {.command = argv[0]};
	int status = parse(&import, argc, argv);

	if (status != COMMAND_END)
		return status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	status = run(&import);
	recording_writer_free(import.writer);
	return status;
}
