/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/table.h"

static void put_class(struct html *h, enum table_kind kind)
{
	static const char *const classes[] = {
		[TABLE_TEXT] = "",
		[TABLE_CODE] = " class=\"code\"",
		[TABLE_NUMBER] = " class=\"num\"",
		[TABLE_CHART] = " class=\"chart\"",
	};

	html_put_ours(h, span_text(classes[kind]));
}

static void put_title(struct html *h, const struct table_column *column)
{
	html_put(h, "<th scope=\"col\"");
	put_class(h, column->kind);
	if (*column->help) {
		html_put(h, " title=\"");
		html_word(h, column->help);
		html_put(h, "\"");
	}
	html_put(h, ">");
	html_word(h, column->title);
	html_put(h, "</th>");
}

void page_table_begin(struct page_table *t, struct html *h, const char *caption,
		      const struct table_column *columns, size_t count)
{
	*t = (struct page_table){.html = h, .columns = columns, .count = count};
	html_put(h, "<table><caption>");
	html_word(h, caption);
	html_put(h, "</caption><thead><tr>");
	for (size_t i = 0; i < count; i++)
		put_title(h, &columns[i]);
	html_put(h, "</tr></thead><tbody>\n");
}

static void end_cell(struct page_table *t)
{
	if (t->in_row && t->at)
		html_put(t->html, "</td>");
}

static void end_row(struct page_table *t)
{
	end_cell(t);
	if (t->in_row)
		html_put(t->html, "</tr>\n");
}

void page_table_row(struct page_table *t)
{
	end_row(t);
	html_put(t->html, "<tr>");
	t->in_row = true;
	t->at = 0;
}

/* The begin of a cell, but for its last mark. */
static void begin_cell(struct page_table *t)
{
	const struct table_column *column = &t->columns[t->at];

	end_cell(t);
	t->at++;
	html_put(t->html, "<td");
	put_class(t->html, column->kind);
	if (column->kind != TABLE_CODE) {
		html_put(t->html, " data-l=\"");
		html_word(t->html, column->title);
		html_put(t->html, "\"");
	}
}

void page_table_cell(struct page_table *t)
{
	begin_cell(t);
	html_put(t->html, ">");
}

void page_table_number(struct page_table *t, double number)
{
	begin_cell(t);
	html_draw(t->html, " data-v=\"%.15g\">", number);
}

void page_table_empty(struct page_table *t)
{
	begin_cell(t);
	html_put(t->html, " data-v=\"-1\"><span class=\"none\">–</span>");
}

void page_table_end(struct page_table *t)
{
	end_row(t);
	html_put(t->html, "</tbody></table>\n");
}
