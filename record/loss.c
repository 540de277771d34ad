/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/loss.h"

enum tape_error loss_log_write(struct loss_log *log, const struct tally *tally, int64_t now,
			       struct recording_writer *writer)
{
	enum tape_error error = TAPE_OK;

	for (unsigned int cause = 0; cause < TALLY_CAUSES && error == TAPE_OK; cause++) {
		struct tally_loss *told = &log->told[cause];
		struct event event = {
			.type = EVENT_LOSS,
			.ts = now,
			.loss =
				{
					.events = tally->lost[cause].events - told->events,
					.bytes = tally->lost[cause].bytes - told->bytes,
					.since = log->since,
					.cause = (enum loss_cause)cause,
				},
		};

		if (event.loss.events == 0 && event.loss.bytes == 0)
			continue;
		error = recording_writer_event(writer, &event);
		*told = tally->lost[cause];
	}
	log->since = now;
	return error;
}
