/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>

#include "analyze/command/select.h"
#include "analyze/finding/finding.h"
#include "analyze/listing/listing.h"
#include "analyze/output/output.h"
#include "analyze/output/text.h"
#include "format/nearest.h"

static const char help[] = "Prints what is odd in a recording: each with the record or connection\n"
			   "that shows it, in the order of time. FINDING: only those of this name.";

enum {
	OPT_LIST = SELECT_OPTIONS,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_COLUMNS
};

static const struct command_option options[] = {
	SELECT_OPTION_TABLE,
	{"list", 0, NULL, "the names of all findings, and what they mean"},
	LISTING_OPTIONS,
	{0},
};

struct findings {
	struct select select;
	bool list;
	bool wanted[FINDING_KINDS];
	bool all;
	struct listing_wish wish;
	struct listing listing;
	struct output *out;
	struct cells cells;
	uint64_t found;
};

static const struct text_column text_columns[] = {
	{"TIME", 15, false, 12, CUT_PLAIN},  {"SEVERITY", 8, false, 0, CUT_END},
	{"FINDING", 28, false, 0, CUT_END},  {"PROCESS", 22, false, 8, CUT_MIDDLE},
	{"WHERE", 10, false, 7, CUT_MIDDLE}, {"WHAT", 0, false, 0, CUT_END},
};

static enum paint severity_paint(enum finding_severity severity)
{
	static const enum paint paints[] = {
		[FINDING_NOTE] = PAINT_DIM,
		[FINDING_WARNING] = PAINT_YELLOW,
		[FINDING_ERROR] = PAINT_RED,
	};

	return paints[severity];
}

static void append_process(struct buffer *b, const struct value *v)
{
	if (v[FINDING_COLUMN_PID].type == VALUE_INT && v[FINDING_COLUMN_PID].integer) {
		buffer_append_span(b, v[FINDING_COLUMN_COMM].text);
		buffer_printf(b, "[%lld]", (long long)v[FINDING_COLUMN_PID].integer);
	} else {
		buffer_append_char(b, '-');
	}
}

/* The record, else the connection: what `show --record` or `conns --conn` takes. */
static void append_where(struct buffer *b, const struct value *v)
{
	if (value_has_text(&v[FINDING_COLUMN_RECORD]))
		buffer_append_span(b, v[FINDING_COLUMN_RECORD].text);
	else if (v[FINDING_COLUMN_CONN].type == VALUE_INT)
		buffer_append_i64(b, v[FINDING_COLUMN_CONN].integer);
	else
		buffer_append_char(b, '-');
}

static void fill_cells(struct findings *f, enum finding_kind kind, const struct value *v)
{
	enum paint paint = severity_paint(finding_severity_of(kind));
	struct cells *cells = &f->cells;
	struct buffer *b = &cells->text;

	cells_clear(cells);
	output_time_cell(f->out, cells, v[FINDING_COLUMN_TS].integer);
	buffer_append_span(b, v[FINDING_COLUMN_SEVERITY].text);
	cells_end(cells, paint);
	buffer_append_span(b, v[FINDING_COLUMN_NAME].text);
	cells_end(cells, PAINT_NONE);
	append_process(b, v);
	cells_end(cells, PAINT_NONE);
	append_where(b, v);
	cells_end(cells, PAINT_DIM);
	if (value_has_text(&v[FINDING_COLUMN_PROTO])) {
		buffer_append_span(b, v[FINDING_COLUMN_PROTO].text);
		buffer_append_text(b, ": ");
	}
	buffer_append_span(b, v[FINDING_COLUMN_WHAT].text);
	cells_end(cells, PAINT_NONE);
}

static void list(struct findings *f, enum finding_kind kind, const struct row_part *part)
{
	struct listing *l = &f->listing;
	bool text = listing_needs_cells(l);

	if (!listing_wants(l, part, 1))
		return;
	if (text)
		fill_cells(f, kind, part->values);
	if (listing_takes(l))
		listing_row(l, part, 1, text_columns, text ? &f->cells : NULL);
	else if (text)
		output_cells(f->out, text_columns, &f->cells);
	else
		output_row(f->out, part, 1);
}

static bool take(void *context, const struct value *v)
{
	const struct row_part part = {
		.columns = findings_table.columns, .count = FINDING_COLUMNS, .values = v};
	struct findings *f = context;
	enum finding_kind kind = finding_find(v[FINDING_COLUMN_NAME].text);

	if (!f->all && !f->wanted[kind])
		return true;
	f->found++;
	list(f, kind, &part);
	return !listing_is_full(&f->listing);
}

/* ---- the list ---- */

static const struct column list_columns[] = {
	{"finding", "TEXT", "", "its name"},
	{"severity", "TEXT", "", "error, warning or note"},
	{"meaning", "TEXT", "", "in a sentence"},
};

static void list_one(struct findings *f, enum finding_kind kind)
{
	static const struct text_column columns[] = {{"FINDING", 28, false, 0, CUT_END},
						     {"SEVERITY", 8, false, 0, CUT_END},
						     {"MEANING", 0, false, 0, CUT_END}};
	enum finding_severity severity = finding_severity_of(kind);
	const struct value values[] = {
		value_word(span_text(finding_name(kind))),
		value_word(span_text(finding_severity_text(severity))),
		value_text(span_text(finding_meaning(kind))),
	};
	const struct row_part part = {.columns = list_columns, .count = 3, .values = values};

	if (f->select.format != OUTPUT_TEXT) {
		output_row(f->out, &part, 1);
		return;
	}
	cells_clear(&f->cells);
	for (int i = 0; i < 3; i++) {
		buffer_append_span(&f->cells.text, values[i].text);
		cells_end(&f->cells, i == 1 ? severity_paint(severity) : PAINT_NONE);
	}
	output_cells(f->out, columns, &f->cells);
}

static void list_all(struct findings *f)
{
	for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++)
		list_one(f, kind);
}

/* ---- the command ---- */

static void tell_result(const struct findings *f, const char *command, bool filtered,
			const struct findings_totals *totals)
{
	if (totals->unjudged)
		command_warn(command, "there are more connections than --memory has room for: of "
				      "some requests it isn't known who gave up");
	if (f->found || select_explain(&f->select, command))
		return;
	/* Where nothing was selected, why was told before. */
	if (!totals->records && !totals->connections && !selection_is_all(&f->select.selection))
		return;
	command_warn(command, "nothing odd%s in %llu records and %llu connections",
		     filtered ? " of that name" : "", (unsigned long long)totals->records,
		     (unsigned long long)totals->connections);
}

static int find(struct findings *f, const char *command)
{
	struct findings_options with = {
		.command = command,
		.path = f->select.operand.path,
		.selection = &f->select.selection,
		.keylog = f->select.keylog,
		.memory = f->select.memory,
		.threads = command_processors(),
	};
	struct findings_totals totals = {0};
	int status = STATUS_USAGE;

	/* What is wrong with the wishes is told before anything is read. */
	if (!fields_add(&f->listing.fields, findings_table.columns, FINDING_COLUMNS, NULL))
		command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	else if (listing_begin(&f->listing, command, &f->wish, f->select.format, f->out))
		status = select_resolve(&f->select, command, SELECT_OF_SESSIONS);
	if (!status) {
		status = findings_run(&with, take, f, &totals);
		if (status != STATUS_USAGE)
			tell_result(f, command, !f->all, &totals);
		status = listing_end(&f->listing, status);
	}
	listing_free(&f->listing);
	return status;
}

static bool want(struct findings *f, const char *command, const char *name)
{
	enum finding_kind kind = finding_find(span_text(name));

	if (kind == FINDING_KINDS) {
		struct nearest near = {.text = name};

		for (kind = 0; kind < FINDING_KINDS; kind++)
			nearest_try(&near, finding_name(kind));
		if (near.word)
			command_fail(command, "there is no finding '%s'; did you mean '%s'?", name,
				     near.word);
		else
			command_fail(command,
				     "there is no finding '%s'; socktape %s --list names them",
				     name, command);
		return false;
	}
	f->wanted[kind] = true;
	f->all = false;
	return true;
}

static bool take_option(struct findings *f, const char *command, int option, const char *value)
{
	if (option >= OPT_WHERE)
		return listing_option(&f->wish, command, option - OPT_WHERE, value);
	return select_option(&f->select, command, option, value);
}

static int run_findings(int argc, char **argv)
{
	struct findings f = {.all = true};
	struct command_line line = {&findings_command, argc, argv, 0};
	const char *value;
	int option, status = STATUS_DONE;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP)
			return STATUS_DONE;
		if (option == COMMAND_WRONG)
			return STATUS_USAGE;
		if (option == OPT_LIST)
			f.list = true;
		else if (!take_option(&f, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (f.list ? argc != optind || listing_wishes(&f.wish) : argc == optind)
		return command_fail(argv[0], "wants %s; try 'socktape %s --help'",
				    f.list ? "nothing beside --list" : "a recording", argv[0]);
	for (int i = optind + 1; i < argc; i++)
		if (!want(&f, argv[0], argv[i]))
			return STATUS_USAGE;
	if (!f.list && !select_check(&f.select, argv[0], argv[optind]))
		return STATUS_USAGE;
	f.out = output_new(f.select.format);
	if (!f.out)
		return command_fail(argv[0], "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (f.list)
		list_all(&f);
	else
		status = find(&f, argv[0]);
	if (!output_free(f.out) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	cells_free(&f.cells);
	return select_end(&f.select, status);
}

const struct command findings_command = {
	.name = "findings",
	.run = run_findings,
	.arguments = "REC [FINDING...] [options]",
	.summary = "what is odd: failures, losses, violations, ...",
	.help = help,
	.options = options,
};
