/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_ESCAPE_H
#define SOCKTAPE_ANALYZE_OUTPUT_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/buffer.h"

/*
 * What others said may hold anything: sequences that command a terminal, marks that turn the
 * reading direction around, characters that nobody sees. All text from a recording that a person
 * reads goes through escape_character(), and nothing else decides what may pass.
 */

/* Longest text of a character, and its end. */
#define ESCAPE_MAX 12

/*
 * The character at P (before END): how many bytes it takes, what to print for it (terminated) and
 * how many columns of a terminal that takes. Control characters become \n, \x1b or (beyond ASCII)
 * \u009b, invisible and directing ones \u202e or \U000e0001, bytes that aren't UTF-8 \xff.
 */
size_t escape_character(const uint8_t *p, const uint8_t *end, char out[static ESCAPE_MAX],
			int *width);

/* "\u00e4" for the character of N bytes at P, whatever it is. */
void escape_append_character(struct buffer *b, const uint8_t *p, size_t n);

/* So many bytes at the beginning of TEXT are printed as they are, one character each. */
size_t escape_plain(struct span text);

/* TEXT on one line, so escaped. */
void escape_append(struct buffer *b, struct span text);

/* TEXT of several lines, the line ends as they are. */
void escape_append_lines(struct buffer *b, struct span text);

/* The same as text of XML and HTML, in an element or in an attribute with quotes of either kind. */
void escape_append_markup(struct buffer *b, struct span text);

/* JSON, the same by its meaning, with those characters as \u escapes. Line ends stay. */
void escape_append_json(struct buffer *b, struct span json);

#endif
