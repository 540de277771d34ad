/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/label.h"

#include "analyze/output/sparkline.h"
#include "analyze/output/text.h"
#include "analyze/replay/conn_row.h"

void label_append_what(struct buffer *b, const struct graph_edge *e)
{
	buffer_append_text(b, e->what);
	if (e->tls)
		buffer_append_text(b, "+tls");
}

void label_append_rate(struct buffer *b, double rate)
{
	if (rate >= 100)
		text_append_count(b, (uint64_t)(rate + 0.5));
	else
		buffer_printf(b, rate >= 1 ? "%.1f" : "%.2g", rate);
	buffer_append_text(b, "/s");
}

static void append_counts(struct buffer *b, const struct graph *g, const struct graph_edge *e)
{
	double rate = graph_rate(g, e->counts);

	label_append_what(b, e);
	buffer_append_text(b, ": ");
	text_append_count(b, e->counts->count);
	if (rate > 0) {
		buffer_append_text(b, ", ");
		label_append_rate(b, rate);
	}
	if (e->counts->bytes) {
		buffer_append_text(b, ", ");
		text_append_bytes(b, e->counts->bytes);
	}
}

static void append_times(struct buffer *b, const struct group *counts)
{
	if (!counts->latencies)
		return;
	buffer_append_text(b, "p50 ");
	text_append_duration(b, (int64_t)quantiles_at(counts->latencies, 0.5));
	buffer_append_text(b, ", p99 ");
	text_append_duration(b, (int64_t)quantiles_at(counts->latencies, 0.99));
}

void label_append_failures(struct buffer *b, const struct group *counts)
{
	const char *before = "";

	for (size_t i = 0; counts->failures && i < GROUP_FAILURES; i++) {
		const struct group_failure *f = &counts->failures[i];

		if (!f->count)
			continue;
		buffer_append_text(b, before);
		buffer_append_span(b, conn_error_words(span_text(f->name)));
		buffer_append_text(b, ": ");
		text_append_count(b, f->count);
		before = ", ";
	}
}

static void append_failures(struct buffer *b, const struct group *counts)
{
	if (!counts->failed)
		return;
	buffer_append_text(b, "failed: ");
	label_append_failures(b, counts);
}

static void append_course(struct buffer *b, const struct graph *g, const struct graph_edge *e)
{
	struct sparkline course = {0};
	int64_t first;
	size_t last;

	if (!g->over)
		return;
	first = g->first - g->first % g->over;
	last = (size_t)((g->last - first) / g->over);
	for (size_t i = 0; i < e->course_count; i++)
		sparkline_add(&course, (size_t)((e->courses[i]->since - first) / g->over), last,
			      (double)e->courses[i]->count, true);
	sparkline_append(&course, b);
}

void label_append(struct buffer *b, const struct graph *g, const struct graph_edge *e,
		  enum label_part part)
{
	if (!e->counts)
		return;
	switch (part) {
	case LABEL_WHAT:
		append_counts(b, g, e);
		break;
	case LABEL_TIMES:
		append_times(b, e->counts);
		break;
	case LABEL_FAILURES:
		append_failures(b, e->counts);
		break;
	case LABEL_EXTRA:
		buffer_append_text(b, e->extra);
		break;
	default:
		append_course(b, g, e);
	}
}

void label_append_span(struct buffer *b, const struct graph *g)
{
	struct buffer times[2] = {{0}, {0}};
	size_t day = sizeof("2026-11-22T") - 1, len = sizeof("2026-11-22T04:06:24.640") - 1;

	if (!g->first)
		return;
	text_append_time_utc(&times[0], g->first);
	text_append_time_utc(&times[1], g->last);
	if (times[0].len > len && times[1].len > len) {
		bool same = memcmp(times[0].data, times[1].data, day) == 0;

		times[0].data[day - 1] = times[1].data[day - 1] = ' ';
		buffer_append(b, times[0].data, len);
		buffer_append_text(b, " to ");
		buffer_append(b, times[1].data + (same ? day : 0), len - (same ? day : 0));
		buffer_append_text(b, " UTC");
	}
	buffer_free(&times[0]);
	buffer_free(&times[1]);
}

void label_append_left_out(struct buffer *b, const struct graph *g)
{
	if (g->left_out_nodes) {
		buffer_append_text(b, "left out: ");
		text_append_count(b, g->left_out_nodes);
		buffer_printf(b, " less busy %s, with ", g->left_out_nodes == 1 ? "one" : "ones");
		text_append_count(b, g->left_out_count);
		buffer_printf(b, " %s; --limit 0 shows all", g->unit);
	}
	if (g->overflow) {
		if (g->left_out_nodes)
			buffer_append_text(b, "; ");
		text_append_count(b, g->overflow);
		buffer_printf(b, " %s found no room in memory; --memory allows more", g->unit);
	}
}
