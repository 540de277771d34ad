/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_INTERN_H
#define SOCKTAPE_ANALYZE_MAP_INTERN_H

#include <stdbool.h>

#include "format/span.h"

/* Texts of any bytes as numbers, counted from 0 in the order in which they came. */
struct intern {
	struct intern_text **texts;
	size_t count;
	size_t *slots; /* hash table: number + 1; a power of two */
	size_t slot_count;
	uint64_t seed;
	size_t used; /* bytes of memory */
};

#define INTERN_NONE SIZE_MAX

/* The number of TEXT, a new one where it has none; INTERN_NONE without memory. */
size_t intern_put(struct intern *t, struct span text);

/* INTERN_NONE when it isn't there. */
size_t intern_find(const struct intern *t, struct span text);

/* Terminated by a zero byte, too; valid until intern_free(). */
struct span intern_text(const struct intern *t, size_t number);

void intern_free(struct intern *t);

#endif
