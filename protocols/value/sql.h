/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_SQL_H
#define SOCKTAPE_PROTOCOLS_VALUE_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "format/span.h"

/*
 * What a server's SQL has in its own way. Both functions give the place behind what begins at AT,
 * which is below text.len; 0: no such thing begins there. What never ends goes to text.len.
 */
struct sql_dialect {
	const char *spaces; /* the characters between tokens */
	size_t (*comment_end)(struct span text, size_t at);
	size_t (*quoted_end)(struct span text, size_t at);
};

/* Behind the comment, the quoted text, or the characters at AT that are neither: up to one that may
 * begin either, ';' or '?'; or just behind that one. */
size_t sql_skip_token(const struct sql_dialect *dialect, struct span text, size_t at);

/*
 * The next statement of several that ';' divides, from *AT on, which moves behind it; without the
 * spaces around it, and none that is comments only. A part of TEXT; empty: there is none.
 */
struct span sql_next_statement(const struct sql_dialect *dialect, struct span text, size_t *at);

/* For dialects: */

bool sql_is_space(const struct sql_dialect *dialect, char c);

/* Behind what is quoted by the character at AT; with ESCAPES a backslash takes the next one in. */
size_t sql_skip_quoted(struct span text, size_t at, bool escapes);

/* At the end of the line that AT is in. */
size_t sql_skip_line(struct span text, size_t at);

#endif
