/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SHAPE_NAMES_H
#define SOCKTAPE_ANALYZE_SHAPE_NAMES_H

#include <stdint.h>

#include "format/buffer.h"

struct budget;

/*
 * Names that are made of segments, as paths of HTTP and keys of Redis are, and what they have in
 * common: /users/1/orders and /users/2/orders are both /users/{id}/orders.
 *
 * Which segment is an id is found by looking at all names: in one place stand either names that the
 * program was written with, which are few and come again, or values, which are many. What is
 * written in numbers is taken for a value as soon as there are two of them; words when there are
 * more than NAMES_WORDS in a place, or so many that came only once that more are sure to come.
 */
struct names;

#define NAMES_ID "{id}"

/* Words in one place, of which more can't be names that somebody thought of. */
#define NAMES_WORDS 100

/* What is all that is beyond what there is room for. */
#define NAMES_MORE "{more}"

/*
 * Segments are separated by any of SEPARATORS. Memory doesn't grow with the names: a place that has
 * very many is decided early; where half of the budget is used, all is, and what is new is a value
 * from then on; where all of it is, what is new is NAMES_MORE. Several may share a BUDGET, which is
 * exceeded a little; NULL: as much as is usual. NULL without memory.
 */
struct names *names_new(const char *separators, struct budget *budget);

/*
 * One more name. FORM: what names_append() would append afterwards is appended to it; may be NULL.
 * False without memory: it doesn't count.
 */
bool names_take(struct names *n, struct span name, struct buffer *form);

/* All that was learnt is decided. May be called again. False without memory. */
bool names_settle(struct names *n);

/*
 * Appends what NAME has in common with others, as far as that is decided. The common form of a
 * common form is itself.
 */
void names_append(const struct names *n, struct span name, struct buffer *out);

void names_free(struct names *n); /* NULL is fine */

#endif
