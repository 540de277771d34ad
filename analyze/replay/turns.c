/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/turns.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

/* As much as a thread has; only what is used takes memory. Below it is a page that nobody may use.
 */
#define STACK_LEN (8u << 20)
#define GUARD_LEN (64u << 10) /* of pages of any size */

struct turns {
	ucontext_t caller;
	ucontext_t beside;
	char *stack;
	turns_fn *run;
	void *context;
	bool inside;
	bool ended;
};

/* makecontext() passes numbers of an int's size. */
static void begin(unsigned high, unsigned low)
{
	uintptr_t self = (uintptr_t)high << 32 | low;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	struct turns *t = (struct turns *)self;

	t->run(t->context);
	t->ended = true;
}

static bool prepare(struct turns *t)
{
	uint64_t self = (uintptr_t)t;

	if (mprotect(t->stack, GUARD_LEN, PROT_NONE) || getcontext(&t->beside))
		return false;
	t->beside.uc_stack.ss_sp = t->stack + GUARD_LEN;
	t->beside.uc_stack.ss_size = STACK_LEN;
	t->beside.uc_link = &t->caller;
	makecontext(&t->beside, (void (*)(void))begin, 2, (unsigned)(self >> 32), (unsigned)self);
	return true;
}

struct turns *turns_new(turns_fn *run, void *context)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->run = run;
	t->context = context;
	t->stack = mmap(NULL, STACK_LEN + GUARD_LEN, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (t->stack == MAP_FAILED) {
		free(t);
		return NULL;
	}
	if (prepare(t))
		return t;
	turns_free(t);
	return NULL;
}

bool turns_go(struct turns *t)
{
	if (t->ended)
		return false;
	t->inside = true;
	swapcontext(&t->caller, &t->beside);
	t->inside = false;
	return !t->ended;
}

void turns_back(struct turns *t)
{
	swapcontext(&t->beside, &t->caller);
}

bool turns_is_inside(const struct turns *t)
{
	return t && t->inside;
}

void turns_free(struct turns *t)
{
	if (!t)
		return;
	munmap(t->stack, STACK_LEN + GUARD_LEN);
	free(t);
}
