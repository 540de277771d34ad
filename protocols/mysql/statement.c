/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"

/* Where statements and marks are, and where only quoted ones: MySQL's manual, "Language Structure".
 */

static size_t skip_quoted(struct span text, size_t at)
{
	char quote = text.data[at++];

	while (at < text.len) {
		if (text.data[at] == '\\' && quote != '`' && at + 1 < text.len)
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

static size_t skip_comment(struct span text, size_t at)
{
	const char *end = memmem(text.data + at + 2, text.len - at - 2, "*/", 2);

	return end ? (size_t)(end + 2 - text.data) : text.len;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Of a comment that begins at AT; 0: none does. */
static size_t comment_end(struct span text, size_t at)
{
	char c = text.data[at], next = at + 1 < text.len ? text.data[at + 1] : 0;

	if (c == '#')
		return skip_line(text, at);
	if (c == '-' && next == '-' && (at + 2 == text.len || is_space(text.data[at + 2])))
		return skip_line(text, at);
	/* One for this server alone is no comment. */
	if (c == '/' && next == '*' && at + 2 < text.len && text.data[at + 2] != '!' &&
	    text.data[at + 2] != 'M')
		return skip_comment(text, at);
	return 0;
}

static size_t skip_token(struct span text, size_t at)
{
	size_t end = comment_end(text, at);

	if (end)
		return end;
	if (text.data[at] == '\'' || text.data[at] == '"' || text.data[at] == '`')
		return skip_quoted(text, at);
	return at + 1;
}

static struct span trim(struct span text)
{
	while (text.len && is_space(*text.data))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

static bool says_something(struct span text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t end = comment_end(text, at);

		if (!end && !is_space(text.data[at]))
			return true;
		at = end ? end : at + 1;
	}
	return false;
}

struct span mysql_next_statement(struct span text, size_t *at)
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

size_t mysql_next_mark(struct span text, size_t at)
{
	while (at < text.len && text.data[at] != '?')
		at = skip_token(text, at);
	return at;
}
