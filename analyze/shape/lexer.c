/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/lexer.h"

#include <ctype.h>

struct lexer lexer_of(enum dialect dialect, struct span statement)
{
	const char *at = statement.len ? statement.data : "";

	return (struct lexer){.dialect = dialect, .at = at, .end = at + statement.len};
}

static int peek(const struct lexer *l, size_t n)
{
	return (size_t)(l->end - l->at) > n ? (unsigned char)l->at[n] : -1;
}

static bool is_one_of(int c, const char *set)
{
	return c > 0 && strchr(set, c);
}

static bool is_word(const struct lexer *l, int c)
{
	return c >= 0x80 || (c > 0 && isalnum(c)) || c == '_' ||
	       (c == '$' && l->dialect != DIALECT_CQL);
}

/* ---- what is passed over ---- */

static void skip_line(struct lexer *l)
{
	while (l->at < l->end && *l->at != '\n')
		l->at++;
}

/* From behind the two characters that opened it. Those of PostgreSQL nest. */
static void skip_comment(struct lexer *l)
{
	unsigned depth = 1;

	for (l->at += 2; l->at < l->end && depth; l->at++) {
		if (peek(l, 0) == '*' && peek(l, 1) == '/') {
			depth--;
			l->at++;
		} else if (l->dialect == DIALECT_PGSQL && peek(l, 0) == '/' && peek(l, 1) == '*') {
			depth++;
			l->at++;
		}
	}
}

/* What stands in it is executed, from the version on that it begins with. */
static void enter_versioned(struct lexer *l)
{
	l->versioned = true;
	for (l->at += 3; isdigit(peek(l, 0)); l->at++)
		;
}

static bool begins_line_comment(const struct lexer *l)
{
	int c = peek(l, 0), next = peek(l, 1);

	switch (l->dialect) {
	case DIALECT_MYSQL:
		return c == '#' || (c == '-' && next == '-' &&
				    (peek(l, 2) < 0 || isspace(peek(l, 2)) || iscntrl(peek(l, 2))));
	case DIALECT_CQL:
		return (c == '-' || c == '/') && next == c;
	default:
		return c == '-' && next == '-';
	}
}

static void skip_blank(struct lexer *l)
{
	while (l->at < l->end) {
		if (isspace(peek(l, 0)) || !*l->at) {
			l->at++;
		} else if (begins_line_comment(l)) {
			skip_line(l);
		} else if (peek(l, 0) == '/' && peek(l, 1) == '*') {
			if (l->dialect == DIALECT_MYSQL && peek(l, 2) == '!')
				enter_versioned(l);
			else
				skip_comment(l);
		} else if (l->versioned && peek(l, 0) == '*' && peek(l, 1) == '/') {
			l->versioned = false;
			l->at += 2;
		} else {
			return;
		}
	}
}

/* ---- tokens ---- */

static struct token token_to(struct lexer *l, const char *from, enum token_kind kind)
{
	return (struct token){kind, span_of(from, (size_t)(l->at - from))};
}

/* What stands in quotes, which are doubled inside; l->at is at the first. */
static void pass_quoted(struct lexer *l, bool backslashes)
{
	const char quote = *l->at++;

	for (; l->at < l->end; l->at++) {
		if (*l->at == '\\' && backslashes && l->at + 1 < l->end) {
			l->at++;
		} else if (*l->at == quote) {
			if (peek(l, 1) != quote) {
				l->at++;
				return;
			}
			l->at++;
		}
	}
}

/* $tag$ ... $tag$, or CQL's $$ ... $$; false: it is none. */
static bool pass_dollars(struct lexer *l)
{
	const char *from = l->at, *found;
	size_t len = 1;

	while (is_word(l, peek(l, len)) && peek(l, len) != '$')
		len++;
	if (peek(l, len) != '$' || (len > 1 && isdigit(peek(l, 1))))
		return false;
	len++;
	found = memmem(from + len, (size_t)(l->end - from) - len, from, len);
	l->at = found ? found + len : l->end;
	return true;
}

/* 8-4-4-4-12 hexadecimal digits: a literal of CQL. */
static bool pass_uuid(struct lexer *l)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? peek(l, i) != '-' : peek(l, i) < 0 || !isxdigit(peek(l, i)))
			return false;
	}
	if (is_word(l, peek(l, 36)))
		return false;
	l->at += 36;
	return true;
}

/* 12, 1.5e-3, 0xff, and what CQL has of durations: 12h30m. */
static void pass_number(struct lexer *l)
{
	bool hex = peek(l, 0) == '0' && is_one_of(peek(l, 1), "xX");

	for (; l->at < l->end; l->at++) {
		int c = peek(l, 0);

		if (!hex && is_one_of(c, "eE") && is_one_of(peek(l, 1), "+-") &&
		    isdigit(peek(l, 2)))
			l->at++;
		else if (!is_word(l, c) && (c != '.' || hex))
			return;
	}
}

/* Whether the word up to AT introduces the string that follows it at once: E'', _utf8''. */
static bool introduces_string(const struct lexer *l, struct span word)
{
	static const char prefixes[] = "eEbBxXnN";

	if (peek(l, 0) != '\'' && !(peek(l, 0) == '"' && l->dialect == DIALECT_MYSQL))
		return l->dialect == DIALECT_PGSQL && word.len == 1 &&
		       is_one_of(word.data[0], "uU") && peek(l, 0) == '&' && peek(l, 1) == '\'';
	if (l->dialect == DIALECT_CQL)
		return false;
	if (l->dialect == DIALECT_MYSQL && word.data[0] == '_')
		return true;
	return word.len == 1 && is_one_of(word.data[0], prefixes);
}

static struct token next_word(struct lexer *l)
{
	const char *from = l->at;
	struct span word;

	while (is_word(l, peek(l, 0)))
		l->at++;
	word = span_of(from, (size_t)(l->at - from));
	if (!introduces_string(l, word))
		return (struct token){TOKEN_WORD, word};
	if (*l->at == '&')
		l->at++;
	pass_quoted(l, l->dialect == DIALECT_MYSQL || is_one_of(*from, "eE"));
	return token_to(l, from, TOKEN_VALUE);
}

/* Of several characters are those of comparison, JSON and the like. */
static struct token next_sign(struct lexer *l)
{
	static const char run[] = "<>=!~%^&|@#";
	const char *from = l->at;
	int c = peek(l, 0);

	l->at++;
	if (c == '-' && peek(l, 0) == '>') {
		while (peek(l, 0) == '>')
			l->at++;
	} else if (c == ':' && is_one_of(peek(l, 0), ":=")) {
		l->at++;
	} else if (is_one_of(c, run)) {
		while (is_one_of(peek(l, 0), run) && !begins_line_comment(l))
			l->at++;
		/* ~* of PostgreSQL, and !~* */
		if (l->at[-1] == '~' && peek(l, 0) == '*')
			l->at++;
	}
	return token_to(l, from, TOKEN_SIGN);
}

/* @name and @@name of MySQL. */
static struct token next_variable(struct lexer *l)
{
	const char *from = l->at;

	while (is_word(l, peek(l, 0)) || is_one_of(peek(l, 0), "@."))
		l->at++;
	return token_to(l, from, TOKEN_WORD);
}

static struct token next_string(struct lexer *l)
{
	const char *from = l->at;
	bool string = *from == '\'' || (*from == '"' && l->dialect == DIALECT_MYSQL);

	pass_quoted(l, string && l->dialect == DIALECT_MYSQL);
	return token_to(l, from, string ? TOKEN_VALUE : TOKEN_NAME);
}

/* A parameter: ?, $1, :name. False: none is here. */
static bool pass_parameter(struct lexer *l)
{
	int c = peek(l, 0), next = peek(l, 1);

	if (c == '?') {
		l->at++;
		return true;
	}
	if ((c != '$' || l->dialect != DIALECT_PGSQL || !isdigit(next)) &&
	    (c != ':' || l->dialect != DIALECT_CQL || !is_word(l, next)))
		return false;
	for (l->at++; is_word(l, peek(l, 0)); l->at++)
		;
	return true;
}

static bool begins_number(const struct lexer *l)
{
	int c = peek(l, 0);

	return isdigit(c) || (c == '.' && isdigit(peek(l, 1)));
}

struct token lexer_next(struct lexer *l)
{
	const char *from;
	int c;

	skip_blank(l);
	from = l->at;
	c = peek(l, 0);
	if (c < 0)
		return (struct token){TOKEN_END, {NULL, 0}};
	if (c == '\'' || c == '"' || (c == '`' && l->dialect == DIALECT_MYSQL))
		return next_string(l);
	if (c == '$' && l->dialect != DIALECT_MYSQL && pass_dollars(l))
		return token_to(l, from, TOKEN_VALUE);
	if (pass_parameter(l))
		return token_to(l, from, TOKEN_VALUE);
	if (l->dialect == DIALECT_CQL && pass_uuid(l))
		return token_to(l, from, TOKEN_VALUE);
	if (begins_number(l)) {
		pass_number(l);
		return token_to(l, from, TOKEN_VALUE);
	}
	if (c == '@' && l->dialect == DIALECT_MYSQL)
		return next_variable(l);
	return is_word(l, c) ? next_word(l) : next_sign(l);
}
