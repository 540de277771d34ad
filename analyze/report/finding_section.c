/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/report.h"

/* What is odd, by kind: errors first. */

static const char *text(const struct finding_example *e, enum finding_column column)
{
	return e->values[column] ? e->values[column] : "";
}

static void put_process(struct html *h, const struct finding_example *e)
{
	html_word(h, text(e, FINDING_COLUMN_COMM));
	if (e->pid) {
		html_draw(h, "[%.0f]", (double)e->pid);
		html_put(h, " ");
	}
	if (!*text(e, FINDING_COLUMN_REMOTE))
		return;
	if (span_is(span_text(text(e, FINDING_COLUMN_ROLE)), "server"))
		html_put(h, "← ");
	else
		html_put(h, "→ ");
	html_word(h, text(e, FINDING_COLUMN_REMOTE));
}

static void put_example(struct html *h, const struct finding_example *e)
{
	html_put(h, "<li><span class=\"when\">");
	html_time_of_day(h, e->ts);
	html_put(h, "</span> <span class=\"ends\">");
	put_process(h, e);
	html_put(h, "</span> <span class=\"line\">");
	html_text_cut(h, span_text(text(e, FINDING_COLUMN_WHAT)), 200);
	html_put(h, "</span> <span class=\"id\">");
	if (*text(e, FINDING_COLUMN_RECORD)) {
		html_word(h, text(e, FINDING_COLUMN_RECORD));
	} else if (e->conn) {
		html_put(h, "conn ");
		html_draw(h, "%.0f", (double)e->conn);
	}
	html_put(h, "</span></li>\n");
}

static void put_kind(struct html *h, enum finding_kind kind, const struct finding_sum *sum)
{
	static const char *const classes[] = {
		[FINDING_NOTE] = "note", [FINDING_WARNING] = "fair", [FINDING_ERROR] = "bad"};
	enum finding_severity severity = finding_severity_of(kind);

	html_put(h, "<section class=\"finding\"><h3><span class=\"tag ");
	html_word(h, classes[severity]);
	html_put(h, "\">");
	html_word(h, finding_severity_text(severity));
	html_put(h, "</span> ");
	html_word(h, finding_name(kind));
	html_put(h, " <small>× ");
	html_count(h, sum->count);
	html_put(h, "</small></h3>\n<p>");
	html_word(h, finding_meaning(kind));
	html_put(h, "</p>\n<ul class=\"examples\">\n");
	for (size_t i = 0; i < sum->kept; i++)
		put_example(h, &sum->examples[i]);
	if (sum->count > sum->kept) {
		html_put(h, "<li class=\"more\">");
		html_count(h, sum->count - sum->kept);
		html_put(h, " more: <code>socktape findings REC ");
		html_word(h, finding_name(kind));
		html_put(h, "</code></li>\n");
	}
	html_put(h, "</ul></section>\n");
}

void report_findings(struct html *h, const struct report *r)
{
	uint64_t count = 0;

	for (int severity = FINDING_ERROR; severity >= FINDING_NOTE; severity--)
		for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++) {
			const struct finding_sum *sum = &r->findings.of[kind];

			if (!sum->count || (int)finding_severity_of(kind) != severity)
				continue;
			put_kind(h, kind, sum);
			count += sum->count;
		}
	if (count)
		return;
	html_put(h, "<p class=\"empty\">Nothing odd in ");
	html_counted(h, r->findings.totals.records, "record");
	html_put(h, " and ");
	html_counted(h, r->findings.totals.connections, "connection");
	html_put(h, ".</p>\n");
}
