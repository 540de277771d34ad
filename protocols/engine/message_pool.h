/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_MESSAGE_POOL_H
#define SOCKTAPE_PROTOCOLS_ENGINE_MESSAGE_POOL_H

#include "protocols/engine/matcher.h"

/*
 * Messages that were used and can be used again, by all matchers of a replay. Shared, so that the
 * one that comes next is in the processor's caches, however many connections there are.
 */

/* Messages have as many sizes as there are protocols in use; of others none is kept. */
#define MESSAGE_POOL_SIZES 16

/* Messages of one size. */
struct message_stack {
	size_t message_len; /* 0: nobody's yet */
	struct message *first;
	size_t count;
};

/* Zero-initialised, with its budget, is empty. */
struct message_pool {
	struct budget *budget; /* to which the messages are charged, those that are here, too */
	struct message_stack stacks[MESSAGE_POOL_SIZES];
	/* HTTP's heads that are known (http/heads.h), and what frees them; NULL: none are. */
	void *heads;
	void (*heads_free)(void *heads);
};

/* Where messages of this size are kept; NULL: nowhere. POOL may be NULL. */
struct message_stack *message_pool_stack(struct message_pool *pool, size_t message_len);

/* One that was put there, with its text's memory, or NULL. STACK may be NULL, as below. */
struct message *message_stack_take(struct message_stack *stack);

/* False when there are enough: MESSAGE is still the caller's. */
bool message_stack_put(struct message_stack *stack, struct message *message);

void message_pool_free(struct message_pool *pool);

#endif
