/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/json.h"

#include "protocols/utf8.h"

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

/* How many bytes from P on can be copied as they are. */
static size_t plain_run(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (end - p >= 8 && !word_needs_escape(p))
		p += 8;
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
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

void json_append_string(struct buffer *b, struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data;
	const uint8_t *end = text.len ? p + text.len : p;

	buffer_append_char(b, '"');
	while (p < end) {
		size_t run = plain_run(p, end);

		buffer_append(b, p, run);
		p += run;
		if (p == end)
			break;
		if (*p < 0x80) {
			append_escaped_ascii(b, *p++);
			continue;
		}
		run = utf8_sequence(p, end);
		if (run) {
			buffer_append(b, p, run);
			p += run;
		} else {
			static const char hex[] = "0123456789abcdef";
			const char byte[] = {'\\', '\\', 'x', hex[*p >> 4], hex[*p & 15]};

			buffer_append(b, byte, sizeof(byte));
			p++;
		}
	}
	buffer_append_char(b, '"');
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
