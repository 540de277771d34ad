/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_SEARCH_H
#define SOCKTAPE_ANALYZE_REPLAY_SEARCH_H

#include <stdbool.h>

#include "format/buffer.h"

/*
 * A pattern (PCRE2) that is looked for in bytes, whole or as they come. ^ and $ stand for the
 * begin and end of lines.
 */
struct search;

/*
 * LITERAL: the text stands for itself. Where TEXT has other than ASCII, or asks for it, characters
 * are those of UTF-8, also in bytes that aren't. NULL: PROBLEM tells what is wrong with it.
 */
struct search *search_new(struct span text, bool literal, bool ignore_case, struct buffer *problem);

struct search_match {
	size_t begin;
	size_t end;
};

/* The first match in BYTES that begins at FROM or behind. */
bool search_find(struct search *s, struct span bytes, size_t from, struct search_match *match);

/*
 * The same in a part of a stream that goes on. False: *RESUME is where it has to go on when more
 * has come, with search_behind() bytes in front of it.
 */
bool search_find_part(struct search *s, struct span bytes, size_t from, struct search_match *match,
		      size_t *resume);

size_t search_behind(const struct search *s);

/* Whether somewhere too much was tried, so that matches may be missing. */
bool search_gave_up(const struct search *s);

void search_free(struct search *s); /* NULL is fine */

#endif
