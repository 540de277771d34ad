/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/diff_result.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyze/command/command.h"
#include "analyze/output/output.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"

/* ---- JSON and CSV ---- */

enum diff_column {
	DIFF_CHANGE,
	DIFF_PROTO,
	DIFF_SHAPE,
	DIFF_PROCESS,
	DIFF_ROLE,
	DIFF_PART,
	DIFF_UNIT,
	DIFF_A,
	DIFF_B,
	DIFF_A_TEXT,
	DIFF_B_TEXT,
	DIFF_RATIO,
	DIFF_A_COUNT,
	DIFF_B_COUNT,
	DIFF_A_RECORD,
	DIFF_B_RECORD,
	DIFF_SHAPES,
	DIFF_P,
	DIFF_COLUMNS,
};

static const struct column diff_columns[DIFF_COLUMNS] = {
	[DIFF_CHANGE] = {"change", "TEXT", "",
			 "drift, gone, errors, latency, new, field, value or size"},
	[DIFF_PROTO] = {"proto", "TEXT", "", "table of the records; null of drift"},
	[DIFF_SHAPE] = {"shape", "TEXT", "", "what was asked, without the values"},
	[DIFF_PROCESS] = {"process", "TEXT", "", "that it is of alone; null: of all"},
	[DIFF_ROLE] = {"role", "TEXT", "", "of that process"},
	[DIFF_PART] = {"part", "TEXT", "", "the quantile, the failure, the field"},
	[DIFF_UNIT] = {"unit", "TEXT", "", "of a and b: records, share, ns, bytes or ratio"},
	[DIFF_A] = {"a", "REAL", "", "of the first"},
	[DIFF_B] = {"b", "REAL", "", "of the second"},
	[DIFF_A_TEXT] = {"a_text", "TEXT", "", "type or value of a field in the first"},
	[DIFF_B_TEXT] = {"b_text", "TEXT", "", "and in the second"},
	[DIFF_RATIO] = {"ratio", "REAL", "", "b by a"},
	[DIFF_A_COUNT] = {"a_count", "BIGINT", "", "records of the first that were looked at"},
	[DIFF_B_COUNT] = {"b_count", "BIGINT", "", "and of the second"},
	[DIFF_A_RECORD] = {"a_record", "TEXT", "", "id of one of them, as an example"},
	[DIFF_B_RECORD] = {"b_record", "TEXT", "", "and in the second"},
	[DIFF_SHAPES] = {"shapes", "BIGINT", "", "in so many of the table is the same"},
	[DIFF_P] = {"p", "REAL", "", "how likely chance makes it, after correction"},
};

#define NUMBER_MAX 32

struct members {
	struct value values[DIFF_COLUMNS];
	char numbers[DIFF_COLUMNS][NUMBER_MAX];
};

static void put_number(struct members *m, enum diff_column column, double number)
{
	int len = snprintf(m->numbers[column], NUMBER_MAX, "%.6g", number);

	m->values[column] = value_json(span_of(m->numbers[column], (size_t)len));
}

static void put_text(struct members *m, enum diff_column column, const char *text)
{
	m->values[column] = value_text_if(span_text(text));
}

static void print_members(struct output *out, const struct change *c)
{
	static const char *const units[] = {[UNIT_COUNT] = "records",
					    [UNIT_SHARE] = "share",
					    [UNIT_NS] = "ns",
					    [UNIT_BYTES] = "bytes"};
	struct members m = {0};
	const struct row_part part = {
		.columns = diff_columns, .count = DIFF_COLUMNS, .values = m.values};

	put_text(&m, DIFF_CHANGE, change_kind_text(c->kind));
	put_text(&m, DIFF_PART, c->part);
	put_text(&m, DIFF_UNIT, c->kind == CHANGE_DRIFT ? "ratio" : units[c->unit]);
	if (c->shape) {
		put_text(&m, DIFF_PROTO, c->shape->table->name);
		put_text(&m, DIFF_SHAPE, c->shape->text);
	}
	if (c->only) {
		put_text(&m, DIFF_PROCESS, c->only->process);
		put_text(&m, DIFF_ROLE, role_text(c->only->role));
	}
	put_number(&m, DIFF_A, c->value[0]);
	put_number(&m, DIFF_B, c->value[1]);
	if (c->value[0] > 0)
		put_number(&m, DIFF_RATIO, c->value[1] / c->value[0]);
	put_text(&m, DIFF_A_TEXT, c->text[0]);
	put_text(&m, DIFF_B_TEXT, c->text[1]);
	m.values[DIFF_A_COUNT] = value_int((int64_t)c->count[0]);
	m.values[DIFF_B_COUNT] = value_int((int64_t)c->count[1]);
	put_text(&m, DIFF_A_RECORD, c->example[0]);
	put_text(&m, DIFF_B_RECORD, c->example[1]);
	m.values[DIFF_SHAPES] = value_int((int64_t)c->shapes);
	if (c->kind != CHANGE_DRIFT)
		put_number(&m, DIFF_P, c->p);
	output_row(out, &part, 1);
}

/* ---- text ---- */

static const struct text_column text_columns[] = {
	{"CHANGE", 7, false, 6, CUT_END},  {"A", 12, true, 8, CUT_END},
	{"B", 12, true, 8, CUT_END},	   {"BY", 7, true, 5, CUT_END},
	{"RECORDS", 15, true, 9, CUT_END}, {"EXAMPLES", 17, false, 9, CUT_MIDDLE},
	{"WHAT", 0, false, 0, CUT_MIDDLE},
};

static void append_share(struct buffer *b, double share)
{
	double percent = 100 * share;

	buffer_printf(b, "%.*f %%",
		      percent >= 99.95 || percent <= 0 ? 0
		      : percent < 10		       ? 2
						       : 1,
		      percent);
}

static void append_side(struct buffer *b, const struct change *c, int side)
{
	if (c->kind == CHANGE_FIELD || c->kind == CHANGE_VALUE) {
		double share = c->value[side];

		buffer_append_text(b, *c->text[side] ? c->text[side] : "-");
		if (share > 0 && share < 1) {
			buffer_append_char(b, ' ');
			append_share(b, share);
		}
		return;
	}
	if (c->unit == UNIT_SHARE)
		append_share(b, c->value[side]);
	else if (c->unit == UNIT_NS)
		text_append_duration(b, (int64_t)c->value[side]);
	else if (c->unit == UNIT_BYTES)
		text_append_bytes(b, (uint64_t)c->value[side]);
	else if (c->kind == CHANGE_DRIFT)
		buffer_append_char(b, '-');
	else
		text_append_count(b, (uint64_t)c->value[side]);
}

/* "+31 %", "x10" */
static void append_ratio(struct buffer *b, double ratio)
{
	if (ratio >= 3)
		buffer_printf(b, ratio < 9.95 ? "x%.1f" : "x%.0f", ratio);
	else
		buffer_printf(b, "%+.0f %%", 100 * (ratio - 1));
}

static bool has_ratio(const struct change *c)
{
	return c->value[0] > 0 && c->value[1] > 0 && c->kind != CHANGE_FIELD &&
	       c->kind != CHANGE_VALUE;
}

static void append_what(struct buffer *b, const struct change *c)
{
	if (!c->shape) {
		buffer_printf(b,
			      "all %" PRIu64 " shapes together: the machine, the network or "
			      "the load",
			      c->count[0]);
		return;
	}
	if (c->kind == CHANGE_FIELD || c->kind == CHANGE_VALUE)
		buffer_printf(b, "%s of ", c->part);
	else if (c->kind == CHANGE_SIZE)
		buffer_printf(b, "%.*s of ", (int)strcspn(c->part, " "), c->part);
	buffer_printf(b, "%s%s%s", c->shape->table->name, *c->shape->text ? " " : "",
		      c->shape->text);
	if (c->shapes > 1)
		buffer_printf(b, " and %" PRIu64 " more", c->shapes - 1);
	if (c->kind == CHANGE_ERRORS && *c->part)
		buffer_printf(b, ": %s", c->part);
	if (c->only)
		buffer_printf(b, ", only %s %s", c->only->role == ROLE_SERVER ? "in" : "from",
			      c->only->process);
}

static const char *name_of(const struct change *c)
{
	if (c->kind == CHANGE_LATENCY)
		return c->part;
	if (c->kind == CHANGE_SIZE)
		return strstr(c->part, "p99") ? "size 99" : "size";
	return change_kind_text(c->kind);
}

static enum paint paint_of(const struct change *c)
{
	if (c->kind == CHANGE_FIELD || c->kind == CHANGE_VALUE || c->kind == CHANGE_SIZE ||
	    c->kind == CHANGE_NEW)
		return PAINT_YELLOW;
	return c->kind == CHANGE_GONE || c->value[1] > c->value[0] ? PAINT_RED : PAINT_GREEN;
}

static void print_cells(struct output *out, struct cells *cells, const struct change *c)
{
	struct buffer *b = &cells->text;

	cells_clear(cells);
	buffer_append_text(b, name_of(c));
	cells_end(cells, paint_of(c));
	for (int side = 0; side < 2; side++) {
		append_side(b, c, side);
		cells_end(cells, PAINT_NONE);
	}
	if (has_ratio(c))
		append_ratio(b, c->value[1] / c->value[0]);
	cells_end(cells, PAINT_NONE);
	if (c->shape) {
		text_append_count(b, c->count[0]);
		buffer_append_char(b, '/');
		text_append_count(b, c->count[1]);
	}
	cells_end(cells, PAINT_NONE);
	if (c->shape)
		buffer_printf(b, "%s/%s", *c->example[0] ? c->example[0] : "-",
			      *c->example[1] ? c->example[1] : "-");
	cells_end(cells, PAINT_DIM);
	append_what(b, c);
	cells_end(cells, PAINT_NONE);
	output_cells(out, text_columns, cells);
}

static void append_count_of(struct buffer *b, uint64_t count, const char *thing)
{
	text_append_count(b, count);
	buffer_printf(b, " %s%s", thing, count == 1 ? "" : "s");
}

/* How much was compared: a comparison of little says little. */
static bool print_sides(const struct changes *changes, const struct comparison *c)
{
	struct buffer text = {0};
	bool good;

	if (!changes->count)
		buffer_append_text(&text, c->sides[0].left_out || c->sides[1].left_out
						  ? "no difference in what found room\n"
						  : "no difference\n");
	for (int side = 0; side < 2; side++) {
		const struct comparison_side *s = &c->sides[side];

		buffer_printf(&text, "%c  ", 'A' + side);
		append_count_of(&text, s->records, "record");
		buffer_append_text(&text, " of ");
		append_count_of(&text, changes->shapes[side], "shape");
		buffer_append_text(&text, " in ");
		text_append_duration(&text, s->last - s->first);
		buffer_append_char(&text, '\n');
	}
	if (changes->count)
		buffer_append_char(&text, '\n');
	good = terminal_write_text(&text);
	buffer_free(&text);
	return good;
}

/* ---- what isn't in the table ---- */

static void tell_drift(const struct changes *changes, const char *command)
{
	struct buffer by = {0};

	if (!changes->drift_shapes)
		return;
	append_ratio(&by, changes->drift);
	command_warn(command,
		     "all %" PRIu64 " shapes' latencies moved together, by %.*s: each is judged by "
		     "what is left%s",
		     changes->drift_shapes, (int)by.len, by.data ? by.data : "",
		     changes->drift_counts ? "" : "; that alone is no difference");
	buffer_free(&by);
}

static void tell_limits(const struct changes *changes, const struct comparison *c,
			const char *command)
{
	if (c->sides[0].left_out || c->sides[1].left_out)
		command_warn(command,
			     "%" PRIu64 " and %" PRIu64 " records were not compared: there are "
			     "too many shapes; --memory allows more",
			     c->sides[0].left_out, c->sides[1].left_out);
	if (changes->starved)
		command_warn(command,
			     "of %" PRIu64 " shape%s only records and errors were compared; "
			     "--memory allows more",
			     changes->starved, changes->starved == 1 ? "" : "s");
	if (changes->few)
		command_warn(command,
			     "of %" PRIu64 " shape%s that both have there are fewer than 20 "
			     "records on a side: too few to say whether they took longer",
			     changes->few, changes->few == 1 ? "" : "s");
}

bool diff_result_print(const struct changes *changes, const struct comparison *c,
		       const char *command, enum output_format format)
{
	const struct row_part part = {.columns = diff_columns, .count = DIFF_COLUMNS};
	struct output *out;
	struct cells cells = {0};
	bool good = format != OUTPUT_TEXT || print_sides(changes, c);

	out = output_new(format);
	if (!out) {
		command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
		return false;
	}
	output_header(out, &part, 1);
	for (size_t i = 0; i < changes->count && output_alive(out); i++) {
		if (format == OUTPUT_TEXT)
			print_cells(out, &cells, &changes->all[i]);
		else
			print_members(out, &changes->all[i]);
	}
	good = output_free(out) && good;
	cells_free(&cells);
	if (!good)
		command_fail(command, "the output could not be written");
	tell_drift(changes, command);
	tell_limits(changes, c, command);
	return good;
}
