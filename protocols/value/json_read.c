/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/json_read.h"

#include "protocols/value/utf8.h"

/* Levels of arrays and objects that are followed. */
#define DEPTH_MAX 64

static size_t skip_spaces(struct span text, size_t at)
{
	while (at < text.len && (text.data[at] == ' ' || text.data[at] == '\t' ||
				 text.data[at] == '\n' || text.data[at] == '\r'))
		at++;
	return at;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind "\u"; -1: there are none. */
static long hex_four(struct span text, size_t at)
{
	long value = 0;

	if (at + 4 > text.len)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		int digit = hex_digit(text.data[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* ---- ends: 0 when there is none ---- */

/* Behind the string whose quote is at AT. */
static size_t string_end(struct span text, size_t at)
{
	static const char escapes[] = "\"\\/bfnrtu";
	const uint8_t *p = (const uint8_t *)text.data, *end = p + text.len;

	for (at++; at < text.len;) {
		size_t len;

		if (p[at] == '"')
			return at + 1;
		if (p[at] == '\\') {
			if (at + 1 == text.len ||
			    !memchr(escapes, p[at + 1], sizeof(escapes) - 1) ||
			    (p[at + 1] == 'u' && hex_four(text, at + 2) < 0))
				return 0;
			at += p[at + 1] == 'u' ? 6 : 2;
			continue;
		}
		len = p[at] < ' ' ? 0 : utf8_sequence(p + at, end);
		if (!len)
			return 0;
		at += len;
	}
	return 0;
}

static size_t digits_end(struct span text, size_t at)
{
	size_t from = at;

	while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at > from ? at : 0;
}

static size_t number_end(struct span text, size_t at)
{
	size_t first = at + (text.data[at] == '-'), end = digits_end(text, first);

	if (!end || (text.data[first] == '0' && end > first + 1))
		return 0;
	if (end < text.len && text.data[end] == '.') {
		end = digits_end(text, end + 1);
		if (!end)
			return 0;
	}
	if (end < text.len && (text.data[end] | 0x20) == 'e') {
		end++;
		if (end < text.len && (text.data[end] == '+' || text.data[end] == '-'))
			end++;
		end = digits_end(text, end);
	}
	return end;
}

static size_t word_end(struct span text, size_t at)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (text.len - at >= len && memcmp(text.data + at, words[i], len) == 0)
			return at + len;
	}
	return 0;
}

static size_t scalar_end(struct span text, size_t at)
{
	char c = text.data[at];

	if (c == '"')
		return string_end(text, at);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number_end(text, at);
	return word_end(text, at);
}

/* Behind `"name" :`. */
static size_t name_end(struct span text, size_t at)
{
	at = skip_spaces(text, at);
	if (at == text.len || text.data[at] != '"')
		return 0;
	at = string_end(text, at);
	if (!at)
		return 0;
	at = skip_spaces(text, at);
	return at < text.len && text.data[at] == ':' ? at + 1 : 0;
}

/* What encloses the place, from outside to inside: '}' or ']' that must come. */
struct nesting {
	unsigned depth;
	char closing[DEPTH_MAX];
};

/*
 * At the array or object at AT: behind it when it's empty, else (*INSIDE) at its first value. 0: it
 * is damaged, or too deep.
 */
static size_t enter(struct nesting *n, struct span text, size_t at, bool *inside)
{
	char closing = text.data[at] == '{' ? '}' : ']';

	at = skip_spaces(text, at + 1);
	*inside = at == text.len || text.data[at] != closing;
	if (!*inside)
		return at + 1;
	if (n->depth == DEPTH_MAX)
		return 0;
	n->closing[n->depth++] = closing;
	return closing == '}' ? name_end(text, at) : at;
}

/* Behind a value: to the next one, or behind all that ends here. */
static size_t leave(struct nesting *n, struct span text, size_t at)
{
	while (n->depth) {
		char closing = n->closing[n->depth - 1];

		at = skip_spaces(text, at);
		if (at == text.len)
			return 0;
		if (text.data[at] == ',')
			return closing == '}' ? name_end(text, at + 1) : at + 1;
		if (text.data[at] != closing)
			return 0;
		n->depth--;
		at++;
	}
	return at;
}

size_t json_value_end(struct span text, size_t at)
{
	struct nesting n = {.depth = 0};
	bool inside;

	do {
		at = skip_spaces(text, at);
		if (at == text.len)
			return 0;
		inside = false;
		if (text.data[at] == '{' || text.data[at] == '[')
			at = enter(&n, text, at, &inside);
		else
			at = scalar_end(text, at);
		if (at && !inside)
			at = leave(&n, text, at);
		if (!at)
			return 0;
	} while (n.depth);
	return at;
}

bool json_is_whole(struct span text)
{
	size_t end = json_value_end(text, 0);

	return end && skip_spaces(text, end) == text.len;
}

/* ---- members ---- */

bool json_next_member(struct span object, size_t *at, struct span *name, struct span *value)
{
	size_t from = skip_spaces(object, *at), colon, end;

	if (from == object.len || object.data[from] != (*at ? ',' : '{'))
		return false;
	from = skip_spaces(object, from + 1);
	colon = name_end(object, from);
	if (!colon)
		return false;
	end = json_value_end(object, colon);
	if (!end)
		return false;
	*name = span_of(object.data + from + 1, string_end(object, from) - from - 2);
	colon = skip_spaces(object, colon);
	*value = span_of(object.data + colon, end - colon);
	*at = end;
	return true;
}

bool json_next_element(struct span array, size_t *at, struct span *value)
{
	size_t from = skip_spaces(array, *at), end;

	if (from == array.len || array.data[from] != (*at ? ',' : '['))
		return false;
	from = skip_spaces(array, from + 1);
	end = json_value_end(array, from);
	if (!end)
		return false;
	*value = span_of(array.data + from, end - from);
	*at = end;
	return true;
}

bool json_find(struct span object, const char *name, struct span *value)
{
	struct span found;
	size_t at = 0;

	while (json_next_member(object, &at, &found, value))
		if (span_is(found, name))
			return true;
	return false;
}

/* ---- values ---- */

static void append_utf8(struct buffer *out, uint32_t c)
{
	if (c < 0x80) {
		buffer_append_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buffer_append_char(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buffer_append_char(out, (char)(0xe0 | c >> 12));
		} else {
			buffer_append_char(out, (char)(0xf0 | c >> 18));
			buffer_append_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buffer_append_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buffer_append_char(out, (char)(0x80 | (c & 0x3f)));
}

/* The character of the escape at AT, which is "\u"; a lone surrogate is U+FFFD. */
static size_t append_unicode(struct buffer *out, struct span text, size_t at)
{
	uint32_t c = (uint32_t)hex_four(text, at + 2);

	at += 6;
	if (c >= 0xd800 && c < 0xdc00 && at + 1 < text.len && text.data[at] == '\\' &&
	    text.data[at + 1] == 'u') {
		long low = hex_four(text, at + 2);

		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
			at += 6;
		}
	}
	append_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	return at;
}

bool json_string_append(struct buffer *out, struct span value)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

	if (!value.len || value.data[0] != '"' || string_end(value, 0) != value.len)
		return false;
	for (size_t at = 1; at + 1 < value.len;) {
		const char *escape;

		if (value.data[at] != '\\') {
			buffer_append_char(out, value.data[at++]);
			continue;
		}
		if (value.data[at + 1] == 'u') {
			at = append_unicode(out, value, at);
			continue;
		}
		escape = memchr(from, value.data[at + 1], sizeof(from) - 1);
		buffer_append_char(out, escape ? to[escape - from] : value.data[at + 1]);
		at += 2;
	}
	return true;
}

bool json_integer(struct span value, int64_t *integer)
{
	bool negative = value.len && value.data[0] == '-';
	uint64_t n = 0, most = (uint64_t)INT64_MAX + negative;

	if (value.len == (size_t)negative)
		return false;
	for (size_t i = negative; i < value.len; i++) {
		unsigned digit = (unsigned char)value.data[i] - (unsigned)'0';

		if (digit > 9 || n > (most - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*integer = (int64_t)(negative ? 0 - n : n);
	return true;
}
