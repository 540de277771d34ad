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

static void append_blanks(struct buffer *b, int count)
{
	char *to = count > 0 ? buffer_reserve(b, (size_t)count) : NULL;

	if (!to)
		return;
	memset(to, ' ', (size_t)count);
	b->len += (size_t)count;
}

int text_append_cell(struct buffer *b, struct span text, const struct text_layout *layout)
{
	int limit = layout->width ? layout->width : layout->limit ? layout->limit : INT32_MAX - 1;
	bool plain = escape_plain(text) == text.len && text.len <= (size_t)limit;
	int width = plain ? (int)text.len : cell_width(text, limit);
	int padding = width < layout->width ? layout->width - width : 0;

	if (layout->right)
		append_blanks(b, padding);
	if (plain) {
		buffer_append_span(b, text);
	} else if (width > limit) {
		append_characters(b, text, limit - 1);
		buffer_append_text(b, "…");
		width = limit;
	} else {
		append_characters(b, text, limit);
	}
	if (!layout->right)
		append_blanks(b, padding);
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

/* VALUE with so many DIGITS. */
static void append_digits(struct buffer *b, int64_t value, int digits)
{
	char *to = buffer_reserve(b, (size_t)digits);

	if (!to)
		return;
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		to[i] = (char)('0' + value % 10);
	b->len += (size_t)digits;
}

/* "10:00:00." and so many DIGITS of the second. */
static void append_clock(struct buffer *b, const struct tm *tm, int64_t part, int digits)
{
	append_digits(b, tm->tm_hour, 2);
	buffer_append_char(b, ':');
	append_digits(b, tm->tm_min, 2);
	buffer_append_char(b, ':');
	append_digits(b, tm->tm_sec, 2);
	buffer_append_char(b, '.');
	for (int i = digits; i < 9; i++)
		part /= 10;
	append_digits(b, part, digits);
}

/* *PART: the nanoseconds of the second. */
static void split_time(int64_t ns, bool utc, struct tm *tm, int64_t *part)
{
	time_t seconds = (time_t)(ns / SECOND_NS);

	*part = ns % SECOND_NS;
	if (*part < 0) {
		*part += SECOND_NS;
		seconds--;
	}
	if (utc)
		gmtime_r(&seconds, tm);
	else
		localtime_r(&seconds, tm);
}

static void append_date(struct buffer *b, const struct tm *tm)
{
	buffer_printf(b, "%d-%02d-%02d", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday);
}

void text_append_time(struct buffer *b, int64_t ns)
{
	struct tm tm;
	int64_t part;

	split_time(ns, false, &tm, &part);
	append_date(b, &tm);
	buffer_append_char(b, ' ');
	append_clock(b, &tm, part, 6);
}

void text_append_time_of_day(struct buffer *b, int64_t ns)
{
	struct tm tm;
	int64_t part;

	split_time(ns, false, &tm, &part);
	append_clock(b, &tm, part, 6);
}

void text_append_time_utc(struct buffer *b, int64_t ns)
{
	struct tm tm;
	int64_t part;

	split_time(ns, true, &tm, &part);
	append_date(b, &tm);
	buffer_append_char(b, 'T');
	append_clock(b, &tm, part, 9);
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
