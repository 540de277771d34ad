/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "protocols/value/sql.h"

bool sql_is_space(const struct sql_dialect *dialect, char c)
{
	return c && strchr(dialect->spaces, c);
}

size_t sql_skip_quoted(struct span text, size_t at, bool escapes)
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

size_t sql_skip_line(struct span text, size_t at)
{
	while (at < text.len && text.data[at] != '\n')
		at++;
	return at;
}

/* What may begin a comment or something quoted, or is looked for, in any dialect. */
static bool is_special(char c)
{
	switch (c) {
	case '-':
	case '/':
	case '#':
	case '$':
	case '\'':
	case '"':
	case '`':
	case ';':
	case '?':
		return true;
	default:
		return false;
	}
}

size_t sql_skip_token(const struct sql_dialect *dialect, struct span text, size_t at)
{
	size_t end = at;

	while (end < text.len && !is_special(text.data[end]))
		end++;
	if (end > at)
		return end;
	end = dialect->comment_end(text, at);
	if (!end)
		end = dialect->quoted_end(text, at);
	return end ? end : at + 1;
}

static struct span trim(const struct sql_dialect *dialect, struct span text)
{
	while (text.len && sql_is_space(dialect, *text.data))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && sql_is_space(dialect, text.data[text.len - 1]))
		text.len--;
	return text;
}

/* Whether there is more than comments. */
static bool says_something(const struct sql_dialect *dialect, struct span text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t end = dialect->comment_end(text, at);

		if (!end && !sql_is_space(dialect, text.data[at]))
			return true;
		at = end ? end : at + 1;
	}
	return false;
}

struct span sql_next_statement(const struct sql_dialect *dialect, struct span text, size_t *at)
{
	while (*at < text.len) {
		size_t begin = *at, end = begin;
		struct span statement;

		while (end < text.len && text.data[end] != ';')
			end = sql_skip_token(dialect, text, end);
		statement = trim(dialect, span_of(text.data + begin, end - begin));
		*at = end < text.len ? end + 1 : end;
		if (says_something(dialect, statement))
			return statement;
	}
	return (struct span){0};
}
