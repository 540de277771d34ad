/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/nearest.h"

#include <string.h>

/* Longer words aren't compared. */
#define WORD_MAX 32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance of two words of WORD_MAX letters at most. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void nearest_try(struct nearest *n, const char *word)
{
	size_t len = strlen(n->text), d;

	if (!len || len > WORD_MAX || strlen(word) > WORD_MAX)
		return;
	/* Who began a word and went no further meant it. */
	d = len > 1 && strncmp(n->text, word, len) == 0 ? 1 : distance(n->text, word);
	if (d > len / 3 + 1 || d >= len || (n->word && d >= n->distance))
		return;
	n->word = word;
	n->distance = d;
}
