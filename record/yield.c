/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/yield.h"

#include <sys/resource.h>
#include <unistd.h>

#define LOWER_BY   10 /* a tenth of the weight */
#define NICE_WORST 19
#define RAISE_BY   10

static bool nice_set(int nice)
{
	return setpriority(PRIO_PROCESS, (id_t)gettid(), nice) == 0;
}

void yield_begin(struct yield *yield)
{
	*yield = (struct yield){.own = getpriority(PRIO_PROCESS, (id_t)gettid())};
	yield->possible = nice_set(yield->own - 1) && nice_set(yield->own);
}

void yield_never(void)
{
	nice_set(getpriority(PRIO_PROCESS, (id_t)gettid()) - RAISE_BY);
}

void yield_set(struct yield *yield, bool lower)
{
	int nice = yield->own + LOWER_BY < NICE_WORST ? yield->own + LOWER_BY : NICE_WORST;

	if (!yield->possible || lower == yield->lowered)
		return;
	if (nice_set(lower ? nice : yield->own))
		yield->lowered = lower;
}
