/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"
#include "protocols/value/sql.h"

/* Where statements and marks are, and where only quoted ones: MySQL's manual, "Language Structure".
 */

static const struct sql_dialect dialect;

static size_t skip_comment(struct span text, size_t at)
{
	const char *end = memmem(text.data + at + 2, text.len - at - 2, "*/", 2);

	return end ? (size_t)(end + 2 - text.data) : text.len;
}

static size_t comment_end(struct span text, size_t at)
{
	char c = text.data[at], next = at + 1 < text.len ? text.data[at + 1] : 0;

	if (c == '#')
		return sql_skip_line(text, at);
	if (c == '-' && next == '-' &&
	    (at + 2 == text.len || sql_is_space(&dialect, text.data[at + 2])))
		return sql_skip_line(text, at);
	/* One for this server alone is no comment. */
	if (c == '/' && next == '*' && at + 2 < text.len && text.data[at + 2] != '!' &&
	    text.data[at + 2] != 'M')
		return skip_comment(text, at);
	return 0;
}

static size_t quoted_end(struct span text, size_t at)
{
	char c = text.data[at];

	return c == '\'' || c == '"' || c == '`' ? sql_skip_quoted(text, at, c != '`') : 0;
}

static const struct sql_dialect dialect = {
	.spaces = " \t\n\v\f\r",
	.comment_end = comment_end,
	.quoted_end = quoted_end,
};

struct span mysql_next_statement(struct span text, size_t *at)
{
	return sql_next_statement(&dialect, text, at);
}

size_t mysql_next_mark(struct span text, size_t at)
{
	while (at < text.len && text.data[at] != '?')
		at = sql_skip_token(&dialect, text, at);
	return at;
}
