/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/diff_records.h"
#include "analyze/command/diff_result.h"
#include "analyze/command/select.h"
#include "analyze/command/times.h"
#include "analyze/replay/reading.h"
#include "format/size.h"

static const char help[] =
	"Tells what changed from A to B: two recordings, or two times of one. Shapes that\n"
	"came or went, errors, latency, sizes, heads and bodies, what is worst first. What\n"
	"chance or the time of day explains doesn't count: two recordings of the same give\n"
	"\"no difference\". Exit status: 0 no difference, 3 a difference.";

enum {
	OPT_A = SELECT_OPTIONS,
	OPT_B,
	OPT_AT,
	OPT_RECORDS,
	OPT_SHIFT,
	OPT_NO_DRIFT,
	OPT_DECODE_AS,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"a", 0, "SPAN", "A is this time: FROM..UNTIL, as in 10:00..10:05, ..+30s or -1m.."},
	{"b", 0, "SPAN", "B is this time"},
	{"at", 0, "TIME", "A is what was before, B what came from then on"},
	{"records", 0, "FILE", "A is what 'show --json' printed before, B what it would now"},
	{"shift", 0, "PART[,TIME]", "what counts: beyond this part, and this time (20%,1ms)"},
	{"no-drift", 0, NULL, "what all shapes did together is no difference"},
	{"decode-as", 0, "PROTOCOL", "don't infer: every connection speaks this"},
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

/* Of the memory this part is for what is compared, the rest for reading. */
#define COMPARISON_SHARE 2

struct diff {
	struct select select[2];
	const char *spans[2];
	const char *at;
	const char *records; /* NULL: not given */
	bool shift;	     /* --shift or --no-drift was given */
	bool one;	     /* recording, of which there are two times */
	struct changes changes;
	struct comparison comparison;
	const struct protocol *decode_as;
	uint64_t threads;
};

/* ---- options ---- */

/* "20%", "20%,1ms" */
static bool take_shift(struct diff *d, const char *command, const char *value)
{
	const char *comma = strchr(value, ',');
	char *end;
	double part = strtod(value, &end);
	uint64_t ns = (uint64_t)CHANGE_NS;

	if (end > value && *end == '%' && (!end[1] || end + 1 == comma) && part >= 0 &&
	    part <= 1e6 && (!comma || size_parse_duration(comma + 1, &ns))) {
		d->changes.limits = (struct change_limits){part / 100, (double)ns};
		return true;
	}
	command_fail(command, "--shift wants a part and perhaps a time, as in 20%%,1ms, not '%s'",
		     value);
	return false;
}

static bool take_option(struct diff *d, const char *command, int option, const char *value)
{
	if (option < SELECT_OPTIONS)
		return select_option(&d->select[0], command, option, value) &&
		       select_option(&d->select[1], command, option, value);
	switch (option) {
	case OPT_A:
	case OPT_B:
		d->spans[option - OPT_A] = value;
		return true;
	case OPT_AT:
		d->at = value;
		return true;
	case OPT_RECORDS:
		d->records = value;
		return true;
	case OPT_SHIFT:
		d->shift = true;
		return take_shift(d, command, value);
	case OPT_NO_DRIFT:
		d->shift = true;
		d->changes.without_drift = true;
		return true;
	case OPT_DECODE_AS:
		d->decode_as = protocol_find(value);
		return d->decode_as || select_no_protocol(command, value) == COMMAND_END;
	default:
		if (option_number(value, UINT16_MAX, &d->threads) && d->threads)
			return true;
		command_fail(command, "--threads wants a number from 1, not '%s'", value);
		return false;
	}
}

/* ---- the two sides ---- */

static bool span_set(struct diff *d, const char *command, int side)
{
	struct select *select = &d->select[side];
	struct times times = {.path = select->operand.path};
	struct selection *s = &select->selection;

	if (d->spans[side] && (!times_span(&times, d->spans[side], &s->since, &s->until) ||
			       (s->until && s->until <= s->since))) {
		command_fail(command,
			     "--%c wants a time like 10:00..10:05, +5s..+10s or -1m.., not '%s'",
			     'a' + side, d->spans[side]);
		return false;
	}
	if (d->at && !times_find(&times, d->at, side ? &s->since : &s->until)) {
		command_fail(command, "--at wants " TIMES_WANTED ", not '%s'", d->at);
		return false;
	}
	return true;
}

static bool check_records(const struct diff *d, const char *command)
{
	bool alone = d->one && !d->at && !d->spans[0] && !d->spans[1] && !d->shift;

	if (!alone)
		command_fail(command, "--records compares one recording with what was printed of "
				      "it: it excludes a second one, --a, --b, --at, --shift and "
				      "--no-drift");
	return alone;
}

static bool check_spans(const struct diff *d, const char *command)
{
	const struct select *s = &d->select[0];

	if (d->at && (d->spans[0] || d->spans[1] || !d->one))
		command_fail(command, "--at cuts one recording in two: it excludes --a, --b and a "
				      "second recording");
	else if (d->one && !d->at && (!d->spans[0] || !d->spans[1]))
		command_fail(command, "wants two recordings; or one with --a and --b, or --at; try "
				      "'socktape diff --help'");
	else if ((d->spans[0] || d->spans[1]) && (s->since || s->until || s->around))
		command_fail(command, "--a and --b, and --since, --until and --around, exclude "
				      "each other");
	else
		return true;
	return false;
}

static bool open_sides(struct diff *d, const char *command, char **paths)
{
	bool good = d->records ? check_records(d, command) : check_spans(d, command);

	if (!good || !select_check(&d->select[0], command, paths[0]))
		return false;
	if (d->records)
		return true;
	/* What was read from a pipe, or made of a capture, is there once. */
	if (!select_check(&d->select[1], command, d->one ? d->select[0].operand.path : paths[1]))
		return false;
	return span_set(d, command, 0) && span_set(d, command, 1);
}

static int parse(struct diff *d, int argc, char **argv)
{
	struct command_line line = {&diff_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(d, argv[0], option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind < 1 || argc - optind > 2) {
		command_fail(argv[0], "wants two recordings, or one and two times; try "
				      "'socktape diff --help'");
		return COMMAND_WRONG;
	}
	d->one = argc - optind == 1;
	return open_sides(d, argv[0], argv + optind) ? COMMAND_END : COMMAND_WRONG;
}

/* ---- reading ---- */

static struct replay_options options_of(struct diff *d, int side)
{
	return (struct replay_options){
		.selection = &d->select[side].selection,
		.memory_limit = d->comparison.memory,
		.window = true,
		.threads = d->threads ? (unsigned)d->threads : command_processors(),
		.decode_as = d->decode_as,
		.keylog = d->select[side].keylog,
	};
}

static int read_side(struct diff *d, const char *command, int side, bool again)
{
	struct select *select = &d->select[side];
	struct reading reading = {.again = again};
	const struct replay_options with = options_of(d, side);
	int status = reading_open_rows(&reading, command, select->operand.path, &with);
	const struct row *row;

	if (status)
		return status;
	while (!d->comparison.no_memory && (row = reading_row(&reading)) != NULL) {
		if (!row_is_selected_once(row, &select->selection))
			continue;
		if (again)
			comparison_add(&d->comparison, row, side);
		else
			comparison_learn(&d->comparison, row, side);
	}
	status = reading_end(&reading);
	reading_close(&reading);
	if (d->comparison.no_memory)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return status;
}

static int read_all(struct diff *d, const char *command)
{
	int status = STATUS_DONE;

	for (int side = 0; side < 2 && status != STATUS_USAGE; side++) {
		status = command_worse(status, read_side(d, command, side, false));
		if (status == STATUS_USAGE || d->comparison.sides[side].records)
			continue;
		select_explain(&d->select[side], command);
		return command_fail(command, "%c has no records that could be compared",
				    'A' + side);
	}
	if (status == STATUS_USAGE)
		return status;
	comparison_settle(&d->comparison);
	for (int side = 0; side < 2 && status != STATUS_USAGE; side++)
		if (read_side(d, command, side, true) == STATUS_USAGE)
			status = STATUS_USAGE;
	return status;
}

static int compare(struct diff *d, const char *command)
{
	int status;

	if (!comparison_begin(&d->comparison))
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	status = read_all(d, command);
	if (status == STATUS_USAGE)
		return status;
	changes_find(&d->changes, &d->comparison);
	if (d->changes.no_memory)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (!diff_result_print(&d->changes, &d->comparison, command, d->select[0].format))
		return STATUS_USAGE;
	return status == STATUS_DONE && d->changes.count ? STATUS_DIFFERS : status;
}

static int compare_any(struct diff *d, const char *command)
{
	uint64_t memory = d->select[0].memory ? d->select[0].memory : REPLAY_MEMORY_LIMIT;

	d->comparison.memory = (size_t)(memory / COMPARISON_SHARE);
	if (d->records) {
		const struct replay_options with = options_of(d, 0);

		return diff_records(&d->select[0], command, d->records, &with);
	}
	return compare(d, command);
}

static int run_diff(int argc, char **argv)
{
	struct diff d = {.changes.limits = {CHANGE_PART, CHANGE_NS}};
	int status = parse(&d, argc, argv);

	if (status == COMMAND_END)
		status = compare_any(&d, argv[0]);
	else
		status = status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	changes_free(&d.changes);
	comparison_free(&d.comparison);
	status = select_end(&d.select[1], status);
	return select_end(&d.select[0], status);
}

const struct command diff_command = {
	.name = "diff",
	.run = run_diff,
	.arguments = "A B | REC --a SPAN --b SPAN",
	.summary = "what changed between two recordings",
	.help = help,
	.options = options,
};
