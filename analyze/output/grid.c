/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/grid.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyze/output/escape.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "analyze/spill/values.h"

/* Rows, and bytes of them, that are looked at before the first is printed. */
#define FIRST_ROWS  1000
#define FIRST_BYTES (4u << 20)

/* On a terminal a column gets no more than this, unless there is room. */
#define WIDE 60

/* And no less, or it is left out. */
#define NARROW 6

/* Written at once. */
#define FLUSH (64u << 10)

struct grid_column {
	int width;
	bool right;
	bool shown;
};

struct grid {
	const struct column *columns;
	size_t count;
	enum grid_style style;
	bool terminal, colour;
	int room; /* characters in a line; 0: any */

	struct buffer rows; /* that wait: length and values of each */
	size_t waiting;
	bool laid_out;
	struct grid_column *layout;
	struct value *values; /* of one row */
	struct buffer cell;
	struct buffer out;
	bool dead;
};

struct grid *grid_new(const struct column *columns, size_t count, enum grid_style style)
{
	struct grid *g = calloc(1, sizeof(*g));
	struct terminal terminal = terminal_find();

	if (!g)
		return NULL;
	g->columns = columns;
	g->count = count;
	g->style = style;
	g->terminal = terminal.present;
	g->colour = terminal.colour && style == GRID_TABLE;
	if (style == GRID_TABLE)
		g->room = terminal.width;
	g->layout = calloc(count, sizeof(*g->layout));
	g->values = calloc(count, sizeof(*g->values));
	if (!g->layout || !g->values) {
		grid_drop(g);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		g->layout[i] = (struct grid_column){.right = true, .shown = true};
	return g;
}

/* ---- cells ---- */

static void flush(struct grid *g)
{
	if (g->out.failed || (!g->dead && !terminal_write_text(&g->out)))
		g->dead = true;
	buffer_clear(&g->out);
}

/* The text of a value, in g->cell. */
static struct span text_of(struct grid *g, const struct value *v)
{
	struct buffer *b = &g->cell;

	buffer_clear(b);
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_INT:
		buffer_append_i64(b, v->integer);
		break;
	case VALUE_BOOL:
		buffer_append_text(b, v->boolean ? "true" : "false");
		break;
	default:
		if (g->style != GRID_MARKDOWN)
			return v->text;
		/* What ends a cell of Markdown, or begins something else in it. */
		for (size_t i = 0; i < v->text.len; i++) {
			if (strchr("|\\`*_<>[]", v->text.data[i]) && v->text.data[i])
				buffer_append_char(b, '\\');
			buffer_append_char(b, v->text.data[i]);
		}
		break;
	}
	return buffer_span(b);
}

/* Whether a cell stands to the right, as numbers do. */
static bool is_number(const struct value *v)
{
	return v->type == VALUE_INT || v->type == VALUE_NULL ||
	       (v->type == VALUE_JSON && v->text.len &&
		(v->text.data[0] == '-' || (v->text.data[0] >= '0' && v->text.data[0] <= '9')));
}

static int width_of(struct span text)
{
	const struct text_layout all = {0};
	struct buffer b = {0};
	int width = text_append_cell(&b, text, &all);

	buffer_free(&b);
	return width;
}

static void append_cell(struct grid *g, size_t i, struct span text, bool last)
{
	const struct grid_column *c = &g->layout[i];
	struct text_layout layout = {.limit = g->room ? c->width : 0};
	struct buffer *b = &g->out;
	size_t from = b->len;
	int width = text_append_cell(b, text, &layout);
	int padding = width < c->width ? c->width - width : 0;

	if (c->right && padding) {
		buffer_printf(b, "%*s", padding, "");
		if (!b->failed) {
			memmove(b->data + from + padding, b->data + from,
				b->len - from - (size_t)padding);
			memset(b->data + from, ' ', (size_t)padding);
		}
	} else if (padding && (!last || g->style == GRID_MARKDOWN)) {
		buffer_printf(b, "%*s", padding, "");
	}
}

static size_t last_shown(const struct grid *g)
{
	size_t i = g->count;

	while (i > 1 && !g->layout[i - 1].shown)
		i--;
	return i - 1;
}

static void begin_line(struct grid *g)
{
	if (g->style == GRID_MARKDOWN)
		buffer_append_text(&g->out, "| ");
}

static void end_cell(struct grid *g, bool last)
{
	if (g->style == GRID_MARKDOWN)
		buffer_append_text(&g->out, last ? " |" : " | ");
	else if (!last)
		buffer_append_text(&g->out, "  ");
}

static void end_line(struct grid *g)
{
	buffer_append_char(&g->out, '\n');
	if (g->out.len >= FLUSH || g->terminal)
		flush(g);
}

static void print_row(struct grid *g, const struct value *values)
{
	size_t last = last_shown(g);

	begin_line(g);
	for (size_t i = 0; i <= last; i++) {
		if (!g->layout[i].shown)
			continue;
		append_cell(g, i, text_of(g, &values[i]), i == last);
		end_cell(g, i == last);
	}
	end_line(g);
}

/* ---- the head ---- */

static void print_rule(struct grid *g)
{
	begin_line(g);
	for (size_t i = 0; i < g->count; i++) {
		const struct grid_column *c = &g->layout[i];

		for (int n = 0; n < c->width; n++)
			buffer_append_char(&g->out, n + 1 == c->width && c->right ? ':' : '-');
		end_cell(g, i + 1 == g->count);
	}
	end_line(g);
}

static void print_head(struct grid *g)
{
	size_t last = last_shown(g);

	begin_line(g);
	if (g->colour)
		buffer_append_text(&g->out, "\033[2m");
	for (size_t i = 0; i <= last; i++) {
		if (!g->layout[i].shown)
			continue;
		append_cell(g, i, span_text(g->columns[i].name), i == last);
		end_cell(g, i == last);
	}
	if (g->colour)
		buffer_append_text(&g->out, "\033[0m");
	end_line(g);
	if (g->style == GRID_MARKDOWN)
		print_rule(g);
}

/* ---- the layout ---- */

static int total_width(const struct grid *g)
{
	int total = 0;

	for (size_t i = 0; i < g->count; i++)
		if (g->layout[i].shown)
			total += g->layout[i].width + (total ? 2 : 0);
	return total;
}

/* The widest column gives, one character after the other, as long as it has some to give. */
static void shrink(struct grid *g)
{
	while (total_width(g) > g->room) {
		struct grid_column *widest = NULL;

		for (size_t i = 0; i < g->count; i++)
			if (g->layout[i].shown && (!widest || g->layout[i].width > widest->width))
				widest = &g->layout[i];
		if (!widest || widest->width <= NARROW)
			return;
		widest->width--;
	}
}

/* Columns from the last one on go, until the others fit. */
static void leave_out(struct grid *g)
{
	size_t hidden = 0;

	for (size_t i = g->count; i-- > 1 && total_width(g) > g->room;) {
		g->layout[i].shown = false;
		hidden++;
	}
	if (hidden)
		fprintf(stderr,
			"%zu of %zu columns find no room on this terminal: name fewer, or take "
			"another format\n",
			hidden, g->count);
}

/* Walks over the rows that wait; false after the last. */
static bool next_waiting(const struct grid *g, size_t *at, struct value *values)
{
	size_t len;

	if (*at + sizeof(len) > g->rows.len)
		return false;
	memcpy(&len, g->rows.data + *at, sizeof(len));
	values_unpack(span_of(g->rows.data + *at + sizeof(len), len), values, g->count);
	*at += sizeof(len) + len;
	return true;
}

static void measure(struct grid *g)
{
	bool *any = calloc(g->count, sizeof(*any));

	for (size_t i = 0; i < g->count; i++)
		g->layout[i].width = width_of(span_text(g->columns[i].name));
	for (size_t at = 0; next_waiting(g, &at, g->values);) {
		for (size_t i = 0; i < g->count; i++) {
			int width = width_of(text_of(g, &g->values[i]));

			if (g->room && width > WIDE && g->count > 1)
				width = WIDE;
			if (width > g->layout[i].width)
				g->layout[i].width = width;
			g->layout[i].right &= is_number(&g->values[i]);
			if (any)
				any[i] |= g->values[i].type != VALUE_NULL;
		}
	}
	for (size_t i = 0; any && i < g->count; i++)
		g->layout[i].right &= any[i];
	free(any);
}

static void lay_out(struct grid *g)
{
	g->laid_out = true;
	measure(g);
	if (g->room) {
		shrink(g);
		leave_out(g);
		if (g->count == 1 && g->layout[0].width > g->room)
			g->layout[0].width = g->room;
	}
	print_head(g);
	for (size_t at = 0; next_waiting(g, &at, g->values);)
		print_row(g, g->values);
	buffer_free(&g->rows);
	flush(g);
}

void grid_row(struct grid *g, const struct value *values, volatile bool *begun)
{
	size_t start = g->rows.len, len = 0;

	if (g->laid_out) {
		print_row(g, values);
		return;
	}
	buffer_append(&g->rows, &len, sizeof(len));
	values_pack(&g->rows, values, g->count);
	if (g->rows.failed) {
		g->dead = true;
		return;
	}
	len = g->rows.len - start - sizeof(len);
	memcpy(g->rows.data + start, &len, sizeof(len));
	if (++g->waiting < FIRST_ROWS && g->rows.len < FIRST_BYTES)
		return;
	*begun = true;
	lay_out(g);
}

void grid_flush(struct grid *g)
{
	if (!g->laid_out && g->waiting)
		lay_out(g);
	else
		flush(g);
}

bool grid_alive(const struct grid *g)
{
	return !g->dead;
}

bool grid_free(struct grid *g)
{
	bool good;

	if (!g->laid_out && !g->dead)
		lay_out(g);
	flush(g);
	good = !g->dead;
	grid_drop(g);
	return good;
}

void grid_drop(struct grid *g)
{
	buffer_free(&g->rows);
	buffer_free(&g->cell);
	buffer_free(&g->out);
	free(g->layout);
	free(g->values);
	free(g);
}
