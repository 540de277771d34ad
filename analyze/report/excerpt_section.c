/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/report/report.h"

/* Exchanges with what both sides said. */

#define SLOW_MAX   30
#define FAILED_MAX 60
/* Bytes of a page for each of the two lists. */
#define BYTES_MAX (1000u << 10)

static void put_side(struct html *h, const struct excerpt *s, enum side side)
{
	const struct excerpt_side *said = &s->sides[side];

	html_put(h, "<div class=\"side\"><h4>");
	if (side == SIDE_CLIENT)
		html_put(h, "Request ");
	else
		html_put(h, "Response ");
	html_put(h, "<small>");
	html_word(h, side == SIDE_CLIENT ? s->client : s->server);
	html_put(h, "</small></h4>\n");
	if (said->head || said->body) {
		html_put(h, "<pre>");
		html_lines(h, span_text(said->head));
		if (said->head && said->body)
			html_put(h, "\n");
		html_lines(h, span_text(said->body));
		html_put(h, "</pre>");
	} else {
		html_put(h, "<p class=\"empty\">Nothing is known of it.</p>");
	}
	html_put(h, "</div>\n");
}

static void put_facts(struct html *h, const struct excerpt *s)
{
	html_put(h, "<p class=\"facts\">");
	html_time(h, s->begin);
	if (s->first_byte != TIME_UNKNOWN) {
		html_put(h, " · first byte of the response after ");
		html_duration(h, s->first_byte);
	}
	if (s->latency != TIME_UNKNOWN) {
		html_put(h, " · the last after ");
		html_duration(h, s->latency);
	}
	if (s->note) {
		html_put(h, " · ");
		html_word(h, s->note);
	}
	html_put(h, " · ");
	if (s->sides[0].cut || s->sides[1].cut)
		html_put(h, "<b>cut here</b>, the whole: ");
	html_put(h, "<code>socktape show REC --id ");
	html_word(h, s->id);
	html_put(h, "</code></p>\n");
}

static void put_excerpt(struct html *h, const struct excerpt *s)
{
	html_put(h, "<details class=\"excerpt\"><summary><span class=\"when\">");
	html_time_of_day(h, s->begin);
	html_put(h, "</span><span class=\"proto\">");
	html_word(h, s->table->name);
	html_put(h, "</span><span class=\"line\">");
	html_text_cut(h, span_text(s->line), 200);
	html_put(h, "</span><span class=\"ends\">");
	html_word(h, s->client);
	html_put(h, " → ");
	html_word(h, s->server);
	html_put(h, "</span><span class=\"took\">");
	if (s->latency != TIME_UNKNOWN)
		html_duration(h, s->latency);
	html_put(h, "</span>");
	if (s->outcome == OUTCOME_OK)
		html_put(h, "<span class=\"outcome\">");
	else
		html_put(h, "<span class=\"outcome bad\">");
	html_word(h, outcome_text(s->outcome));
	html_put(h, "</span></summary>\n");
	put_facts(h, s);
	html_put(h, "<div class=\"sides\">\n");
	put_side(h, s, SIDE_CLIENT);
	put_side(h, s, SIDE_SERVER);
	html_put(h, "</div></details>\n");
}

/* ---- the slowest ---- */

static int by_latency(const void *left, const void *right)
{
	const struct excerpt *a = *(struct excerpt *const *)left;
	const struct excerpt *b = *(struct excerpt *const *)right;

	if (a->latency != b->latency)
		return a->latency > b->latency ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

void report_slow(struct html *h, const struct report *r)
{
	const struct excerpts *s = &r->excerpts;
	struct excerpt **all = calloc(EXCERPTS_TABLES * EXCERPTS_SLOW, sizeof(struct excerpt *));
	uint64_t begun = h->len, known = 0;
	size_t count = 0, shown = 0;

	if (!all) {
		h->error = TAPE_ERROR_MEMORY;
		return;
	}
	for (size_t i = 0; i < s->slow_count; i++) {
		known += s->slow[i].count;
		for (size_t j = 0; j < s->slow[i].kept; j++)
			all[count++] = s->slow[i].of[j];
	}
	qsort(all, count, sizeof(struct excerpt *), by_latency);
	if (!count)
		html_put(h,
			 "<p class=\"empty\">Of no exchange it is known how long it took.</p>\n");
	else
		html_draw(h,
			  "<p class=\"lead\">Up to %.0f of each protocol, the longest first.</p>\n",
			  (double)EXCERPTS_SLOW);
	while (shown < count && shown < SLOW_MAX && h->len - begun < BYTES_MAX)
		put_excerpt(h, all[shown++]);
	report_left_out(h, known - shown, "exchange", "socktape show REC --sort -latency_ns");
	free(all);
}

/* ---- those that failed ---- */

static int by_count(const void *left, const void *right)
{
	const struct failed_excerpts *a = *(const struct failed_excerpts *const *)left;
	const struct failed_excerpts *b = *(const struct failed_excerpts *const *)right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a < b ? -1 : 1;
}

static void put_way(struct html *h, const struct failed_excerpts *way)
{
	html_put(h, "<h3>");
	html_word(h, way->table->name);
	html_put(h, " <span class=\"tag bad\">");
	html_word(h, way->name);
	html_put(h, "</span> <small>");
	html_count(h, way->count);
	if (way->count > way->kept)
		html_put(h, " times, the first of them");
	else if (way->count > 1)
		html_put(h, " times");
	else
		html_put(h, " time");
	html_put(h, "</small></h3>\n");
	for (size_t j = 0; j < way->kept; j++)
		put_excerpt(h, way->of[j]);
}

void report_failed(struct html *h, const struct report *r)
{
	const struct excerpts *s = &r->excerpts;
	const struct failed_excerpts *order[EXCERPTS_WAYS];
	uint64_t begun = h->len, failed = s->more_failed;
	size_t shown = 0;

	for (size_t i = 0; i < s->failed_count; i++) {
		order[i] = &s->failed[i];
		failed += s->failed[i].count;
	}
	if (!s->failed_count)
		html_put(h, "<p class=\"empty\">None failed.</p>\n");
	else
		qsort(order, s->failed_count, sizeof(struct failed_excerpts *), by_count);
	for (size_t i = 0; i < s->failed_count && shown < FAILED_MAX; i++) {
		if (h->len - begun >= BYTES_MAX)
			break;
		put_way(h, order[i]);
		shown += order[i]->kept;
	}
	report_left_out(h, failed - shown, "failed exchange",
			"socktape show REC --where \"outcome <> 'ok'\"");
}
