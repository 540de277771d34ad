/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/report/report.h"
#include "analyze/report/table.h"

/* Processes that had to do with others, and connections that came to nothing. */

#define PROCESSES_MAX  100
#define TROUBLES_SHOWN 100

static const struct table_column process_columns[] = {
	{"Process", TABLE_TEXT, ""},
	{"Command", TABLE_CODE, ""},
	{"Answered", TABLE_NUMBER, "exchanges in which it was the server"},
	{"Asked", TABLE_NUMBER, "exchanges in which it was the client"},
	{"Errors", TABLE_NUMBER, "of both, all that is not ok"},
	{"Connections", TABLE_NUMBER, ""},
	{"Sent", TABLE_NUMBER, ""},
	{"Received", TABLE_NUMBER, ""},
};

#define PROCESS_COLUMNS_COUNT (sizeof(process_columns) / sizeof(process_columns[0]))

static void put_count(struct page_table *t, uint64_t count, bool bad)
{
	if (!count) {
		page_table_empty(t);
		return;
	}
	page_table_number(t, (double)count);
	if (bad)
		html_put(t->html, "<b class=\"bad\">");
	html_count(t->html, count);
	if (bad)
		html_put(t->html, "</b>");
}

static void put_name(struct html *h, const struct process_sum *p)
{
	html_put(h, "<b>");
	html_word(h, p->name);
	html_draw(h, "</b>[%.0f]", (double)p->pid);
	if (!p->user && !p->container)
		return;
	html_put(h, " <small>");
	if (p->user)
		html_text_cut(h, span_text(p->user), 40);
	if (p->user && p->container)
		html_put(h, " ");
	if (p->container)
		html_text_cut(h, span_text(p->container), 12);
	html_put(h, "</small>");
}

static void put_process(struct page_table *t, const struct process_sum *p)
{
	struct html *h = t->html;

	page_table_row(t);
	page_table_cell(t);
	put_name(h, p);
	page_table_cell(t);
	html_text_cut(h, span_text(p->cmdline), 160);
	put_count(t, p->served, false);
	put_count(t, p->asked, false);
	put_count(t, p->failed, true);
	put_count(t, p->connections, false);
	page_table_number(t, (double)p->sent);
	html_bytes(h, p->sent);
	page_table_number(t, (double)p->received);
	html_bytes(h, p->received);
}

void report_processes(struct html *h, const struct report *r)
{
	struct page_table table;
	size_t count, shown;
	struct process_sum **order = process_sums_in_order(&r->process_sums, &count);

	if (!order) {
		h->error = TAPE_ERROR_MEMORY;
		return;
	}
	shown = count < PROCESSES_MAX ? count : PROCESSES_MAX;
	if (count) {
		page_table_begin(&table, h, "Processes, what moved most bytes first",
				 process_columns, PROCESS_COLUMNS_COUNT);
		for (size_t i = 0; i < shown; i++)
			put_process(&table, order[i]);
		page_table_end(&table);
	} else {
		html_put(h, "<p class=\"empty\">No process had a connection.</p>\n");
	}
	report_left_out(h, count - shown, "process", "socktape conns REC");
	if (r->process_sums.others) {
		html_put(h, "<p class=\"more\">There were too many processes to count each of "
			    "them; --memory allows more.</p>\n");
	}
	free(order);
}

/* ---- connections that failed ---- */

static const struct table_column trouble_columns[] = {
	{"What", TABLE_TEXT, ""},
	{"Process", TABLE_TEXT, ""},
	{"Other end", TABLE_CODE, ""},
	{"Times", TABLE_NUMBER, ""},
	{"First", TABLE_NUMBER, ""},
	{"Last", TABLE_NUMBER, ""},
	{"First connection", TABLE_NUMBER, "its number: socktape conns REC --conn NUMBER"},
};

#define TROUBLE_COLUMNS_COUNT (sizeof(trouble_columns) / sizeof(trouble_columns[0]))

static void put_trouble(struct page_table *t, const struct trouble *trouble)
{
	struct html *h = t->html;

	page_table_row(t);
	page_table_cell(t);
	html_word(h, finding_name(trouble->kind));
	if (trouble->what && *trouble->what) {
		html_put(h, " <small>");
		html_text_cut(h, span_text(trouble->what), 100);
		html_put(h, "</small>");
	}
	page_table_cell(t);
	html_word(h, trouble->process);
	page_table_cell(t);
	if (trouble->server)
		html_put(h, "from ");
	html_word(h, trouble->remote);
	page_table_number(t, (double)trouble->count);
	html_count(h, trouble->count);
	page_table_number(t, (double)trouble->first);
	html_time_of_day(h, trouble->first);
	page_table_number(t, (double)trouble->last);
	html_time_of_day(h, trouble->last);
	page_table_number(t, (double)trouble->conn);
	html_draw(h, "%.0f", (double)trouble->conn);
}

void report_troubles(struct html *h, const struct report *r)
{
	const struct finding_sums *f = &r->findings;
	size_t shown = f->trouble_count < TROUBLES_SHOWN ? f->trouble_count : TROUBLES_SHOWN;
	uint64_t left = f->more_troubles;
	struct page_table table;

	if (!f->trouble_count) {
		html_put(h, "<p class=\"empty\">None failed, and none was reset.</p>\n");
		return;
	}
	page_table_begin(&table, h, "Connections that failed, the most first", trouble_columns,
			 TROUBLE_COLUMNS_COUNT);
	for (size_t i = 0; i < shown; i++)
		put_trouble(&table, &f->troubles[i]);
	page_table_end(&table);
	for (size_t i = shown; i < f->trouble_count; i++)
		left += f->troubles[i].count;
	report_left_out(h, left, "connection",
			"socktape conns REC --where \"state IN ('failed', 'reset')\"");
}
