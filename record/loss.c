/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/loss.h"

size_t loss_events(const struct loss_sum lost[TALLY_CAUSES],
		   const struct loss_sum told[TALLY_CAUSES], int64_t since, int64_t now,
		   struct event events[TALLY_CAUSES])
{
	size_t count = 0;

	for (unsigned int cause = 0; cause < TALLY_CAUSES; cause++) {
		struct event_loss loss = {
			.events = lost[cause].events - told[cause].events,
			.bytes = lost[cause].bytes - told[cause].bytes,
			.since = since,
			.cause = (enum loss_cause)cause,
		};

		if (loss.events || loss.bytes)
			events[count++] = (struct event){
				.type = EVENT_LOSS, .ts = now, .loss = loss};
	}
	return count;
}
