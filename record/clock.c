/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/clock.h"

#include <time.h>

#define TRIES 5

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

int64_t clock_monotonic(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void clock_event(struct event *event)
{
	int64_t best = INT64_MAX;

	*event = (struct event){.type = EVENT_CLOCK};
	for (int i = 0; i < TRIES; i++) {
		int64_t before = clock_ns(CLOCK_MONOTONIC);
		int64_t realtime = clock_ns(CLOCK_REALTIME);
		int64_t boottime = clock_ns(CLOCK_BOOTTIME);
		int64_t took = clock_ns(CLOCK_MONOTONIC) - before;

		if (took >= best)
			continue;
		best = took;
		event->ts = before + took / 2;
		event->clock = (struct event_clock){realtime, boottime};
	}
}
