/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_NEAREST_H
#define SOCKTAPE_FORMAT_NEAREST_H

#include <stddef.h>

/*
 * Which of some words somebody meant who mistyped one: begin with its text, try each of the words,
 * and take what `word` is then, or NULL: none is near.
 */
struct nearest {
	const char *text;
	const char *word;
	size_t distance; /* to `word`: letters left out, added, changed, or changed with the next */
};

/* WORD is borrowed. */
void nearest_try(struct nearest *n, const char *word);

#endif
