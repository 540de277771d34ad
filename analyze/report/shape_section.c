/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>

#include "analyze/report/report.h"
#include "analyze/report/table.h"
#include "analyze/spill/values.h"

/* What was asked: how often, how long, how many failed. */

#define ROWS_MAX  300
#define SHAPE_MAX 240
/* Bytes of a page. */
#define BYTES_MAX (1000u << 10)

enum {
	PROTOCOL,
	SHAPE,
	COUNT,
	ERRORS,
	P50,
	P90,
	P99,
	MAX,
	RANGE,
	SHARE,
	BYTES,
	COLUMNS
};

static const struct table_column columns[COLUMNS] = {
	[PROTOCOL] = {"Protocol", TABLE_TEXT, ""},
	[SHAPE] = {"Shape", TABLE_CODE, "what was asked, without its values"},
	[COUNT] = {"Count", TABLE_NUMBER, ""},
	[ERRORS] = {"Errors", TABLE_NUMBER, "all that is not ok"},
	[P50] = {"p50", TABLE_NUMBER, "half of them took no longer"},
	[P90] = {"p90", TABLE_NUMBER, "nine of ten took no longer"},
	[P99] = {"p99", TABLE_NUMBER, "99 of a hundred took no longer"},
	[MAX] = {"Max", TABLE_NUMBER, "the longest"},
	[RANGE] = {"Latency", TABLE_CHART, "p50 to p99, and the longest, on one logarithmic scale"},
	[SHARE] = {"Time", TABLE_NUMBER, "share of the time of all exchanges"},
	[BYTES] = {"Bytes", TABLE_NUMBER, "of requests and responses"},
};

/* The scale that all ranges share. */
struct scale {
	double low;
	double high;
};

static double quantile(const struct group *g, double part)
{
	return quantiles_at(g->latencies, part);
}

static struct scale scale_of(struct group *const *order, size_t count)
{
	struct scale s = {0, 1};

	for (size_t i = 0; i < count; i++) {
		double p50 = order[i]->latencies ? fmax(quantile(order[i], 0.5), 1) : 0;

		if (!order[i]->latencies)
			continue;
		if (s.low == 0 || p50 < s.low)
			s.low = p50;
		s.high = fmax(s.high, (double)order[i]->most_ns);
	}
	if (s.low < 1)
		s.low = 1;
	if (s.high < s.low * 10)
		s.high = s.low * 10;
	return s;
}

/* Where NS stands, in percent. */
static double place(const struct scale *s, double ns)
{
	double part = log(fmax(ns, s->low) / s->low) / log(s->high / s->low);

	return 3 + 94 * fmin(part, 1);
}

static void put_range(struct html *h, const struct group *g, const struct scale *s)
{
	double p50 = place(s, quantile(g, 0.5)), p99 = place(s, quantile(g, 0.99)),
	       most = place(s, (double)g->most_ns);

	html_put(h, "<svg class=\"range\" width=\"100%\" height=\"14\" aria-hidden=\"true\">");
	html_draw(h, "<line class=\"far\" x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"7\" y2=\"7\"/>", p50,
		  most);
	html_draw(h, "<line class=\"near\" x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"7\" y2=\"7\"/>", p50,
		  p99);
	html_draw(h, "<circle cx=\"%.1f%%\" cy=\"7\" r=\"3\"/></svg>", p50);
}

static void put_shape(struct html *h, const struct group *g, const struct value *shape)
{
	if (g->rest)
		html_put(h, "<i>all others</i>");
	else if (value_has_text(shape) && shape->text.len)
		html_text_cut(h, shape->text, SHAPE_MAX);
	else
		html_put(h, "<span class=\"none\">–</span>");
	if (!g->failed && !g->repeats)
		return;
	html_put(h, "<span class=\"notes\">");
	for (size_t i = 0; g->failures && i < GROUP_FAILURES; i++) {
		if (!g->failures[i].count)
			continue;
		html_put(h, "<span class=\"tag bad\">");
		html_word(h, g->failures[i].name);
		html_put(h, " × ");
		html_count(h, g->failures[i].count);
		html_put(h, "</span> ");
	}
	if (g->repeats) {
		html_put(h, "<span class=\"tag fair\">N+1: ");
		html_count(h, g->repeats);
		html_put(h, " times in a row at ");
		html_word(h, g->repeats_in);
		html_put(h, "</span>");
	}
	html_put(h, "</span>");
}

static void put_quantile(struct page_table *t, const struct group *g, double part)
{
	double ns = g->latencies ? part < 1 ? quantile(g, part) : (double)g->most_ns : 0;

	if (!g->latencies) {
		page_table_empty(t);
		return;
	}
	page_table_number(t, ns);
	html_duration(t->html, (int64_t)ns);
}

static void put_group(struct page_table *t, const struct report *r, const struct group *g,
		      const struct scale *scale)
{
	struct value key[STATISTICS_BY_MAX] = {0};
	struct html *h = t->html;

	if (!g->rest && g->key.len)
		values_unpack(g->key, key, r->statistics.by_count);
	page_table_row(t);
	page_table_cell(t);
	if (value_has_text(&key[0]))
		html_text(h, key[0].text);
	page_table_cell(t);
	put_shape(h, g, &key[1]);
	page_table_number(t, (double)g->count);
	html_count(h, g->count);
	if (g->failed) {
		page_table_number(t, (double)g->failed);
		html_put(h, "<b class=\"bad\">");
		html_count(h, g->failed);
		html_put(h, "</b>");
	} else {
		page_table_empty(t);
	}
	put_quantile(t, g, 0.5);
	put_quantile(t, g, 0.9);
	put_quantile(t, g, 0.99);
	put_quantile(t, g, 1);
	page_table_cell(t);
	if (g->latencies)
		put_range(h, g, scale);
	page_table_number(t, (double)g->total_ns);
	html_share(h, (double)g->total_ns, (double)r->statistics.total_ns);
	page_table_number(t, (double)g->bytes);
	html_bytes(h, g->bytes);
}

void report_shapes(struct html *h, const struct report *r)
{
	struct page_table table;
	struct scale scale;
	uint64_t begun = h->len;
	size_t count, most, shown = 0;
	struct group **order = groups_in_order(r->statistics.groups, &count);

	if (!order) {
		h->error = TAPE_ERROR_MEMORY;
		return;
	}
	if (!count)
		html_put(h, "<p class=\"empty\">No requests were found.</p>\n");
	most = count < ROWS_MAX ? count : ROWS_MAX;
	scale = scale_of(order, most);
	if (count) {
		page_table_begin(&table, h, "What was asked, what took most time first", columns,
				 COLUMNS);
		while (shown < most && h->len - begun < BYTES_MAX)
			put_group(&table, r, order[shown++], &scale);
		if (shown < count && order[count - 1]->rest)
			put_group(&table, r, order[--count], &scale);
		page_table_end(&table);
	}
	report_left_out(h, count - shown, "shape", "socktape stat REC");
	free(order);
}
