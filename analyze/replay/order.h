/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_ORDER_H
#define SOCKTAPE_ANALYZE_REPLAY_ORDER_H

#include "analyze/replay/row.h"

/*
 * Puts rows into ascending order of their beginning. A row comes when its exchange is over, so it
 * is held until nothing that began earlier is likely to come: for a time, and as long as not too
 * many are held. What ends later than that comes out at its end, and is marked late. While a row is
 * held it finds its twin, what the other end of the connection saw of the same exchange.
 *
 * What comes out depends on what goes in alone, not on when.
 */
struct order;

/* A row is held for so long after its beginning, of recorded time. */
#define ORDER_NS (5 * 1000000000ll)
/* Its twin is waited for so long after its end, should that be later. */
#define ORDER_TWIN_NS (100 * 1000000ll)
/* Rows that are held at most. */
#define ORDER_ROWS 16384

/* BYTES: memory of the rows that are held at most. NULL when there is no memory. */
struct order *order_new(size_t bytes);

/* Takes the chunk with all its rows. False when there is no memory: they are lost. */
bool order_add(struct order *o, struct row_chunk *chunk);

/* No more will come: everything is due. */
void order_end(struct order *o);

/*
 * Of a recording that is followed: rows are held for no longer than NS, and what is held now is due
 * until more comes. Then what comes out does depend on when.
 */
void order_hold(struct order *o, int64_t ns);
void order_give(struct order *o);

/*
 * The next row that is due, or NULL. It is valid until order_done() for it, and its twin as long.
 */
struct row *order_next(struct order *o);
void order_done(struct order *o, struct row *row);

/* Rows that came out late so far. */
uint64_t order_late(const struct order *o);

void order_free(struct order *o); /* NULL is fine */

#endif
