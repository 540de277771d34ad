/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SPILL_SORTER_H
#define SOCKTAPE_ANALYZE_SPILL_SORTER_H

#include "format/span.h"

#include <stdint.h>

/*
 * Puts any number of things in order with little memory: sorted runs go to a file without a name
 * and are merged when they are taken out.
 */
struct sorter;

/* MEMORY: bytes that it may use. NULL when there is no memory. */
struct sorter *sorter_new(size_t memory);

/* By FIRST, then SECOND, then as they came. False with errno: it could not be kept. */
bool sorter_add(struct sorter *s, int64_t first, uint64_t second, struct span bytes);

/*
 * The next one, valid until the next call; nothing can be added once that began. False after the
 * last, and with sorter_errno() when the file can't be read.
 */
bool sorter_next(struct sorter *s, struct span *bytes);

int sorter_errno(const struct sorter *s); /* 0: nothing went wrong */

void sorter_free(struct sorter *s); /* NULL is fine */

#endif
