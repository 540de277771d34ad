/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"
#include "protocols/value/sql.h"

/* Where a statement ends: PostgreSQL's manual, "Lexical Structure". */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (c & 0x80);
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

static size_t comment_end(struct span text, size_t at)
{
	char c = text.data[at], next = at + 1 < text.len ? text.data[at + 1] : 0;

	if (c == '-' && next == '-')
		return sql_skip_line(text, at);
	return c == '/' && next == '*' ? skip_comment(text, at) : 0;
}

/* A quote that is doubled stands for itself: two texts side by side end where it does. */
static size_t quoted_end(struct span text, size_t at)
{
	char c = text.data[at];

	if (c == '\'')
		return sql_skip_quoted(text, at,
				       at && (text.data[at - 1] | 0x20) == 'e' &&
					       (at < 2 || !is_word(text.data[at - 2])));
	if (c == '"')
		return sql_skip_quoted(text, at, false);
	return c == '$' && (!at || !is_word(text.data[at - 1])) ? skip_dollars(text, at) : 0;
}

static const struct sql_dialect dialect = {
	.spaces = " \t\n\f\r",
	.comment_end = comment_end,
	.quoted_end = quoted_end,
};

struct span pgsql_next_statement(struct span text, size_t *at)
{
	return sql_next_statement(&dialect, text, at);
}
