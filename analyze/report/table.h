/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_TABLE_H
#define SOCKTAPE_ANALYZE_REPORT_TABLE_H

#include "analyze/report/html.h"

/*
 * A table of a page. Where a page is narrow its rows become blocks, in which each cell has its
 * column's title before it. With a script its columns sort.
 */
enum table_kind {
	TABLE_TEXT,
	TABLE_CODE,   /* text that a program said, in a fixed width */
	TABLE_NUMBER, /* to the right */
	TABLE_CHART,
};

struct table_column {
	const char *title;
	enum table_kind kind;
	const char *help; /* more about the title; "" */
};

struct page_table {
	struct html *html;
	const struct table_column *columns;
	size_t count;
	size_t at;
	bool in_row;
};

/* CAPTION says what the table is, for those who don't see it. All outlive it. */
void page_table_begin(struct page_table *t, struct html *h, const char *caption,
		      const struct table_column *columns, size_t count);

void page_table_row(struct page_table *t);

/* The next cell begins; the one before it ends. What it holds is put into the page then. */
void page_table_cell(struct page_table *t);

/* The same, and rows are sorted by this number. */
void page_table_number(struct page_table *t, double number);

/* One that has nothing to say. */
void page_table_empty(struct page_table *t);

void page_table_end(struct page_table *t);

#endif
