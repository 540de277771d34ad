/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_LOSS_H
#define SOCKTAPE_RECORD_LOSS_H

#include "format/recording.h"
#include "record/tally.h"

/* What has been reported as lost, and when. Zero-initialised except for SINCE: the beginning. */
struct loss_log {
	struct tally_loss told[TALLY_CAUSES];
	int64_t since;
};

/*
 * Writes a LOSS event for each cause that grew since the last call: exactly what was added, and
 * between which times. NOW is the moment at which TALLY was read.
 */
MUST_CHECK enum tape_error loss_log_write(struct loss_log *log, const struct tally *tally,
					  int64_t now, struct recording_writer *writer);

#endif
