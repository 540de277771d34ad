/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_NOISE_H
#define SOCKTAPE_ANALYZE_DIFF_NOISE_H

#include <stdbool.h>

#include "format/buffer.h"

/*
 * What differs between any two recordings and means nothing: a moment, an id, a port that was
 * given out. Most of it is learnt from a recording against itself; what is the same all through a
 * short one is known here.
 */

/* Whether the values of a header, by its name in lower case, are those of one message or moment. */
bool noise_is_header(struct span name);

/* The same of a column, or a member of a body: ids, by how they are called. */
bool noise_is_name(struct span name);

/*
 * Appends VALUE with what is noise in it by its kind: {time} for a date, {id} for UUIDs, digests
 * and long numbers, {port} for a port behind an address.
 */
void noise_append(struct span value, struct buffer *out);

#endif
