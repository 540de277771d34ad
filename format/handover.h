/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_HANDOVER_H
#define SOCKTAPE_FORMAT_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Hands items from one thread to another, in order. It holds so many bytes at most (but always one
 * item), so who is faster waits; it goes on when half of that has come, or gone. Of items that are
 * larger than that there is one at a time, the one in use included. Items are large: there is a
 * lock for each.
 */
struct handover;

struct handover *handover_new(size_t bytes_max); /* NULL when there is no memory */

/* For the thread that gives. False when nobody takes any more: the item is still the caller's. */
bool handover_push(struct handover *q, void *item, size_t bytes);
void handover_end(struct handover *q); /* nothing more will come */

/* For the thread that takes, and is done with the one before. NULL after the last. */
void *handover_pop(struct handover *q);
void handover_cancel(
	struct handover *q); /* handover_pop() gives what is left; no more is taken in */

void handover_free(struct handover *q); /* empty, and no thread uses it; NULL is fine */

#endif
