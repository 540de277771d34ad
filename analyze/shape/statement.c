/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/statement.h"

#include <ctype.h>
#include <strings.h>

#include "format/hash.h"

/* Brackets that may be open and still be looked at as lists. */
#define DEPTH_MAX 64

/* An open bracket, or the statement itself. */
struct level {
	size_t from; /* in the shape */
	bool list;   /* values alone make a list here */
	bool rows;   /* and one such list may follow another */
	size_t row;  /* where the last row begins, and its length; 0: there is none */
	size_t row_len;
};

struct shaping {
	enum dialect dialect;
	struct buffer *b;
	size_t start; /* in b */
	struct token last;
	bool operand; /* the last token ends one: a sign behind it is an operator */
	bool glued;   /* nothing comes between it and the next token */
	struct level levels[DEPTH_MAX];
	unsigned depth;
	size_t query; /* where the query begins that UNION may join to others */
	size_t query_before;
	size_t query_before_len;
};

/* ---- words ---- */

/* Words that an expression or a bracket of its own follows. */
static bool is_keyword(struct span word)
{
	static const char *const words[] = {
		"all",	     "and",  "any",    "as",	 "between", "by",	 "case",
		"distinct",  "else", "except", "exists", "from",    "having",	 "in",
		"intersect", "is",   "ilike",  "join",	 "like",    "limit",	 "not",
		"offset",    "on",   "or",     "over",	 "return",  "returning", "select",
		"set",	     "then", "union",  "using",	 "value",   "values",	 "when",
		"where",     "with",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == word.len && strncasecmp(words[i], word.data, word.len) == 0)
			return true;
	return false;
}

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->text.len == strlen(word) &&
	       strncasecmp(t->text.data, word, t->text.len) == 0;
}

static bool is_sign(const struct token *t, const char *sign)
{
	return t->kind == TOKEN_SIGN && span_is(t->text, sign);
}

/* Words that are values. pt-fingerprint takes only null for one. */
static bool is_value(const struct shaping *s, const struct token *t)
{
	if (t->kind == TOKEN_VALUE)
		return true;
	if (s->dialect == DIALECT_MYSQL)
		return is_word(t, "null");
	if (is_word(&s->last, "is") || is_word(&s->last, "not"))
		return false;
	return is_word(t, "null") || is_word(t, "true") || is_word(t, "false");
}

/* ---- appending ---- */

static bool is_opening(char c)
{
	return c == '(' || c == '[' || c == '{';
}

static bool is_closing(const struct token *t)
{
	return is_sign(t, ")") || is_sign(t, "]") || is_sign(t, "}");
}

static bool wants_space(const struct shaping *s, const struct token *t)
{
	char c = t->text.data[0];

	if (s->b->len == s->start || s->glued)
		return false;
	if (t->kind != TOKEN_SIGN)
		return true;
	if (c == ',' || c == ';' || c == '.' || c == ')' || c == ']' || c == '}' || c == ':')
		return span_is(t->text, ":=");
	if (c == '(' || c == '[')
		return !s->operand || s->last.kind == TOKEN_VALUE;
	return true;
}

/* Digits inside a name aren't told from values, as pt-fingerprint has it: shards are one. */
static void append_digits(struct buffer *b, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool digit = isdigit((unsigned char)text.data[i]);

		if (!digit)
			buffer_append_char(b, (char)tolower((unsigned char)text.data[i]));
		else if (!i || !isdigit((unsigned char)text.data[i - 1]))
			buffer_append_char(b, '?');
	}
}

/* Whether a name in quotes means the same without them. */
static bool is_plain_name(struct span text)
{
	if (text.len < 3 || isdigit((unsigned char)text.data[1]))
		return false;
	for (size_t i = 1; i + 1 < text.len; i++)
		if (!islower((unsigned char)text.data[i]) && text.data[i] != '_' &&
		    !isdigit((unsigned char)text.data[i]))
			return false;
	return text.data[text.len - 1] == text.data[0];
}

static void append_text(const struct shaping *s, const struct token *t)
{
	struct span text = t->text;

	if (s->dialect == DIALECT_MYSQL) {
		append_digits(s->b, text);
	} else if (t->kind == TOKEN_NAME) {
		if (is_plain_name(text))
			text = span_of(text.data + 1, text.len - 2);
		buffer_append_span(s->b, text);
	} else if (span_is(text, "!=")) {
		buffer_append_text(s->b, "<>");
	} else {
		for (size_t i = 0; i < text.len; i++)
			buffer_append_char(s->b, (char)tolower((unsigned char)text.data[i]));
	}
}

static bool ends_operand(const struct token *t)
{
	switch (t->kind) {
	case TOKEN_WORD:
		return !is_keyword(t->text);
	case TOKEN_SIGN:
		return is_closing(t);
	default:
		return true;
	}
}

static void went(struct shaping *s, const struct token *t)
{
	s->operand = ends_operand(t);
	if (!is_sign(t, ",") && !is_closing(t))
		s->levels[s->depth < DEPTH_MAX ? s->depth : DEPTH_MAX - 1].row_len = 0;
	s->glued = t->kind == TOKEN_SIGN &&
		   (is_opening(t->text.data[0]) || is_sign(t, ".") || is_sign(t, "::"));
	s->last = *t;
}

static void append(struct shaping *s, const struct token *t)
{
	if (wants_space(s, t))
		buffer_append_char(s->b, ' ');
	append_text(s, t);
	went(s, t);
}

static bool ends_with(const struct shaping *s, const char *text)
{
	size_t len = strlen(text);

	return !s->b->failed && s->b->len - s->start >= len &&
	       memcmp(s->b->data + s->b->len - len, text, len) == 0;
}

/* ---- values ---- */

/* The sign in front of it was none of an operation, or is taken into the value. */
static void append_value(struct shaping *s)
{
	static const struct token value = {TOKEN_VALUE, {"?", 1}};

	/* Strings that follow each other are one. */
	if (s->last.kind == TOKEN_VALUE && ends_with(s, "?"))
		return;
	if (is_sign(&s->last, "-") && s->dialect == DIALECT_MYSQL && ends_with(s, " -"))
		s->b->data[s->b->len - 1] = '+'; /* less a value: more by another */
	if (wants_space(s, &value))
		buffer_append_char(s->b, ' ');
	buffer_append_char(s->b, '?');
	went(s, &value);
}

/* A sign that belongs to the number behind it. */
static bool is_of_number(const struct shaping *s, const struct token *t, const struct lexer *l)
{
	struct lexer ahead = *l;
	struct token next;

	if (s->operand || (!is_sign(t, "-") && !is_sign(t, "+")))
		return false;
	next = lexer_next(&ahead);
	return next.kind == TOKEN_VALUE;
}

/* ---- lists ---- */

static struct level *level_of(struct shaping *s)
{
	return &s->levels[s->depth < DEPTH_MAX ? s->depth : DEPTH_MAX - 1];
}

static void open_bracket(struct shaping *s, const struct token *t)
{
	struct level *outer = level_of(s), *inner;
	bool first = is_word(&s->last, "values") || is_word(&s->last, "value") ||
		     is_word(&s->last, "in");
	bool follows = outer->row_len && is_sign(&s->last, ",");
	bool nested = outer->list && (is_sign(&s->last, ",") || is_sign(&s->last, "("));

	if (wants_space(s, t))
		buffer_append_char(s->b, ' ');
	append_text(s, t);
	if (!follows)
		outer->row_len = 0;
	s->depth++;
	inner = level_of(s);
	*inner = (struct level){
		.from = s->b->len - 1,
		.list = first || follows || nested || t->text.data[0] != '(',
		.rows = first || follows || nested,
	};
	went(s, t);
}

/* Whether what stands in the bracket is values, and lists of them, alone. */
static bool has_values_alone(const struct shaping *s, const struct level *level)
{
	const char *p = s->b->data + level->from + 1, *end = s->b->data + s->b->len;

	if (p == end)
		return false;
	for (; p < end; p++)
		if (!strchr("?+, :()[]{}", *p) || !*p)
			return false;
	return true;
}

/* A row like the one before it says nothing new. */
static void join_rows(struct shaping *s, struct level *outer, size_t from)
{
	size_t len = s->b->len - from;

	if (outer->row_len == len && memcmp(s->b->data + outer->row, s->b->data + from, len) == 0) {
		s->b->len = outer->row + len;
		return;
	}
	outer->row = from;
	outer->row_len = len;
}

static void close_bracket(struct shaping *s, const struct token *t)
{
	struct level level = *level_of(s);

	if (!s->depth) {
		append(s, t);
		return;
	}
	if (s->depth < DEPTH_MAX && level.list && !s->b->failed && has_values_alone(s, &level)) {
		s->b->len = level.from + 1;
		buffer_append_text(s->b, "?+");
	}
	append(s, t);
	s->depth--;
	if (s->depth + 1 < DEPTH_MAX && level.rows && !s->b->failed)
		join_rows(s, level_of(s), level.from);
}

/* ---- what is more than tokens ---- */

/*
 * At the end of one of the queries that UNION joins: the same one again is left out with the words
 * in front of it, however often it comes.
 */
static void end_query(struct shaping *s)
{
	size_t len = s->b->len - s->query;

	if (s->b->failed)
		return;
	if (s->query_before_len == len &&
	    memcmp(s->b->data + s->query_before, s->b->data + s->query, len) == 0) {
		s->b->len = s->query_before + len;
		return;
	}
	s->query_before = s->query;
	s->query_before_len = len;
}

static void begin_query(struct shaping *s)
{
	s->query = s->b->len + 1; /* behind a space */
}

/* MySQL: LIMIT 5, 10 and LIMIT 10 OFFSET 5 are as LIMIT 10. */
static bool ends_limit(const struct shaping *s, const struct token *t)
{
	return s->dialect == DIALECT_MYSQL && (is_sign(t, ",") || is_word(t, "offset")) &&
	       ends_with(s, " limit ?");
}

/* MySQL: UNION [ALL | DISTINCT] between queries. */
static bool joins_queries(const struct shaping *s, const struct token *t)
{
	return s->dialect == DIALECT_MYSQL && !s->depth && is_word(t, "union");
}

static void shape_token(struct shaping *s, struct lexer *l, const struct token *t)
{
	if (joins_queries(s, t))
		end_query(s);
	if (is_of_number(s, t, l))
		return;
	if (ends_limit(s, t)) {
		lexer_next(l);
		return;
	}
	if (is_value(s, t))
		append_value(s);
	else if (t->kind == TOKEN_SIGN && is_opening(t->text.data[0]))
		open_bracket(s, t);
	else if (is_closing(t))
		close_bracket(s, t);
	else if (s->dialect != DIALECT_MYSQL || !is_word(t, "asc"))
		append(s, t);
	if (joins_queries(s, t) ||
	    (is_word(&s->last, "all") && s->query == s->b->len - strlen("all")))
		begin_query(s);
}

/* ---- the whole ---- */

static void cut(struct buffer *b, size_t start)
{
	uint64_t hash;

	while (b->len > start && (b->data[b->len - 1] == ';' || b->data[b->len - 1] == ' '))
		b->len--;
	if (b->failed || b->len - start <= STATEMENT_SHAPE_MAX)
		return;
	hash = hash_bytes(0, b->data + start, b->len - start);
	b->len = start + STATEMENT_SHAPE_MAX;
	buffer_printf(b, "... #%016llx", (unsigned long long)hash);
}

/* Statements of which what follows the first words says nothing: CALL p(1) is call p. */
static bool shape_short(struct shaping *s, struct lexer *l)
{
	struct token first = lexer_next(l), name;

	append(s, &first);
	if (s->dialect != DIALECT_MYSQL || (!is_word(&first, "call") && !is_word(&first, "use")))
		return false;
	if (is_word(&first, "use")) {
		append_value(s);
		return true;
	}
	for (name = lexer_next(l); name.kind != TOKEN_END && !is_sign(&name, "(");
	     name = lexer_next(l))
		append(s, &name);
	return true;
}

void statement_shape(struct buffer *b, enum dialect dialect, struct span statement)
{
	struct shaping s = {.dialect = dialect, .b = b, .start = b->len, .query = b->len};
	struct lexer l = lexer_of(dialect, statement);
	struct lexer begin = l;
	struct token t = lexer_next(&begin);

	if (t.kind == TOKEN_END)
		return;
	if (t.kind != TOKEN_WORD || !shape_short(&s, &l)) {
		while ((t = lexer_next(&l)).kind != TOKEN_END)
			shape_token(&s, &l, &t);
		if (dialect == DIALECT_MYSQL && !s.depth)
			end_query(&s);
	}
	cut(b, s.start);
}
