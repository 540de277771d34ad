/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SHAPE_SHAPE_H
#define SOCKTAPE_ANALYZE_SHAPE_SHAPE_H

#include "analyze/shape/names.h"
#include "protocols/value/table.h"

/*
 * The natural shape of a record: what is asked, without the values. GET /users/{id} for HTTP, the
 * statement's fingerprint for SQL, and so on: by it records are counted together.
 */
struct shapes;

/* The column that everything calls it. */
extern const struct column shape_column;

/* Whether records of TABLE have one. */
bool shape_has(const struct table *table);

/* Whether a column of TABLE has its name: that is then meant. */
bool shape_is_own(const struct table *table);

/* Whether it has to be learnt from all records first. */
bool shape_is_learnt(const struct table *table);

/* Of the memory that reading may use shapes may take this part, too. */
#define SHAPES_SHARE  8
#define SHAPES_MEMORY (32u << 20)

/* MEMORY: bytes that it may take; 0: SHAPES_MEMORY. NULL without memory. */
struct shapes *shapes_new(size_t memory);

/* Learns from a record. False without memory: it doesn't count. */
bool shapes_learn(struct shapes *s, const struct table *table, const struct value *values);

/* All records were seen. False without memory. */
bool shapes_settle(struct shapes *s);

/*
 * Appends the shape of a record to OUT; nothing where TABLE has none, or the record says nothing.
 * Shapes of what is learnt are those that are known by now: see shapes_again().
 */
void shapes_append(const struct shapes *s, const struct table *table, const struct value *values,
		   struct buffer *out);

/* Both: learns from the record, and appends its shape. False without memory: it doesn't count. */
bool shapes_take(struct shapes *s, const struct table *table, const struct value *values,
		 struct buffer *out);

/* The shape that SHAPE, which shapes_append() gave before, has now. */
void shapes_again(const struct shapes *s, const struct table *table, struct span shape,
		  struct buffer *out);

void shapes_free(struct shapes *s); /* NULL is fine */

#endif
