/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/text.h"

#include <stdio.h>
#include <time.h>

#include "analyze/output/escape.h"
#include "protocols/value/utf8.h"

#define SECOND_NS 1000000000ll

void text_append_utf8(struct buffer *b, struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;

	while (p < end) {
		size_t n = utf8_sequence(p, end);

		if (n)
			buffer_append(b, p, n);
		else
			buffer_printf(b, "\\x%02x", *p);
		p += n ? n : 1;
	}
}

/* Characters that TEXT takes in a cell, counted up to one more than MAX. */
static int cell_width(struct span text, int max)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;
	int total = 0;

	while (p < end && total <= max) {
		char out[ESCAPE_MAX];
		int width;

		p += escape_character(p, end, out, &width);
		total += width;
	}
	return total;
}

static void append_characters(struct buffer *b, struct span text, int limit)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;
	int total = 0;

	while (p < end) {
		char out[ESCAPE_MAX];
		int width;

		p += escape_character(p, end, out, &width);
		total += width;
		if (total > limit)
			break;
		buffer_append_text(b, out);
	}
}

int text_append_cell(struct buffer *b, struct span text, const struct text_layout *layout)
{
	int limit = layout->width ? layout->width : layout->limit ? layout->limit : INT32_MAX - 1;
	int width = cell_width(text, limit);
	int padding = width < layout->width ? layout->width - width : 0;

	if (layout->right)
		buffer_printf(b, "%*s", padding, "");
	if (width > limit) {
		append_characters(b, text, limit - 1);
		buffer_append_text(b, "…");
		width = limit;
	} else {
		append_characters(b, text, limit);
	}
	if (!layout->right)
		buffer_printf(b, "%*s", padding, "");
	return width + padding;
}

void text_append_bytes(struct buffer *b, uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 1000) {
		buffer_printf(b, "%llu B", (unsigned long long)bytes);
		return;
	}
	for (value /= 1000; value >= 999.5 && unit < 5; value /= 1000)
		unit++;
	buffer_printf(b, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void text_append_duration(struct buffer *b, int64_t ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
	size_t i = 0;
	double value;

	while (i < 3 && (double)ns < units[i].ns * 0.9995)
		i++;
	value = (double)ns / units[i].ns;
	buffer_printf(b, "%.*f %s",
		      i == 3	      ? 0
		      : value < 9.995 ? 2
		      : value < 99.95 ? 1
				      : 0,
		      value, units[i].unit);
}

static void append_clock(struct buffer *b, int64_t ns, const char *format, bool utc, int digits)
{
	time_t seconds = (time_t)(ns / SECOND_NS);
	int64_t part = ns % SECOND_NS;
	char text[32];
	struct tm tm;

	if (part < 0) {
		part += SECOND_NS;
		seconds--;
	}
	if (utc)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), format, &tm);
	for (int i = digits; i < 9; i++)
		part /= 10;
	buffer_printf(b, "%s.%0*lld", text, digits, (long long)part);
}

void text_append_time(struct buffer *b, int64_t ns)
{
	append_clock(b, ns, "%F %T", false, 6);
}

void text_append_time_of_day(struct buffer *b, int64_t ns)
{
	append_clock(b, ns, "%T", false, 6);
}

void text_append_time_utc(struct buffer *b, int64_t ns)
{
	append_clock(b, ns, "%FT%T", true, 9);
	buffer_append_char(b, 'Z');
}

void text_append_count(struct buffer *b, uint64_t count)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buffer_append_char(b, ',');
		buffer_append_char(b, digits[i]);
	}
}
