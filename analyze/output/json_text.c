/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/json_text.h"

#include "protocols/value/json_read.h"

/* Deeper values are indented no further. */
#define INDENT_MAX 32

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the string whose quote is at AT. */
static size_t string_end(struct span json, size_t at)
{
	for (at++; at < json.len && json.data[at] != '"'; at++)
		at += json.data[at] == '\\';
	return at < json.len ? at + 1 : json.len;
}

static size_t skip_spaces(struct span json, size_t at)
{
	while (at < json.len && is_space(json.data[at]))
		at++;
	return at;
}

/* ---- indented ---- */

static void append_line(struct buffer *b, unsigned depth)
{
	buffer_append_char(b, '\n');
	for (unsigned i = 0; i < depth && i < INDENT_MAX; i++)
		buffer_append_text(b, "  ");
}

void json_append_indented(struct buffer *b, struct span json)
{
	unsigned depth = 0;

	for (size_t at = 0; at < json.len;) {
		char c = json.data[at];
		size_t next = at + 1;

		if (c == '"') {
			next = string_end(json, at);
			buffer_append(b, json.data + at, next - at);
		} else if (c == '{' || c == '[') {
			size_t inside = skip_spaces(json, next);

			buffer_append_char(b, c);
			if (inside < json.len && json.data[inside] == c + 2) {
				buffer_append_char(b, json.data[inside]);
				next = inside + 1;
			} else {
				append_line(b, ++depth);
			}
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
			append_line(b, depth);
			buffer_append_char(b, c);
		} else if (c == ',') {
			buffer_append_char(b, c);
			append_line(b, depth);
		} else if (c == ':') {
			buffer_append_text(b, ": ");
		} else if (!is_space(c)) {
			buffer_append_char(b, c);
		}
		at = next;
	}
}

/* ---- flat ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What json_append_string() wrote for a byte, \xHH, becomes that byte again. */
static void restore_bytes(struct buffer *b, size_t from)
{
	size_t to = from;

	for (size_t at = from; at < b->len; to++) {
		const char *p = b->data + at;
		int high = b->len - at >= 4 && p[0] == '\\' && p[1] == 'x' ? hex_digit(p[2]) : -1;
		int low = high >= 0 ? hex_digit(p[3]) : -1;

		b->data[to] = low >= 0 ? (char)(high << 4 | low) : *p;
		at += low >= 0 ? 4 : 1;
	}
	b->len = to;
}

static void append_string(struct buffer *b, struct span string)
{
	size_t from = b->len;

	if (json_string_append(b, string) && !b->failed)
		restore_bytes(b, from);
}

/* One value; BETWEEN stands between the members or elements of the outermost. */
static void append_value(struct buffer *b, struct span json, const char *between)
{
	unsigned depth = 0;

	for (size_t at = 0; at < json.len;) {
		char c = json.data[at];
		size_t next = at + 1;

		if (c == '"') {
			next = string_end(json, at);
			append_string(b, span_of(json.data + at, next - at));
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
		} else if (c == ',') {
			buffer_append_text(b, depth > 1 ? " " : between);
		} else if (c == ':') {
			buffer_append_text(b, ": ");
		} else if (!is_space(c)) {
			buffer_append_char(b, c);
		}
		at = next;
	}
}

void json_append_flat(struct buffer *b, struct span json)
{
	append_value(b, json, "\n");
}

/* ---- fields ---- */

static void append_field(struct buffer *b, struct span name, struct span value)
{
	if (b->len && b->data[b->len - 1] != '\n')
		buffer_append_char(b, '\n');
	buffer_append_span(b, name);
	buffer_append_text(b, ": ");
	append_value(b, value, " ");
}

void json_append_fields(struct buffer *b, struct span json)
{
	struct span name, value;
	size_t at = 0;

	if (!json.len || json.data[0] != '{') {
		json_append_flat(b, json);
		return;
	}
	while (json_next_member(json, &at, &name, &value)) {
		size_t element = 1, end;

		if (value.data[0] != '[') {
			append_field(b, name, value);
			continue;
		}
		while ((end = json_value_end(value, element)) != 0) {
			append_field(b, name, span_of(value.data + element, end - element));
			element = skip_spaces(value, end);
			element += element < value.len && value.data[element] == ',';
		}
	}
}
