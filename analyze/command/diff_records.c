/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/diff_records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/diff/retelling.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "analyze/replay/record.h"
#include "protocols/value/json.h"

enum answer_column {
	ANSWER_CHANGE,
	ANSWER_PROTO,
	ANSWER_COLUMN,
	ANSWER_COUNT,
	ANSWER_RECORDS,
	ANSWER_OLD_VALUE,
	ANSWER_NEW_VALUE,
	ANSWER_COLUMNS,
};

static const struct column answer_columns[ANSWER_COLUMNS] = {
	[ANSWER_CHANGE] = {"change", "TEXT", "", "went, came or changed"},
	[ANSWER_PROTO] = {"proto", "TEXT", "", "table of the records"},
	[ANSWER_COLUMN] = {"column", "TEXT", "", "of them; null: the records as a whole"},
	[ANSWER_COUNT] = {"count", "BIGINT", "", "so many records"},
	[ANSWER_RECORDS] = {"records", "JSON", "", "ids of the first of them"},
	[ANSWER_OLD_VALUE] = {"old", "TEXT", "", "value of the first, as JSON, in OLD"},
	[ANSWER_NEW_VALUE] = {"new", "TEXT", "", "and now"},
};

static const struct text_column text_columns[] = {
	{"CHANGE", 7, false, 0, CUT_END},  {"TABLE", 9, false, 5, CUT_END},
	{"COLUMN", 14, false, 8, CUT_END}, {"RECORDS", 9, true, 7, CUT_END},
	{"FIRST", 24, false, 9, CUT_END},  {"OF THE FIRST", 0, false, 0, CUT_MIDDLE},
};

struct printing {
	struct output *out;
	struct cells cells;
	struct buffer ids;
};

static const char *kind_text(enum answer_kind kind)
{
	static const char *const texts[] = {
		[ANSWER_WENT] = "went", [ANSWER_CAME] = "came", [ANSWER_CHANGED] = "changed"};

	return texts[kind];
}

static void print_members(struct printing *p, const struct answer_change *c)
{
	struct value v[ANSWER_COLUMNS] = {{0}};
	const struct row_part part = {
		.columns = answer_columns, .count = ANSWER_COLUMNS, .values = v};

	buffer_clear(&p->ids);
	for (int i = 0; i < ANSWER_EXAMPLES && *c->examples[i]; i++) {
		buffer_append_char(&p->ids, i ? ',' : '[');
		json_append_string(&p->ids, span_text(c->examples[i]));
	}
	buffer_append_char(&p->ids, ']');
	v[ANSWER_CHANGE] = value_text(span_text(kind_text(c->kind)));
	v[ANSWER_PROTO] = value_text(span_text(c->table));
	v[ANSWER_COLUMN] = value_text_if(span_text(c->column));
	v[ANSWER_COUNT] = value_int((int64_t)c->count);
	v[ANSWER_RECORDS] = value_json(buffer_span(&p->ids));
	v[ANSWER_OLD_VALUE] = value_text_if(span_text(c->value[0]));
	v[ANSWER_NEW_VALUE] = value_text_if(span_text(c->value[1]));
	output_row(p->out, &part, 1);
}

static void print_text(struct printing *p, const struct answer_change *c)
{
	struct cells *cells = &p->cells;
	struct buffer *b = &cells->text;

	cells_clear(cells);
	buffer_append_text(b, kind_text(c->kind));
	cells_end(cells, c->kind == ANSWER_WENT ? PAINT_RED : PAINT_YELLOW);
	buffer_append_text(b, c->table);
	cells_end(cells, PAINT_CYAN);
	buffer_append_text(b, *c->column ? c->column : "-");
	cells_end(cells, PAINT_NONE);
	text_append_count(b, c->count);
	cells_end(cells, PAINT_NONE);
	for (int i = 0; i < ANSWER_EXAMPLES && *c->examples[i]; i++)
		buffer_printf(b, "%s%s", i ? "," : "", c->examples[i]);
	cells_end(cells, PAINT_DIM);
	if (*c->column)
		buffer_printf(b, "%s -> %s", *c->value[0] ? c->value[0] : "-",
			      *c->value[1] ? c->value[1] : "-");
	cells_end(cells, PAINT_NONE);
	output_cells(p->out, text_columns, cells);
}

/* How much was compared, for people. */
static bool print_counts(const struct retelling *a)
{
	struct buffer text = {0};
	bool good;

	buffer_append_text(&text, a->changes.count ? "" : "no difference: ");
	text_append_count(&text, a->records[0]);
	buffer_append_text(&text, " records before, ");
	text_append_count(&text, a->records[1]);
	buffer_append_text(&text, a->changes.count ? " now\n\n" : " now\n");
	good = terminal_write_text(&text);
	buffer_free(&text);
	return good;
}

static int print(const struct retelling *a, const char *command, enum output_format format)
{
	const struct row_part part = {.columns = answer_columns, .count = ANSWER_COLUMNS};
	struct answer_change **all = retelling_in_order(a);
	bool good = format != OUTPUT_TEXT || print_counts(a);
	struct printing p = {.out = output_new(format)};

	if (p.out)
		output_header(p.out, &part, 1);
	for (size_t i = 0; all && p.out && i < a->changes.count && output_alive(p.out); i++) {
		if (format == OUTPUT_TEXT)
			print_text(&p, all[i]);
		else
			print_members(&p, all[i]);
	}
	good = all && p.out && output_free(p.out) && good;
	cells_free(&p.cells);
	buffer_free(&p.ids);
	free(all);
	if (!good)
		return command_fail(command, "the output could not be written");
	return a->changes.count ? STATUS_DIFFERS : STATUS_DONE;
}

/* What it says is worse than a difference. */
static int check(const struct retelling *a, const char *command, const char *old)
{
	if (a->no_memory)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (a->overflowed)
		return command_fail(command,
				    "%s: its records are in another order, or of another "
				    "recording; print it with 'socktape show --json' alone, or "
				    "give more --memory",
				    old);
	if (a->error)
		return command_fail(command, "%s: %s", old, strerror(a->error));
	if (!a->records[0])
		return command_fail(command,
				    "%s: no line of it is a record, as 'socktape show --json' "
				    "prints them",
				    old);
	if (!a->bad)
		return STATUS_DONE;
	command_warn(command,
		     "%s: line %" PRIu64 " is no record, as 'socktape show --json' prints them; "
		     "%" PRIu64 " such lines were passed over",
		     old, a->first_bad, a->bad);
	return STATUS_DAMAGED;
}

static int read_all(struct retelling *a, struct select *select, const char *command,
		    const struct replay_options *with)
{
	struct reading reading = {0};
	struct buffer json = {0};
	struct output *out;
	int status = reading_open_rows(&reading, command, select->operand.path, with);
	struct row *row;

	if (status)
		return status;
	out = output_new_into(OUTPUT_JSON, &json);
	while (out && (row = reading_row(&reading)) != NULL) {
		if (!row_is_selected(row, &select->selection))
			continue;
		buffer_clear(&json);
		record_print_json(out, row);
		output_flush(out);
		while (json.len && json.data[json.len - 1] == '\n')
			json.len--;
		a->no_memory |= json.failed;
		if (!retelling_take(a, buffer_span(&json)))
			break;
	}
	a->no_memory |= !out;
	if (out)
		output_free(out);
	buffer_free(&json);
	status = reading_end(&reading);
	reading_close(&reading);
	select_explain(select, command);
	retelling_end(a);
	return status;
}

int diff_records(struct select *select, const char *command, const char *old,
		 const struct replay_options *with)
{
	struct retelling a = {.memory = (size_t)with->memory_limit};
	int status, wrong;

	a.old = strcmp(old, "-") == 0 ? stdin : fopen(old, "re");
	if (!a.old)
		return command_fail(command, "%s: %s", old, strerror(errno));
	status = read_all(&a, select, command, with);
	if (status != STATUS_USAGE) {
		wrong = check(&a, command, old);
		status = command_worse(status, wrong);
	}
	if (status != STATUS_USAGE)
		status = command_worse(status, print(&a, command, select->format));
	retelling_free(&a);
	if (a.old != stdin)
		fclose(a.old);
	return status;
}
