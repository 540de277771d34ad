/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_CLOCK_H
#define SOCKTAPE_RECORD_CLOCK_H

#include <stdint.h>

#include "format/event.h"

#define CLOCK_SECOND 1000000000

/* CLOCK_MONOTONIC in ns: the time of every event. */
int64_t clock_monotonic(void);

/*
 * Makes *EVENT a CLOCK event of this moment. The clocks are read one after the other, several
 * times, and the reading is kept that took the shortest time.
 */
void clock_event(struct event *event);

#endif
