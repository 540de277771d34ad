/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_PROGRESS_H
#define SOCKTAPE_RECORD_PROGRESS_H

#include <stdint.h>

#include "format/recording.h"
#include "record/drain.h"
#include "record/tally.h"

/* What is known at one moment of a recording. */
struct progress {
	int64_t elapsed; /* ns since the programs were attached */
	struct tally tally;
	struct recording_writer_totals written;
	struct drain_totals drained;
};

#endif
