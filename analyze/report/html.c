/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/html.h"

#include <stdio.h>
#include <string.h>

#include "analyze/output/escape.h"
#include "analyze/output/text.h"

/* Written at once. */
#define CHUNK (64u << 10)

static void flush(struct html *h, size_t least)
{
	if (h->text.failed && !h->error)
		h->error = TAPE_ERROR_MEMORY;
	if (h->text.len < least || h->error)
		return;
	h->error = h->sink.write(h->sink.context, h->text.data, h->text.len);
	buffer_clear(&h->text);
}

void html_put_ours(struct html *h, struct span markup)
{
	if (h->error)
		return;
	buffer_append_span(&h->text, markup);
	h->len += markup.len;
	flush(h, CHUNK);
}

void html_put_literal(struct html *h, const char *markup)
{
	html_put_ours(h, span_text(markup));
}

void html_draw_numbers(struct html *h, const char *markup, const double numbers[static 4])
{
	char text[512];
	/* cppcheck-suppress wrongPrintfScanfArgNum ; those that it asks for */
	int len = snprintf(text, sizeof(text), markup, numbers[0], numbers[1], numbers[2],
			   numbers[3]);

	if (len > 0 && (size_t)len < sizeof(text))
		html_put_ours(h, span_of(text, (size_t)len));
}

/* ---- text ---- */

void html_text(struct html *h, struct span text)
{
	size_t before = h->text.len;

	if (h->error)
		return;
	escape_append_markup(&h->text, text);
	h->len += h->text.len - before;
	flush(h, CHUNK);
}

void html_text_cut(struct html *h, struct span text, size_t limit)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;
	char out[ESCAPE_MAX];
	int width;

	for (; p < end && limit; limit--)
		p += escape_character(p, end, out, &width);
	html_text(h, span_of(text.data, text.len - (size_t)(end - p)));
	if (p < end)
		html_put(h, "<span class=\"cut\">…</span>");
}

void html_lines(struct html *h, struct span text)
{
	while (text.len) {
		size_t len = 0;

		while (len < text.len && text.data[len] != '\n' && text.data[len] != '\t')
			len++;
		html_text(h, span_of(text.data, len));
		if (len == text.len)
			break;
		html_put_ours(h, span_of(text.data + len, 1));
		text = span_of(text.data + len + 1, text.len - len - 1);
	}
}

/* ---- numbers ---- */

static void put_scratch(struct html *h)
{
	html_text(h, buffer_span(&h->scratch));
	if (h->scratch.failed && !h->error)
		h->error = TAPE_ERROR_MEMORY;
	buffer_clear(&h->scratch);
}

void html_count(struct html *h, uint64_t count)
{
	text_append_count(&h->scratch, count);
	put_scratch(h);
}

void html_counted(struct html *h, uint64_t count, const char *one)
{
	html_count(h, count);
	html_put(h, " ");
	html_word(h, one);
	if (count != 1)
		html_put(h, "s");
}

void html_bytes(struct html *h, uint64_t bytes)
{
	text_append_bytes(&h->scratch, bytes);
	put_scratch(h);
}

void html_duration(struct html *h, int64_t ns)
{
	text_append_duration(&h->scratch, ns);
	put_scratch(h);
}

void html_time(struct html *h, int64_t ns)
{
	text_append_time(&h->scratch, ns);
	put_scratch(h);
}

void html_time_of_day(struct html *h, int64_t ns)
{
	text_append_time_of_day(&h->scratch, ns);
	put_scratch(h);
}

void html_share(struct html *h, double part, double whole)
{
	double share = whole > 0 ? 100 * part / whole : 0;

	if (share > 0 && share < 0.1)
		html_put(h, "&lt; 0.1 %");
	else if (share > 0 && share < 10)
		html_draw(h, "%.1f %%", share);
	else
		html_draw(h, "%.0f %%", share);
}

enum tape_error html_end(struct html *h)
{
	if (h->text.len || h->text.failed)
		flush(h, 0);
	return h->error;
}

void html_free(struct html *h)
{
	buffer_free(&h->text);
	buffer_free(&h->scratch);
}
