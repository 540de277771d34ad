/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/text.h"

#include <stdio.h>
#include <time.h>

#include "analyze/output/escape.h"
#include "protocols/value/date.h"
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

/* As much of the end of TEXT as fits into LIMIT. */
static struct span end_of(struct span text, int limit)
{
	/* No character that is one column wide takes more bytes. */
	size_t from = text.len > (size_t)limit * 4 ? text.len - (size_t)limit * 4 : 0;
	const uint8_t *p, *end = (const uint8_t *)text.data + text.len;
	char out[ESCAPE_MAX];
	int width = 0;

	while (from < text.len && ((uint8_t)text.data[from] & 0xc0) == 0x80)
		from++;
	p = (const uint8_t *)text.data + from;
	while (p < end && cell_width(span_of(p, (size_t)(end - p)), limit) > limit)
		p += escape_character(p, end, out, &width);
	return span_of(p, (size_t)(end - p));
}

/* TEXT is wider than LIMIT: returns the width of what is left. */
static int append_cut(struct buffer *b, struct span text, int limit, enum text_cut cut)
{
	int tail = cut == CUT_MIDDLE && limit > 6 ? (limit - 1) * 2 / 3 : 0;
	size_t from = b->len;
	struct span end = {0};

	if (tail > 20)
		tail = 20;
	if (cut == CUT_PLAIN) {
		append_characters(b, text, limit);
	} else {
		append_characters(b, text, limit - 1 - tail);
		buffer_append_text(b, "…");
		if (tail)
			end = end_of(text, tail);
		append_characters(b, end, tail);
	}
	return b->failed ? limit : cell_width(span_of(b->data + from, b->len - from), limit);
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
		width = append_cut(b, text, limit, layout->cut);
		padding = layout->width > width ? layout->width - width : 0;
	} else {
		append_characters(b, text, limit);
	}
	if (!layout->right)
		append_blanks(b, padding);
	return width + padding;
}

void text_to_ascii(struct buffer *text)
{
	const uint8_t *p = (const uint8_t *)text->data, *end = p + text->len;
	struct buffer ascii = {0};

	if (!text->len)
		return;
	while (p < end) {
		size_t plain = 0, n;

		while (p + plain < end && p[plain] < 0x80)
			plain++;
		buffer_append(&ascii, p, plain);
		p += plain;
		n = p < end ? utf8_sequence(p, end) : 0;
		if (n == 2 && memcmp(p, "µ", 2) == 0)
			buffer_append_char(&ascii, 'u');
		else if (n == 3 && memcmp(p, "…", 3) == 0)
			buffer_append_char(&ascii, '~');
		else if (n)
			escape_append_character(&ascii, p, n);
		else if (p < end)
			buffer_append(&ascii, p, 1);
		p += n ? n : p < end;
	}
	ascii.failed |= text->failed;
	buffer_free(text);
	*text = ascii;
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

/* From two minutes on: the two largest of its units. */
static void append_long(struct buffer *b, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
	size_t i = 0;
	int64_t rest;

	while (seconds < units[i].seconds)
		i++;
	buffer_printf(b, "%lld%s", (long long)(seconds / units[i].seconds), units[i].unit);
	rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
	if (rest)
		buffer_printf(b, " %lld%s", (long long)rest, units[i + 1].unit);
}

/*
 * NS in UNITs with so many DIGITS behind the point, as printf() shows the quotient. False: they lie
 * in the middle of two such numbers, and which one it takes depends on the quotient's last bit.
 */
static bool append_quotient(struct buffer *b, uint64_t ns, uint64_t unit, unsigned digits)
{
	static const uint64_t tens[] = {1, 10, 100};
	uint64_t scaled = ns * tens[digits], rest = scaled % unit;
	uint64_t number = scaled / unit + (2 * rest > unit);

	if (2 * rest == unit)
		return false;
	buffer_append_u64(b, number / tens[digits]);
	if (!digits)
		return true;
	buffer_append_char(b, '.');
	if (digits == 2)
		buffer_append_char(b, (char)('0' + number / 10 % 10));
	buffer_append_char(b, (char)('0' + number % 10));
	return true;
}

void text_append_duration(struct buffer *b, int64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = {{1000000000, " s"}, {1000000, " ms"}, {1000, " µs"}, {1, " ns"}};
	unsigned digits;
	size_t i = 0;
	double value;

	if (ns >= 120 * SECOND_NS) {
		append_long(b, ns / SECOND_NS + (ns % SECOND_NS >= SECOND_NS / 2));
		return;
	}
	while (i < 3 && (double)ns < (double)units[i].ns * 0.9995)
		i++;
	value = (double)ns / (double)units[i].ns;
	digits = i == 3 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	if (ns < 0 || !append_quotient(b, (uint64_t)ns, units[i].ns, digits))
		buffer_printf(b, "%.*f", (int)digits, value);
	buffer_append_text(b, units[i].unit);
}

/* "10:00:00.123456": NS since midnight. */
static void append_clock(struct buffer *b, uint64_t ns)
{
	char *to = buffer_reserve(b, DATE_CLOCK_ROOM);

	if (to)
		b->len = (size_t)(date_put_clock(to, ns, 6) - b->data);
}

/* Of whole seconds, ns since midnight. */
static uint64_t clock_of(const struct tm *tm)
{
	return (unsigned)(tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec) * (uint64_t)SECOND_NS;
}

/* The second that NS is in; *PART: what of it has passed. */
static int64_t second_of(int64_t ns, int64_t *part)
{
	int64_t second = ns / SECOND_NS;

	*part = ns % SECOND_NS;
	if (*part < 0) {
		*part += SECOND_NS;
		second--;
	}
	return second;
}

/* *PART: the nanoseconds of the second. */
static void split_time(int64_t ns, struct tm *tm, int64_t *part)
{
	time_t seconds = (time_t)second_of(ns, part);

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

	split_time(ns, &tm, &part);
	append_date(b, &tm);
	buffer_append_char(b, ' ');
	append_clock(b, clock_of(&tm) + (uint64_t)part);
}

void text_append_day(struct buffer *b, int64_t ns)
{
	struct tm tm;
	int64_t part;

	split_time(ns, &tm, &part);
	append_date(b, &tm);
}

void text_append_time_of_day(struct buffer *b, int64_t ns)
{
	struct tm tm;
	int64_t part;

	split_time(ns, &tm, &part);
	append_clock(b, clock_of(&tm) + (uint64_t)part);
}

void text_moment_set(struct text_moment *m, int64_t ns)
{
	int64_t part, second = second_of(ns, &part);
	struct buffer day = {0};
	struct tm tm;

	m->part = part;
	if (m->known && m->second == second)
		return;
	split_time(ns, &tm, &part);
	append_date(&day, &tm);
	m->known = !day.failed;
	m->second = second;
	m->clock = clock_of(&tm);
	snprintf(m->day, sizeof(m->day), "%.*s", (int)day.len, day.len ? day.data : "");
	buffer_free(&day);
}

void text_moment_append_clock(const struct text_moment *m, struct buffer *b)
{
	append_clock(b, m->clock + (uint64_t)m->part);
}

void text_append_time_utc(struct buffer *b, int64_t ns)
{
	char *to = buffer_reserve(b, DATE_MOMENT_ROOM);
	struct date_second last = {0};

	if (to)
		b->len = (size_t)(date_put_moment(to, ns, &last) - b->data);
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
