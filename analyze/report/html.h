/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_HTML_H
#define SOCKTAPE_ANALYZE_REPORT_HTML_H

#include "format/buffer.h"
#include "format/writer.h"

/*
 * A page that is written from its beginning to its end. Markup is literals of the source alone
 * (html_put() takes nothing else) and numbers in them; whatever else gets in goes through
 * html_text() and its like, and stays text: what others said can't become an element, an attribute
 * or a script, nor turn the reading direction around (analyze/output/escape.h).
 */
struct html {
	struct sink sink;
	struct buffer text; /* that isn't written yet */
	struct buffer scratch;
	uint64_t len; /* of all so far */
	enum tape_error error;
};

/* Zero-initialised but for the sink is empty. */

#define html_put(h, literal) html_put_literal(h, "" literal "")
void html_put_literal(struct html *h, const char *markup);

/* A literal with up to four numbers in it, each as printf() has doubles. */
#define html_draw(h, literal, ...)                                                                 \
	html_draw_numbers(h, "" literal "", (const double[4]){__VA_ARGS__})
void html_draw_numbers(struct html *h, const char *markup, const double numbers[static 4]);

/* Markup that is ours, and no literal of the source. */
void html_put_ours(struct html *h, struct span markup);

/* TEXT on one line; good within quotes, too. */
void html_text(struct html *h, struct span text);

static inline void html_word(struct html *h, const char *text)
{
	html_text(h, span_text(text));
}

/* The same, so many of its characters at most, and a mark where there are more. */
void html_text_cut(struct html *h, struct span text, size_t limit);

/* TEXT of several lines, for <pre>. */
void html_lines(struct html *h, struct span text);

/* As text.h has them; what is counted is "1 request", "2 requests". */
void html_count(struct html *h, uint64_t count);
void html_counted(struct html *h, uint64_t count, const char *one);
void html_bytes(struct html *h, uint64_t bytes);
void html_duration(struct html *h, int64_t ns);
void html_time(struct html *h, int64_t ns);
void html_time_of_day(struct html *h, int64_t ns);

/* A part of 100 %, as "12 %", "0.3 %", "< 0.1 %". */
void html_share(struct html *h, double part, double whole);

/* Writes what is left. */
MUST_CHECK enum tape_error html_end(struct html *h);

void html_free(struct html *h);

#endif
