/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/json.h"

#include "protocols/value/utf8.h"

/* Repeats a byte in every lane of a word. */
#define LANES(byte) (0x0101010101010101ull * (uint64_t)(byte))

/*
 * Whether any of the eight bytes at P needs attention: control, quote, backslash or not ASCII.
 * The carry-borrow tests may cry wolf for a byte above another hit, never miss one.
 */
static bool word_needs_escape(const uint8_t *p)
{
	uint64_t word, quote, backslash;

	memcpy(&word, p, sizeof(word));
	quote = word ^ LANES('"');
	backslash = word ^ LANES('\\');
	return ((word | (word - LANES(0x20)) | (quote - LANES(1)) | (backslash - LANES(1))) &
		LANES(0x80)) != 0;
}

/* Copies what needs no escape from P on to TO, which has room for all; returns how much. */
static size_t copy_plain(char *to, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (end - p >= 8 && !word_needs_escape(p)) {
		memcpy(to, p, 8);
		p += 8;
		to += 8;
	}
	/* The last few bytes of a longer text, together with some that were copied already. */
	if (end - p < 8 && end - start >= 8 && !word_needs_escape(end - 8)) {
		memcpy(to + (end - p) - 8, end - 8, 8);
		return (size_t)(end - start);
	}
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		*to++ = (char)*p++;
	return (size_t)(p - start);
}

static void append_escaped_ascii(struct buffer *b, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorthand[] = "btn\0fr"; /* for 8 to 13; there is none for 11 */
	char *to = buffer_reserve(b, 6);

	if (!to)
		return;
	to[0] = '\\';
	if (c == '"' || c == '\\') {
		to[1] = (char)c;
		b->len += 2;
	} else if (c >= 8 && c <= 13 && c != 11) {
		to[1] = shorthand[c - 8];
		b->len += 2;
	} else {
		to[1] = 'u';
		to[2] = '0';
		to[3] = '0';
		to[4] = hex[c >> 4];
		to[5] = hex[c & 15];
		b->len += 6;
	}
}

/*
 * Line ends beyond ASCII (U+0085, U+2028, U+2029), which some languages' line readers split at:
 * escaped, so that one object stays one line for them, too. The escape, or NULL for another
 * sequence.
 */
static const char *line_end_escape(const uint8_t *p, size_t sequence)
{
	if (sequence == 2 && p[0] == 0xc2 && p[1] == 0x85)
		return "\\u0085";
	if (sequence == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
		return p[2] == 0xa8 ? "\\u2028" : "\\u2029";
	return NULL;
}

/* What stands at P and can't be copied as it is; returns how many bytes of the text it took. */
static size_t append_special(struct buffer *b, const uint8_t *p, const uint8_t *end)
{
	static const char hex[] = "0123456789abcdef";
	const char *escape;
	size_t sequence;

	if (*p < 0x80) {
		append_escaped_ascii(b, *p);
		return 1;
	}
	sequence = utf8_sequence(p, end);
	escape = line_end_escape(p, sequence);
	if (escape) {
		buffer_append_text(b, escape);
		return sequence;
	}
	if (sequence) {
		buffer_append(b, p, sequence);
		return sequence;
	}
	buffer_append(b, (const char[]){'\\', '\\', 'x', hex[*p >> 4], hex[*p & 15]}, 5);
	return 1;
}

void json_append_string(struct buffer *b, struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data;
	const uint8_t *end = text.len ? p + text.len : p;
	char *to = buffer_reserve(b, text.len + 2);

	if (!to)
		return;
	*to = '"';
	b->len++;
	while (p < end) {
		size_t run;

		/* Room for the rest and the closing quote, should nothing in it be special. */
		to = buffer_reserve(b, (size_t)(end - p) + 1);
		if (!to)
			return;
		run = copy_plain(to, p, end);
		b->len += run;
		p += run;
		if (p < end)
			p += append_special(b, p, end);
	}
	buffer_append_char(b, '"');
}

static void json_append_word(struct buffer *b, struct span word)
{
	char *to = buffer_reserve(b, word.len + 2);

	if (!to)
		return;
	to[0] = '"';
	memcpy(to + 1, word.data, word.len);
	to[word.len + 1] = '"';
	b->len += word.len + 2;
}

void json_append_value(struct buffer *b, const struct value *value)
{
	switch (value->type) {
	case VALUE_NULL:
		buffer_append(b, "null", 4);
		break;
	case VALUE_INT:
		buffer_append_i64(b, value->integer);
		break;
	case VALUE_BOOL:
		buffer_append_text(b, value->boolean ? "true" : "false");
		break;
	case VALUE_TEXT:
		json_append_string(b, value->text);
		break;
	case VALUE_WORD:
		json_append_word(b, value->text);
		break;
	case VALUE_JSON:
		buffer_append_span(b, value->text);
		break;
	}
}

void json_append_key(struct buffer *b, const char *name, bool *first)
{
	if (!*first)
		buffer_append_char(b, ',');
	*first = false;
	json_append_string(b, span_text(name));
	buffer_append_char(b, ':');
}
