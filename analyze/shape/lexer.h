/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SHAPE_LEXER_H
#define SOCKTAPE_ANALYZE_SHAPE_LEXER_H

#include <stdbool.h>

#include "format/span.h"

/* Cutting a statement into tokens, as the server that it is for would. */
enum dialect {
	DIALECT_PGSQL, /* PostgreSQL 15, "4.1. Lexical Structure" */
	DIALECT_MYSQL, /* MySQL 8.0, "9 Language Structure"; MariaDB 10.11 */
	DIALECT_CQL,   /* Cassandra 4.1, CQL: "Definitions" */
};

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,  /* a keyword or a name without quotes */
	TOKEN_NAME,  /* in the quotes of a name */
	TOKEN_VALUE, /* a literal or a parameter */
	TOKEN_SIGN,  /* an operator, a bracket, a separator */
};

struct token {
	enum token_kind kind;
	struct span text;
};

struct lexer {
	enum dialect dialect;
	const char *at;
	const char *end;
	bool versioned; /* inside a comment that MySQL executes */
};

struct lexer lexer_of(enum dialect dialect, struct span statement);

/*
 * The next token. White space and comments are passed over; what is never closed goes to the end.
 * Any bytes will do.
 */
struct token lexer_next(struct lexer *l);

#endif
