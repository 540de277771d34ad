/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_LISTING_RANKING_H
#define SOCKTAPE_ANALYZE_LISTING_RANKING_H

#include "format/span.h"
#include "protocols/value/value.h"

/*
 * Puts any number of things in the order of a value, of whatever type, with little memory: what is
 * more goes to a file without a name.
 */
struct ranking;

/* DOWN: the largest first. Null is last in any case. NULL: it can't be made. */
struct ranking *ranking_new(bool down);

/* False: it could not be kept; see ranking_error(). */
bool ranking_add(struct ranking *r, const struct value *key, struct span bytes);

/* The next one, valid until the next call; nothing can be added once that began. */
bool ranking_next(struct ranking *r, struct span *bytes);

const char *ranking_error(const struct ranking *r); /* NULL: nothing went wrong */

void ranking_free(struct ranking *r); /* NULL is fine */

#endif
