/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"

/* Where a statement ends: PostgreSQL's manual, "Lexical Structure". */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (c & 0x80);
}

/* Behind what is quoted with QUOTE, which stands at AT; doubled it stands for itself. */
static size_t skip_quoted(struct span text, size_t at, bool escapes)
{
	char quote = text.data[at++];

	while (at < text.len) {
		if (escapes && text.data[at] == '\\' && at + 1 < text.len)
			at++;
		else if (text.data[at] == quote)
			return at + 1;
		at++;
	}
	return at;
}

static size_t skip_line(struct span text, size_t at)
{
	while (at < text.len && text.data[at] != '\n')
		at++;
	return at;
}

/* Comments nest. */
static size_t skip_comment(struct span text, size_t at)
{
	unsigned depth = 0;

	while (at + 1 < text.len) {
		if (text.data[at] == '/' && text.data[at + 1] == '*') {
			depth++;
			at += 2;
		} else if (text.data[at] == '*' && text.data[at + 1] == '/') {
			at += 2;
			if (!--depth)
				return at;
		} else {
			at++;
		}
	}
	return text.len;
}

/* $tag$ ... $tag$; else just the dollar. */
static size_t skip_dollars(struct span text, size_t at)
{
	size_t end = at + 1;
	const char *close;

	while (end < text.len && is_word(text.data[end]))
		end++;
	if (end == text.len || text.data[end] != '$' ||
	    (end > at + 1 && text.data[at + 1] >= '0' && text.data[at + 1] <= '9'))
		return at + 1;
	end++;
	close = memmem(text.data + end, text.len - end, text.data + at, end - at);
	return close ? (size_t)(close - text.data) + (end - at) : text.len;
}

/* Behind the next token, or the next character. */
static size_t skip_token(struct span text, size_t at)
{
	char c = text.data[at], next = at + 1 < text.len ? text.data[at + 1] : 0;

	if (c == '\'')
		return skip_quoted(text, at,
				   at && (text.data[at - 1] | 0x20) == 'e' &&
					   (at < 2 || !is_word(text.data[at - 2])));
	if (c == '"')
		return skip_quoted(text, at, false);
	if (c == '-' && next == '-')
		return skip_line(text, at);
	if (c == '/' && next == '*')
		return skip_comment(text, at);
	if (c == '$' && (!at || !is_word(text.data[at - 1])))
		return skip_dollars(text, at);
	return at + 1;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static struct span trim(struct span text)
{
	while (text.len && is_space(*text.data))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* Whether there is more than comments. */
static bool says_something(struct span text)
{
	size_t at = 0;

	while (at < text.len) {
		char c = text.data[at], next = at + 1 < text.len ? text.data[at + 1] : 0;
		bool comment = (c == '-' && next == '-') || (c == '/' && next == '*');

		if (!comment && !is_space(c))
			return true;
		at = comment ? skip_token(text, at) : at + 1;
	}
	return false;
}

struct span pgsql_next_statement(struct span text, size_t *at)
{
	while (*at < text.len) {
		size_t begin = *at, end = begin;
		struct span statement;

		while (end < text.len && text.data[end] != ';')
			end = skip_token(text, end);
		statement = trim(span_of(text.data + begin, end - begin));
		*at = end < text.len ? end + 1 : end;
		if (says_something(statement))
			return statement;
	}
	return (struct span){0};
}
