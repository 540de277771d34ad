/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_ACCOUNT_H
#define SOCKTAPE_RECORD_ACCOUNT_H

#include "record/store.h"
#include "record/tally.h"

/*
 * Where every byte that the recorded calls moved through sockets has gone: moved = kept + lost +
 * cut, exactly.
 */
struct account {
	uint64_t moved_bytes;
	uint64_t kept_bytes;
	uint64_t data_events;	   /* that hold them */
	struct loss_sum plaintext; /* of TLS, beside all that: events and bytes kept */
	uint64_t connections;
	struct loss_sum lost[TALLY_CAUSES]; /* by enum loss_cause */
	uint64_t cut[TALLY_CUTS];	    /* bytes left out of the payload, by enum cut */
	uint64_t elsewhere;		    /* as in struct tally: part of no sum */
};

/*
 * From what the kernel programs counted, the LOSS events that came out of the ring (SEEN, by cause)
 * and what the store has taken. As long as recording goes on, what is on its way counts as kept;
 * with FINAL what is in no file is lost.
 */
void account_make(struct account *account, const struct tally *tally,
		  const struct loss_sum seen[TALLY_CAUSES], const struct store_status *store,
		  bool final);

/* Payload bytes that are missing though the user wanted them. */
uint64_t account_cut(const struct account *account);

/* Those that are missing because the user wanted it so. */
uint64_t account_left_out(const struct account *account);

/* Makes *EVENT the TOTALS event of TS. */
void account_event(const struct account *account, int64_t ts, struct event *event);

#endif
