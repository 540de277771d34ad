/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/text.h"
#include "analyze/output/writer.h"

static const char *const paints[] = {
	[PAINT_NONE] = "",	   [PAINT_DIM] = "\033[2m",    [PAINT_BOLD] = "\033[1m",
	[PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m",
	[PAINT_CYAN] = "\033[36m",
};

void cells_clear(struct cells *cells)
{
	buffer_clear(&cells->text);
	cells->count = 0;
}

void cells_end(struct cells *cells, enum paint paint)
{
	if (cells->count == CELLS_MAX)
		return;
	cells->ends[cells->count] = cells->text.len;
	cells->paints[cells->count++] = paint;
}

void cells_free(struct cells *cells)
{
	buffer_free(&cells->text);
}

/* ---- the layout, found with the first row ---- */

/* So much is wanted for the last column, and so much it gets in any case. */
#define LAST_WANTED 24
#define LAST_LEAST  12

/* What the last column would get. */
static int room(const struct output *o, size_t count)
{
	int left = o->terminal_width;

	for (size_t i = 0; i + 1 < count; i++)
		if (o->widths[i])
			left -= o->widths[i] + o->gap;
	return left;
}

/* Takes one character from the column that has most to give; false: none has. */
static bool shrink(struct output *o, const struct text_column *columns, size_t count)
{
	int most = 0;
	size_t which = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		int spare = columns[i].least > 0 ? o->widths[i] - columns[i].least : 0;

		if (spare > most) {
			most = spare;
			which = i;
		}
	}
	o->widths[which] -= most > 0;
	return most > 0;
}

static void fit(struct output *o, const struct text_column *columns, size_t count)
{
	while (room(o, count) < LAST_WANTED && shrink(o, columns, count))
		;
	if (room(o, count) < LAST_WANTED)
		o->gap = 1;
	for (size_t i = 0; i + 1 < count && room(o, count) < LAST_LEAST; i++)
		if (columns[i].least == TEXT_MAY_GO)
			o->widths[i] = 0;
}

static void lay_out(struct output *o, const struct text_column *columns, size_t count)
{
	o->gap = 2;
	for (size_t i = 0; i < count; i++)
		o->widths[i] = columns[i].width;
	if (o->terminal_width)
		fit(o, columns, count);
}

/* ---- rows ---- */

/* Programs part cells at blanks: "4.06ms"; what isn't there is a cell, too. */
static struct span without_blanks(struct output *o, struct span text, bool right)
{
	struct buffer *b = &o->closed;

	if (!text.len)
		return span_text("-");
	if (!memchr(text.data, ' ', text.len))
		return text;
	buffer_clear(b);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != ' ')
			buffer_append_char(b, text.data[i]);
		else if (!right)
			buffer_append_text(b, "\\x20");
	}
	o->out.failed |= b->failed;
	return buffer_span(b);
}

/* A cell that isn't the last one; where nothing limits it, it is never cut. */
static void append_cell(struct output *o, const struct text_column *column, int width,
			struct span text)
{
	struct text_layout layout = {.width = width, .right = column->right, .cut = column->cut};

	if (!o->terminal_width && !o->terminal) {
		text = without_blanks(o, text, column->right);
		if (text.len > (size_t)width)
			layout.width = 0;
	}
	text_append_cell(&o->out, text, &layout);
}

/* Nothing, and no blanks in front of it; for programs a cell all the same, where it has a name. */
static void append_nothing(struct output *o, const struct text_column *column)
{
	if (!o->terminal_width && !o->terminal && *column->title)
		buffer_append_char(&o->out, '-');
	else
		while (o->out.len && o->out.data[o->out.len - 1] == ' ')
			o->out.len--;
}

static void append_last(struct output *o, const struct text_column *columns, size_t count,
			struct span text)
{
	int left = room(o, count);
	const struct text_layout layout = {
		.limit = !o->terminal_width  ? 0
			 : left > LAST_LEAST ? left
					     : LAST_LEAST,
		.cut = CUT_MIDDLE,
	};

	while (text.len && text.data[text.len - 1] == ' ')
		text.len--;
	if (!text.len) {
		append_nothing(o, &columns[count - 1]);
		return;
	}
	text_append_cell(&o->out, text, &layout);
}

/* In B, before it is laid out: it may become wider. */
static struct span in_ascii(struct buffer *b, struct span text)
{
	buffer_clear(b);
	buffer_append_span(b, text);
	text_to_ascii(b);
	return buffer_span(b);
}

static void text_row(struct output *o, const struct text_column *columns, const struct cells *cells)
{
	struct buffer ascii = {0};
	size_t from = 0;

	for (size_t i = 0; i < cells->count; from = cells->ends[i], i++) {
		const char *paint = o->colour ? paints[cells->paints[i]] : "";
		struct span text = span_of(cells->text.data + from, cells->ends[i] - from);
		bool last = i + 1 == cells->count;

		if (!last && !o->widths[i])
			continue;
		if (o->ascii)
			text = in_ascii(&ascii, text);
		buffer_append_text(&o->out, paint);
		if (last)
			append_last(o, columns, cells->count, text);
		else
			append_cell(o, &columns[i], o->widths[i], text);
		if (*paint)
			buffer_append_text(&o->out, "\033[0m");
		if (!last)
			buffer_append(&o->out, "  ", (size_t)o->gap);
	}
	o->out.failed |= ascii.failed;
	buffer_free(&ascii);
	output_end_row(o);
}

static void print_header(struct output *o, const struct text_column *columns, size_t count)
{
	struct cells titles = {0};

	lay_out(o, columns, count);
	for (size_t i = 0; i < count; i++) {
		buffer_append_text(&titles.text, columns[i].title);
		cells_end(&titles, PAINT_DIM);
	}
	text_row(o, columns, &titles);
	cells_free(&titles);
	o->header_done = true;
}

void output_time_cell(struct output *o, struct cells *cells, int64_t ns)
{
	struct text_moment *m = &o->moment;
	struct buffer *b = &cells->text;

	text_moment_set(m, ns);
	if (*o->day && strcmp(m->day, o->day) != 0) {
		if (o->terminal)
			buffer_printf(&o->out, "%s\n", m->day);
		else
			o->dated = true;
	}
	memcpy(o->day, m->day, sizeof(o->day));
	if (o->dated) {
		buffer_append_text(b, m->day);
		buffer_append_char(b, 'T');
	}
	text_moment_append_clock(m, b);
	cells_end(cells, PAINT_DIM);
}

void output_cells(struct output *o, const struct text_column *columns, const struct cells *cells)
{
	if (o->dead)
		return;
	if (cells->text.failed) {
		o->dead = true;
		return;
	}
	if (!o->header_done)
		print_header(o, columns, cells->count);
	text_row(o, columns, cells);
}
