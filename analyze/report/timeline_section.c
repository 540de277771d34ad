/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>

#include "analyze/report/chart.h"
#include "analyze/report/report.h"

/* How many, how many of them failed, and how long they took, over time. */

struct course {
	struct group **of; /* by interval; NULL: it has none */
	size_t count;
	int64_t first;
	int64_t step;
	double seconds; /* of an interval */
	double most_rate;
	double most_errors; /* a second */
	double low_ns;	    /* of all p50; 0: no latency is known */
	double high_ns;	    /* of all p99 */
};

static double quantile(const struct group *g, double part)
{
	return quantiles_at(g->latencies, part);
}

static void measure(struct course *c, const struct group *g)
{
	c->most_rate = fmax(c->most_rate, (double)g->count / c->seconds);
	c->most_errors = fmax(c->most_errors, (double)g->failed / c->seconds);
	if (!g->latencies)
		return;
	c->high_ns = fmax(c->high_ns, quantile(g, 0.99));
	if (c->low_ns == 0 || quantile(g, 0.5) < c->low_ns)
		c->low_ns = fmax(quantile(g, 0.5), 1);
}

static bool begin(struct course *c, const struct timeline *t)
{
	struct group *const *groups;
	size_t groups_count;

	*c = (struct course){.count = timeline_count(t),
			     .first = t->first,
			     .step = t->step,
			     .seconds = (double)t->step / 1e9};
	c->of = calloc(c->count + 1, sizeof(struct group *));
	if (!c->of)
		return false;
	groups = timeline_groups(t, &groups_count);
	for (size_t i = 0; i < groups_count; i++) {
		c->of[(groups[i]->since - c->first) / c->step] = groups[i];
		measure(c, groups[i]);
	}
	return true;
}

/* ---- labels ---- */

static void rate_label(struct html *h, double rate)
{
	if (rate >= 1e6)
		html_draw(h, "%gM", rate / 1e6);
	else if (rate >= 1e4)
		html_draw(h, "%gk", rate / 1e3);
	else
		html_draw(h, "%.4g", rate);
}

static void latency_label(struct html *h, double ns)
{
	if (ns >= 1e9)
		html_draw(h, "%g s", ns / 1e9);
	else if (ns >= 1e6)
		html_draw(h, "%g ms", ns / 1e6);
	else if (ns >= 1e3)
		html_draw(h, "%g µs", ns / 1e3);
	else
		html_draw(h, "%g ns", ns);
}

/* "10:00:05: 120 requests, 3 errors, p50 1.2 ms, p99 4 ms" */
static void put_hint(struct html *h, const struct course *c, size_t i)
{
	const struct group *g = c->of[i];

	chart_begin_hint(h, i, c->count);
	html_time_of_day(h, c->first + (int64_t)i * c->step);
	html_put(h, ": ");
	html_counted(h, g->count, "exchange");
	html_put(h, " (");
	rate_label(h, round((double)g->count / c->seconds * 100) / 100);
	html_put(h, " a second), ");
	html_counted(h, g->failed, "error");
	if (g->latencies) {
		html_put(h, ", p50 ");
		html_duration(h, (int64_t)quantile(g, 0.5));
		html_put(h, ", p99 ");
		html_duration(h, (int64_t)quantile(g, 0.99));
	}
	chart_end_hint(h);
}

static void put_hints(struct html *h, const struct course *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->of[i])
			put_hint(h, c, i);
}

/* ---- charts ---- */

static void put_rates(struct html *h, const struct course *c)
{
	const struct chart_scale s = chart_linear(c->most_rate);

	html_put(h, "<h3>Exchanges <small>a second</small></h3>\n");
	chart_begin(h, &s, rate_label);
	for (size_t i = 0; i < c->count; i++)
		if (c->of[i])
			chart_bar(h, &s, i, c->count, 0, (double)c->of[i]->count / c->seconds,
				  "bar");
	put_hints(h, c);
	chart_end(h);
}

static void put_errors(struct html *h, const struct course *c)
{
	const struct chart_scale s = chart_linear(c->most_errors);

	html_put(h, "<h3>Errors <small>a second: all that is not ok</small></h3>\n");
	if (c->most_errors <= 0) {
		html_put(h, "<p class=\"empty\">None.</p>\n");
		return;
	}
	chart_begin(h, &s, rate_label);
	for (size_t i = 0; i < c->count; i++)
		if (c->of[i] && c->of[i]->failed)
			chart_bar(h, &s, i, c->count, 0, (double)c->of[i]->failed / c->seconds,
				  "bar bad");
	put_hints(h, c);
	chart_end(h);
}

/* A line through the intervals that have latencies and follow each other. */
static void put_course(struct html *h, const struct course *c, const struct chart_scale *s,
		       double part, const char *css)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct group *g = c->of[i], *next = i + 1 < c->count ? c->of[i + 1] : NULL;

		if (!g || !g->latencies)
			continue;
		chart_line(h, s, i, quantile(g, part), i, 0, c->count, css);
		if (next && next->latencies)
			chart_line(h, s, i, quantile(g, part), i + 1, quantile(next, part),
				   c->count, css);
	}
}

static void put_latencies(struct html *h, const struct course *c)
{
	const struct chart_scale s = chart_log(c->low_ns, c->high_ns);

	if (c->low_ns == 0)
		return;
	html_put(h, "<h3>Latency <small><i class=\"key p50\"></i>p50 <i class=\"key p99\"></i>p99, "
		    "logarithmic</small></h3>\n");
	chart_begin(h, &s, latency_label);
	put_course(h, c, &s, 0.99, "p99");
	put_course(h, c, &s, 0.5, "p50");
	put_hints(h, c);
	chart_end(h);
}

void report_timeline(struct html *h, const struct report *r)
{
	struct course c;

	if (!timeline_count(&r->timeline)) {
		html_put(h, "<p class=\"empty\">No exchanges were found.</p>\n");
		return;
	}
	if (!begin(&c, &r->timeline)) {
		h->error = TAPE_ERROR_MEMORY;
		return;
	}
	html_put(h, "<p class=\"readout\">Each bar stands for ");
	html_duration(h, c.step);
	html_put(h, ".</p>\n<div class=\"charts\">\n");
	put_rates(h, &c);
	put_errors(h, &c);
	put_latencies(h, &c);
	chart_times(h, c.first, c.step, c.count);
	html_put(h, "</div>\n");
	free(c.of);
}
