/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/evp.h>
#include <string.h>

#include "analyze/map/draw.h"
#include "analyze/report/assets.h"
#include "analyze/report/report.h"
#include "protocols/value/base64.h"

/* The page: its head, its first lines, and its sections in their order. */

static const struct report_section sections[] = {
	{"lost", "What was lost", report_lost},
	{"time", "Over time", report_timeline},
	{"map", "Who talks to whom", report_map},
	{"shapes", "What was asked", report_shapes},
	{"slow", "Slowest exchanges", report_slow},
	{"failed", "Failed exchanges", report_failed},
	{"findings", "Findings", report_findings},
	{"processes", "Processes", report_processes},
	{"connections", "Connections that failed", report_troubles},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

void report_left_out(struct html *h, uint64_t left, const char *one, const char *command)
{
	if (!left)
		return;
	html_put(h, "<p class=\"more\">");
	html_count(h, left);
	html_put(h, " more ");
	html_word(h, one);
	if (left > 1 && one[strlen(one) - 1] == 's')
		html_put(h, "es");
	else if (left > 1)
		html_put(h, "s");
	html_put(h, " not shown here: <code>");
	html_word(h, command);
	html_put(h, "</code></p>\n");
}

/* ---- the head ---- */

/* Allows TEXT alone, by its hash (CSP level 3, section 2.3.1). */
static void put_hash(struct html *h, struct span text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct buffer base64 = {0};
	unsigned int len;

	if (EVP_Digest(text.data, text.len, digest, &len, EVP_sha256(), NULL) != 1) {
		h->error = TAPE_ERROR_MEMORY;
		return;
	}
	base64_append(&base64, span_of(digest, len));
	html_put(h, "'sha256-");
	html_text(h, buffer_span(&base64));
	html_put(h, "'");
	buffer_free(&base64);
}

static void put_head(struct html *h, const struct report *r)
{
	html_put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src ");
	put_hash(h, asset_style());
	html_put(h, " ");
	put_hash(h, span_text(map_svg_style()));
	html_put(h, "; script-src ");
	put_hash(h, asset_script());
	html_put(h, "; base-uri 'none'; form-action 'none'\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"generator\" content=\"socktape " SOCKTAPE_VERSION "\">\n<title>");
	if (r->account.hostname.len)
		html_text(h, buffer_span(&r->account.hostname));
	else
		html_put(h, "A recording");
	if (r->account.first) {
		html_put(h, ", ");
		html_time(h, r->account.first);
		html_put(h, " UTC");
	}
	html_put(h, "</title>\n<style>");
	html_put_ours(h, span_text(map_svg_style()));
	html_put(h, "</style>\n<style>");
	html_put_ours(h, asset_style());
	html_put(h, "</style>\n</head>\n<body>\n");
}

/* ---- the first lines ---- */

static void put_host(struct html *h, const struct account *a)
{
	html_put(h, "<h1>");
	if (a->hostname.len)
		html_text_cut(h, buffer_span(&a->hostname), 100);
	else
		html_put(h, "A recording");
	html_put(h, "</h1>\n<p class=\"about\">");
	if (a->first) {
		html_time(h, a->first);
		html_put(h, " to ");
		html_time(h, a->last);
		html_put(h, " (");
		html_duration(h, a->last - a->first);
		html_put(h, "). All times are UTC.");
	} else {
		html_put(h, "Nothing that happened is in it.");
	}
	if (a->kernel.len) {
		html_put(h, "<br>Linux ");
		html_text_cut(h, buffer_span(&a->kernel), 100);
		html_put(h, " ");
		html_text_cut(h, buffer_span(&a->machine), 40);
		html_put(h, ", ");
		html_counted(h, a->cpus, "CPU");
	}
	if (a->recorder.len) {
		html_put(h, "<br>");
		html_text_cut(h, buffer_span(&a->recorder), 60);
	}
	if (a->recorder_options.len) {
		html_put(h, ": <code>");
		html_text_cut(h, buffer_span(&a->recorder_options), 300);
		html_put(h, "</code>");
	}
	html_put(h, "</p>\n");
}

static void begin_figure(struct html *h)
{
	html_put(h, "<div><dd>");
}

static void end_figure(struct html *h, const char *what)
{
	html_put(h, "</dd><dt>");
	html_word(h, what);
	html_put(h, "</dt></div>\n");
}

static void put_latency(struct html *h, struct quantiles *all, double part, const char *what)
{
	begin_figure(h);
	if (quantiles_count(all))
		html_duration(h, (int64_t)quantiles_at(all, part));
	else
		html_put(h, "–");
	end_figure(h, what);
}

/* Those of all groups together. */
static bool put_latencies(struct html *h, const struct report *r, uint64_t *failed)
{
	struct quantiles *all = quantiles_new();
	struct group *const *groups;
	bool good = all != NULL;
	size_t count;

	*failed = 0;
	groups = groups_all(r->statistics.groups, &count);
	for (size_t i = 0; i < count; i++) {
		*failed += groups[i]->failed;
		if (good && groups[i]->latencies)
			good = quantiles_merge(all, groups[i]->latencies);
	}
	if (good) {
		put_latency(h, all, 0.5, "p50");
		put_latency(h, all, 0.99, "p99");
	}
	quantiles_free(all);
	return good;
}

static void put_figures(struct html *h, const struct report *r)
{
	uint64_t failed = 0;

	html_put(h, "<dl class=\"figures\">\n");
	begin_figure(h);
	html_count(h, r->statistics.count);
	end_figure(h, r->statistics.count == 1 ? "exchange" : "exchanges");
	if (!put_latencies(h, r, &failed))
		h->error = TAPE_ERROR_MEMORY;
	if (failed)
		html_put(h, "<div class=\"bad\"><dd>");
	else
		begin_figure(h);
	html_share(h, (double)failed, (double)r->statistics.count);
	html_put(h, "</dd><dt>");
	html_counted(h, failed, "error");
	html_put(h, "</dt></div>\n");
	begin_figure(h);
	html_count(h, r->account.connections);
	end_figure(h, r->account.connections == 1 ? "connection" : "connections");
	begin_figure(h);
	html_count(h, r->processes);
	end_figure(h, r->processes == 1 ? "process" : "processes");
	begin_figure(h);
	html_bytes(h, account_moved(&r->account));
	end_figure(h, "moved");
	html_put(h, "</dl>\n");
}

/* ---- all ---- */

static void put_contents(struct html *h)
{
	html_put(h, "<nav aria-label=\"Sections\">");
	for (size_t i = 0; i < SECTIONS; i++) {
		html_put(h, "<a href=\"#");
		html_word(h, sections[i].id);
		html_put(h, "\">");
		html_word(h, sections[i].title);
		html_put(h, "</a>");
	}
	html_put(h, "</nav>\n");
}

static void put_section(struct html *h, const struct report *r,
			const struct report_section *section)
{
	html_put(h, "<section id=\"");
	html_word(h, section->id);
	html_put(h, "\"><h2>");
	html_word(h, section->title);
	html_put(h, "</h2>\n");
	section->write(h, r);
	html_put(h, "</section>\n");
}

enum tape_error report_write(const struct report *r, struct sink sink)
{
	struct html h = {.sink = sink};
	enum tape_error error;

	put_head(&h, r);
	html_put(&h, "<header>\n");
	put_host(&h, &r->account);
	put_figures(&h, r);
	put_contents(&h);
	html_put(&h, "</header>\n<main>\n");
	for (size_t i = 0; i < SECTIONS; i++)
		put_section(&h, r, &sections[i]);
	html_put(&h, "</main>\n<footer>Made by <code>socktape report</code> " SOCKTAPE_VERSION
		     " from the recording alone. REC stands for the recording.</footer>\n<script>");
	html_put_ours(&h, asset_script());
	html_put(&h, "</script>\n</body>\n</html>\n");
	error = html_end(&h);
	html_free(&h);
	return error;
}
