/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TALLY_H
#define SOCKTAPE_RECORD_TALLY_H

#include <stdint.h>

#include "format/event.h"

#define TALLY_COUNT_ONE(number, name, text) +1
#define TALLY_CAUSES			    (0 LOSS_CAUSES(TALLY_COUNT_ONE))
#define TALLY_CUTS			    (0 CUTS(TALLY_COUNT_ONE))

struct tally_loss {
	uint64_t events; /* calls or records */
	uint64_t bytes;
};

/* What the kernel programs have counted since they were loaded. Everything only grows. */
struct tally {
	uint64_t data_records; /* DATA records put into the ring, and the payload in them */
	uint64_t data_bytes;
	uint64_t moved_bytes; /* what the applications moved, kept or not */
	uint64_t connections; /* with a CONN record; that only exist don't count */
	uint64_t delayed;     /* records without payload that had to be sent again */
	struct tally_loss lost[TALLY_CAUSES]; /* by enum loss_cause */
	uint64_t cut[TALLY_CUTS];	      /* payload bytes left out, by enum cut */
};

/* Sum over the causes. */
static inline struct tally_loss tally_lost(const struct tally *tally)
{
	struct tally_loss sum = {0};

	for (unsigned int i = 0; i < TALLY_CAUSES; i++) {
		sum.events += tally->lost[i].events;
		sum.bytes += tally->lost[i].bytes;
	}
	return sum;
}

/* Payload bytes that are missing though the user wanted them. */
static inline uint64_t tally_cut(const struct tally *tally)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		if (i != CUT_SNAPLEN)
			sum += tally->cut[i];
	return sum;
}

#endif
