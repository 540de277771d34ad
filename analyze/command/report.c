/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/select.h"
#include "analyze/output/target.h"
#include "analyze/report/gather.h"

static const char help[] =
	"Writes one page of HTML about a recording, to be read without it, on any machine: what\n"
	"was lost, rates, errors and latency over time, what was asked, the slowest and the "
	"failed\n"
	"exchanges with what was said, findings, processes, connections that failed. It needs no\n"
	"network and no script, and stays below 5 MB. Times are UTC. Who gets the page reads what\n"
	"is in it: bodies are left out with --no-body.";

enum {
	OPT_OUTPUT = SELECT_FILTERS,
	OPT_NO_BODY,
	OPT_DECODE_AS,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_FILTER_TABLE,
	{"output", 'o', "FILE", "the file to write; - is standard output"},
	{"no-body", 0, NULL, "heads of exchanges alone, without bodies, payloads and rows"},
	{"decode-as", 0, "PROTOCOL", "don't infer: every connection speaks this"},
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

struct writing {
	const char *command;
	struct select select;
	struct gather_options with;
	const char *output;
	uint64_t threads;
	struct buffer selection; /* options as they were given */
};

static void note_selection(struct writing *w, int option, const char *value)
{
	if (option >= SELECT_CHOOSING)
		return;
	buffer_printf(&w->selection, "%s--%s %s", w->selection.len ? " " : "", options[option].name,
		      value);
}

static bool take_option(struct writing *w, int option, const char *value)
{
	if (option < SELECT_FILTERS) {
		note_selection(w, option, value);
		return select_option(&w->select, w->command, option, value);
	}
	switch (option) {
	case OPT_OUTPUT:
		w->output = value;
		return true;
	case OPT_NO_BODY:
		w->with.no_body = true;
		return true;
	case OPT_DECODE_AS:
		w->with.decode_as = protocol_find(value);
		return w->with.decode_as || select_no_protocol(w->command, value) == COMMAND_END;
	default:
		if (option_number(value, UINT16_MAX, &w->threads) && w->threads)
			return true;
		command_fail(w->command, "--threads wants a number from 1, not '%s'", value);
		return false;
	}
}

/* "report REC http" is "report REC --protocol http". */
static bool take_protocol(struct writing *w, const char *name)
{
	if (!name)
		return true;
	if (!selection_add(&w->select.selection, SELECT_PROTOCOL, name)) {
		select_no_protocol(w->command, name);
		return false;
	}
	buffer_printf(&w->selection, "%s--protocol %s", w->selection.len ? " " : "", name);
	return true;
}

static int parse(struct writing *w, int argc, char **argv)
{
	struct command_line line = {&report_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(w, option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind < 1 || argc - optind > 2 || !w->output) {
		command_fail(w->command,
			     "wants a recording, perhaps a protocol, and -o FILE; try 'socktape %s "
			     "--help'",
			     w->command);
		return COMMAND_WRONG;
	}
	if (strcmp(w->output, "-") == 0 && isatty(STDOUT_FILENO)) {
		command_fail(w->command, "a terminal can't show a page; give -o FILE");
		return COMMAND_WRONG;
	}
	if (!take_protocol(w, argv[optind + 1]) ||
	    !select_check(&w->select, w->command, argv[optind]) ||
	    operand_refuse_output(&w->select.operand, w->command, w->output))
		return COMMAND_WRONG;
	return COMMAND_END;
}

static int fail(const struct writing *w, enum tape_error error)
{
	if (error == TAPE_ERROR_IO && errno)
		return command_fail(w->command, "%s: %s", w->output, strerror(errno));
	return command_fail(w->command, "%s: %s", w->output, tape_error_text(error));
}

static int write_page(const struct writing *w, const struct report *r, int status)
{
	struct target target;
	enum tape_error error = target_open(&target, w->output, 0600);

	if (error)
		return fail(w, error);
	error = report_write(r, target_sink(&target));
	if (error) {
		status = fail(w, error);
		target_abandon(&target);
		return status;
	}
	error = target_complete(&target);
	return error ? fail(w, error) : status;
}

static int make_page(struct writing *w)
{
	struct report *r = calloc(1, sizeof(*r));
	int status;

	buffer_append_char(&w->selection, '\0');
	if (!r || w->selection.failed) {
		free(r);
		return command_fail(w->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	}
	/* What was typed is understood by now; what is printed depends on no zone. */
	option_use_utc();
	r->selection = w->selection.data;
	w->with.path = w->select.operand.path;
	w->with.selection = &w->select.selection;
	w->with.keylog = w->select.keylog;
	w->with.memory = w->select.memory;
	status = gather(&w->with, r);
	if (status != STATUS_USAGE)
		status = write_page(w, r, status);
	gather_free(r);
	free(r);
	return status;
}

static int run_report(int argc, char **argv)
{
	struct writing w = {.command = argv[0]};
	int status;

	w.with.command = argv[0];
	status = parse(&w, argc, argv);
	if (status == COMMAND_END) {
		w.with.threads = w.threads ? (unsigned)w.threads : command_processors();
		status = make_page(&w);
	} else {
		status = status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	}
	buffer_free(&w.selection);
	return select_end(&w.select, status);
}

const struct command report_command = {
	.name = "report",
	.run = run_report,
	.arguments = "REC [PROTOCOL] -o FILE.html [options]",
	.summary = "one page of HTML about a recording",
	.help = help,
	.options = options,
};
