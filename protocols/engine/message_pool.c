/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/message_pool.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"

/* Messages of one size that are kept. */
#define KEPT_MAX 64

struct message_stack *message_pool_stack(struct message_pool *pool, size_t message_len)
{
	for (size_t i = 0; pool && i < MESSAGE_POOL_SIZES; i++) {
		struct message_stack *stack = &pool->stacks[i];

		if (!stack->message_len)
			stack->message_len = message_len;
		if (stack->message_len == message_len)
			return stack;
	}
	return NULL;
}

struct message *message_stack_take(struct message_stack *stack)
{
	struct message *m = stack ? stack->first : NULL;

	if (m) {
		stack->first = m->next;
		stack->count--;
	}
	return m;
}

bool message_stack_put(struct message_stack *stack, struct message *message)
{
	if (!stack || stack->count == KEPT_MAX)
		return false;
	message->next = stack->first;
	stack->first = message;
	stack->count++;
	return true;
}

void message_pool_free(struct message_pool *pool)
{
	struct message *m;

	for (size_t i = 0; i < MESSAGE_POOL_SIZES; i++)
		while ((m = message_stack_take(&pool->stacks[i])) != NULL)
			message_free(m, pool->stacks[i].message_len, pool->budget);
	if (pool->heads)
		pool->heads_free(pool->heads);
}
