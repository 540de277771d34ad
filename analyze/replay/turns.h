/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_TURNS_H
#define SOCKTAPE_ANALYZE_REPLAY_TURNS_H

#include <stdbool.h>

/*
 * A function that runs beside its caller in the same thread, on a stack of its own: it can stop in
 * the middle of anything, and goes on there when it is its turn again (makecontext(3)).
 */
struct turns;

typedef void turns_fn(void *context);

/* RUN begins with the first turns_go(). NULL: no memory. */
struct turns *turns_new(turns_fn *run, void *context);

/* For the caller: lets RUN go on until it calls turns_back(). False: it has returned, now or
 * before. */
bool turns_go(struct turns *t);

/* For RUN: it is the caller's turn; returns when it is RUN's again. */
void turns_back(struct turns *t);

/* Whether it is RUN's turn; T may be NULL. */
bool turns_is_inside(const struct turns *t);

/* RUN has returned, or never begun. NULL is fine. */
void turns_free(struct turns *t);

#endif
