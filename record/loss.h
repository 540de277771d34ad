/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_LOSS_H
#define SOCKTAPE_RECORD_LOSS_H

#include <stddef.h>

#include "record/tally.h"

/*
 * Makes a LOSS event of the time NOW for each cause of which LOST has more than TOLD: exactly what
 * was added since SINCE. Returns how many.
 */
size_t loss_events(const struct loss_sum lost[TALLY_CAUSES],
		   const struct loss_sum told[TALLY_CAUSES], int64_t since, int64_t now,
		   struct event events[TALLY_CAUSES]);

#endif
