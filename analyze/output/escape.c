/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/escape.h"

#include <stdio.h>
#include <utf8proc.h>

#include "protocols/value/utf8.h"

/*
 * Characters beyond ASCII that are not seen, or that change how others are: those of Unicode's
 * general categories Cc, Cf, Zl and Zp, its noncharacters, and letters that are blank.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} unseen[] = {
	{0x80, 0x9f},	    /* C1 controls */
	{0xad, 0xad},	    /* soft hyphen */
	{0x34f, 0x34f},	    /* combining grapheme joiner */
	{0x600, 0x605},	    /* Arabic number signs */
	{0x61c, 0x61c},	    /* Arabic letter mark */
	{0x6dd, 0x6dd},	    /* Arabic end of ayah */
	{0x70f, 0x70f},	    /* Syriac abbreviation mark */
	{0x890, 0x891},	    /* Arabic currency signs above */
	{0x8e2, 0x8e2},	    /* Arabic disputed end of ayah */
	{0x115f, 0x1160},   /* Hangul fillers */
	{0x17b4, 0x17b5},   /* Khmer inherent vowels */
	{0x180b, 0x180f},   /* Mongolian selectors, vowel separator */
	{0x200b, 0x200f},   /* zero width, direction marks */
	{0x2028, 0x202e},   /* line and paragraph separators, embeddings, overrides */
	{0x2060, 0x206f},   /* joiners, isolates, deprecated formats */
	{0x3164, 0x3164},   /* Hangul filler */
	{0xfdd0, 0xfdef},   /* noncharacters */
	{0xfe00, 0xfe0f},   /* variation selectors */
	{0xfeff, 0xfeff},   /* byte order mark */
	{0xffa0, 0xffa0},   /* Hangul filler */
	{0xfff0, 0xfffb},   /* annotations */
	{0xfffe, 0xffff},   /* noncharacters */
	{0x110bd, 0x110bd}, /* Kaithi number signs */
	{0x110cd, 0x110cd}, {0x13430, 0x1343f}, /* Egyptian format controls */
	{0x1bca0, 0x1bca3},			/* shorthand format controls */
	{0x1d173, 0x1d17a},			/* musical beams and slurs */
	{0xe0000, 0xe0fff},			/* tags, more variation selectors */
};

static bool is_unseen(uint32_t character)
{
	if ((character & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (character >= unseen[i].first && character <= unseen[i].last)
			return true;
	return false;
}

/* Of a well-formed sequence of N bytes. */
static uint32_t decode(const uint8_t *p, size_t n)
{
	uint32_t character = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		character = character << 6 | (p[i] & 0x3f);
	return character;
}

static bool is_plain_ascii(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Whether all bytes of eight are plain; of those behind one that isn't it may say anything. */
static bool are_plain(const char *eight)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t bytes, delete;

	memcpy(&bytes, eight, sizeof(bytes));
	delete = bytes ^ each * 0x7f;
	return !((bytes | ((bytes - each * 0x20) & ~bytes) | ((delete - each) & ~delete)) &
		 each * 0x80);
}

size_t escape_plain(struct span text)
{
	size_t n = 0;

	while (text.len - n >= sizeof(uint64_t) && are_plain(text.data + n))
		n += sizeof(uint64_t);
	while (n < text.len && is_plain_ascii((uint8_t)text.data[n]))
		n++;
	return n;
}

size_t escape_character(const uint8_t *p, const uint8_t *end, char out[static ESCAPE_MAX],
			int *width)
{
	static const char shorthand[] = "abtnvfr";
	size_t n = utf8_sequence(p, end);
	uint32_t character = n > 1 ? decode(p, n) : *p;

	*width = 1;
	if (n == 1 && is_plain_ascii(*p)) {
		out[0] = (char)*p;
		out[1] = '\0';
	} else if (n > 1 && !is_unseen(character)) {
		memcpy(out, p, n);
		out[n] = '\0';
		*width = utf8proc_charwidth((utf8proc_int32_t)character);
	} else if (n > 1) {
		*width = snprintf(out, ESCAPE_MAX, character > 0xffff ? "\\U%08x" : "\\u%04x",
				  character);
	} else if (*p >= 7 && *p <= 13) {
		*width = snprintf(out, ESCAPE_MAX, "\\%c", shorthand[*p - 7]);
	} else {
		*width = snprintf(out, ESCAPE_MAX, "\\x%02x", *p);
	}
	return n ? n : 1;
}

static void append(struct buffer *b, struct span text, bool keep_line_ends)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;

	while (p < end) {
		size_t plain = escape_plain(span_of(p, (size_t)(end - p)));
		char out[ESCAPE_MAX];
		int width;

		if (plain) {
			buffer_append(b, p, plain);
			p += plain;
			continue;
		}
		if (keep_line_ends && *p == '\n') {
			buffer_append_char(b, '\n');
			p++;
			continue;
		}
		p += escape_character(p, end, out, &width);
		buffer_append_text(b, out);
	}
}

void escape_append_character(struct buffer *b, const uint8_t *p, size_t n)
{
	uint32_t character = decode(p, n);

	buffer_printf(b, character > 0xffff ? "\\U%08x" : "\\u%04x", character);
}

void escape_append(struct buffer *b, struct span text)
{
	append(b, text, false);
}

void escape_append_lines(struct buffer *b, struct span text)
{
	append(b, text, true);
}

static const char *markup_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void escape_append_markup(struct buffer *b, struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data, *end = text.len ? p + text.len : p;

	while (p < end) {
		const char *entity = markup_entity((char)*p);
		char out[ESCAPE_MAX];
		int width;

		p += escape_character(p, end, out, &width);
		buffer_append_text(b, entity ? entity : out);
	}
}

/* Beyond the first plane JSON wants two surrogates (RFC 8259, section 7). */
static void append_json_escape(struct buffer *b, uint32_t character)
{
	if (character > 0xffff)
		buffer_printf(b, "\\u%04x\\u%04x", 0xd800 + ((character - 0x10000) >> 10),
			      0xdc00 + (character & 0x3ff));
	else
		buffer_printf(b, "\\u%04x", character);
}

void escape_append_json(struct buffer *b, struct span json)
{
	const uint8_t *p = (const uint8_t *)json.data, *end = json.len ? p + json.len : p;

	while (p < end) {
		size_t n = utf8_sequence(p, end);
		uint32_t character = n ? decode(p, n) : *p;

		if (is_plain_ascii(*p) || *p == '\n' || (n > 1 && !is_unseen(character)))
			buffer_append(b, p, n);
		else
			append_json_escape(b, character);
		p += n ? n : 1;
	}
}
