/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/report.h"

/* What was lost, left out, or could not be seen: the first thing that a reader must know. */

static void item(struct html *h, const char *what)
{
	html_put(h, "<li>");
	html_word(h, what);
}

static void end_item(struct html *h)
{
	html_put(h, "</li>\n");
}

static void cause(struct html *h, const char *what, const struct account_sums *sums, const char *of)
{
	if (!sums->events && !sums->bytes)
		return;
	item(h, what);
	html_put(h, ": ");
	html_counted(h, sums->events, of);
	html_put(h, ", ");
	html_counted(h, sums->bytes, "byte");
	end_item(h);
}

static void counted(struct html *h, uint64_t count, const char *one, const char *what)
{
	if (!count)
		return;
	html_put(h, "<li>");
	html_counted(h, count, one);
	html_put(h, " ");
	html_word(h, what);
	end_item(h);
}

static void causes(struct html *h, const struct account *a)
{
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		cause(h, loss_cause_text((enum loss_cause)i), &a->losses[i], "event");
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		cause(h, cut_text((enum cut)i), &a->cuts[i], "cut event");
	counted(h, a->earlier_bytes, "byte", "moved before the first segment that is here");
	counted(h, a->problems, "damaged place", "in the files");
	counted(h, a->damaged_events, "event", "in damaged blocks, as far as these tell");
	counted(h, a->elsewhere, "run",
		"of kernel programs skipped, maybe for calls that the "
		"filter left out");
}

static void limits(struct html *h, const struct report *r)
{
	counted(h, r->status.incomplete, "segment", "not completed: still recording, or killed");
	counted(h, r->account.snaplen_bytes, "byte", "cut by the snap length that was asked for");
	counted(h, r->refused_bytes, "byte",
		"of open messages not kept while this was read: --memory allows more");
	counted(h, r->given_up, "connection",
		"ended early while this was read: --memory allows more");
	counted(h, r->refused_secrets, "TLS secret", "not kept: --memory allows more");
	if (groups_overflowed(r->statistics.groups)) {
		item(h, "too many kinds of requests to count each for itself: those that came last "
			"are one row; --memory allows more");
		end_item(h);
	}
	if (r->findings.totals.unjudged) {
		item(h, "too many connections to know of each how it ended: of some requests it "
			"isn't known who gave up; --memory allows more");
		end_item(h);
	}
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(r->account.blind >> bit & 1))
			continue;
		item(h, "not seen on that kernel: ");
		html_word(h, blind_spot_text((enum blind_spot)bit));
		end_item(h);
	}
}

static void headline(struct html *h, const struct report *r)
{
	const struct account_sums lost = account_lost(&r->account);
	const char *why = account_incomplete(&r->account, &r->status);

	if (lost.events || lost.bytes) {
		html_put(h, "<p class=\"verdict bad\"><b>Lost: ");
		html_counted(h, lost.events, "event");
		html_put(h, ", ");
		html_counted(h, lost.bytes, "byte");
		html_put(h, "</b> of ");
		html_counted(h, account_moved(&r->account), "byte");
		html_put(h, " that were moved. What follows may lack what was in them.</p>\n");
	} else if (why || r->partial) {
		html_put(h, "<p class=\"verdict fair\"><b>Lost: ");
		html_word(h, why ? why : "nothing that is known of, but not all could be read");
		html_put(h, ".</b></p>\n");
	} else {
		html_put(h, "<p class=\"verdict good\"><b>Nothing was lost.</b> All ");
		html_counted(h, account_moved(&r->account), "byte");
		html_put(h, " that were moved are in the recording.</p>\n");
	}
}

void report_lost(struct html *h, const struct report *r)
{
	headline(h, r);
	if (*r->selection) {
		html_put(h, "<p class=\"verdict fair\"><b>This is a part of the recording:</b> "
			    "only what was selected with <code>");
		html_word(h, r->selection);
		html_put(h, "</code>.</p>\n");
	}
	html_put(h, "<ul class=\"causes\">\n");
	causes(h, &r->account);
	limits(h, r);
	html_put(h, "</ul>\n");
}
