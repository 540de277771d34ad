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

static void text_row(struct output *o, const struct text_column *columns, const struct cells *cells)
{
	size_t from = 0;
	int used = 0;

	for (size_t i = 0; i < cells->count; from = cells->ends[i], i++) {
		struct text_layout layout = {.width = columns[i].width, .right = columns[i].right};
		const char *paint = o->colour ? paints[cells->paints[i]] : "";
		struct span text = span_of(cells->text.data + from, cells->ends[i] - from);

		if (i + 1 == cells->count) {
			layout.width = 0;
			layout.limit = o->terminal_width > used + 1 ? o->terminal_width - used : 0;
		}
		buffer_append_text(&o->out, paint);
		used += text_append_cell(&o->out, text, &layout);
		if (*paint)
			buffer_append_text(&o->out, "\033[0m");
		if (i + 1 < cells->count) {
			buffer_append_text(&o->out, "  ");
			used += 2;
		}
	}
	output_end_row(o);
}

static void print_header(struct output *o, const struct text_column *columns, size_t count)
{
	struct cells titles = {0};

	for (size_t i = 0; i < count; i++) {
		buffer_append_text(&titles.text, columns[i].title);
		cells_end(&titles, PAINT_DIM);
	}
	text_row(o, columns, &titles);
	cells_free(&titles);
	o->header_done = true;
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
