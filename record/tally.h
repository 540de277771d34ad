/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TALLY_H
#define SOCKTAPE_RECORD_TALLY_H

#include <stdint.h>

#include "format/event.h"

#define TALLY_COUNT_ONE(number, name, text) +1
#define TALLY_CAUSES			    (0 LOSS_CAUSES(TALLY_COUNT_ONE))
#define TALLY_CUTS			    (0 CUTS(TALLY_COUNT_ONE))

/* What the kernel programs have counted since they were loaded. Everything only grows. */
struct tally {
	uint64_t data_records; /* DATA records put into the pool, and the payload in them */
	uint64_t data_bytes;
	uint64_t moved_bytes;		    /* what the applications moved, kept or not */
	uint64_t connections;		    /* with a CONN record; that only exist don't count */
	uint64_t delayed;		    /* records without payload that had to be sent again */
	struct loss_sum lost[TALLY_CAUSES]; /* by enum loss_cause */
	uint64_t elsewhere; /* runs of programs that were skipped, maybe for what a filter leaves
			       out */
	struct loss_sum lost_plain; /* of TLS libraries: in no other sum */
	uint64_t cut[TALLY_CUTS];   /* payload bytes left out, by enum cut */
};

/* Sum over the causes. */
static inline struct loss_sum loss_sum_all(const struct loss_sum lost[TALLY_CAUSES])
{
	struct loss_sum sum = {0};

	for (unsigned int i = 0; i < TALLY_CAUSES; i++) {
		sum.events += lost[i].events;
		sum.bytes += lost[i].bytes;
	}
	return sum;
}

#endif
