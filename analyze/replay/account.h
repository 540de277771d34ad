/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_ACCOUNT_H
#define SOCKTAPE_ANALYZE_REPLAY_ACCOUNT_H

#include "analyze/replay/replay.h"

/*
 * What is in a recording, and what isn't: who made it, when, how many bytes were moved, kept, left
 * out and lost, and why. From the events and the ends of connections of one replay.
 */

/* More than there are of enum loss_cause, and of enum cut. */
#define ACCOUNT_CAUSES 16

struct account_sums {
	uint64_t events;
	uint64_t bytes;
};

/* Zero-initialised is empty. */
struct account {
	struct buffer hostname, kernel, machine, recorder, recorder_options;
	uint32_t cpus;
	uint64_t blind; /* bits of enum blind_spot */
	int64_t first;	/* ns since the epoch; 0: no event */
	int64_t last;
	uint64_t events;
	uint64_t data_events;
	uint64_t secrets;	  /* of TLS connections */
	uint64_t plaintext_bytes; /* kept, of TLS; all others are of the wire */
	uint64_t earlier_bytes;	  /* moved before the first segment that is here */
	uint64_t missing_bytes;	  /* as positions tell, those included */
	uint64_t told_bytes;	  /* as the recorder told: losses, and what was cut */
	uint64_t kept_bytes;
	uint64_t snaplen_bytes; /* not kept because the user said so */
	uint64_t snapped_events;
	uint64_t replaced_bytes; /* not kept because their plaintext is there */
	uint64_t connections;
	uint64_t midstream;			    /* of these, older than the recording */
	struct account_sums cuts[ACCOUNT_CAUSES];   /* by enum cut */
	struct account_sums losses[ACCOUNT_CAUSES]; /* by enum loss_cause */
	uint64_t elsewhere; /* losses that may have hit what the recorder's filter left out */
	/* The caller's, from the reading: in damaged blocks, where their headers told. */
	uint64_t damaged_events;
	uint64_t problems;
};

void account_event(struct account *a, const struct replay *replay, const struct event *event);

/* Where no event told of the host, as those that are selected don't: looks for it itself. */
void account_find_host(struct account *a, const char *path);

/* A connection has ended. */
void account_conn(struct account *a, const struct connection *c);

/*
 * Everything that should be in the recording and isn't. The recorder also tells of connections that
 * are not in it at all; positions, of what nobody told: a segment that is missing, or damaged.
 */
struct account_sums account_lost(const struct account *a);

uint64_t account_moved(const struct account *a);

/* Why not all that was said can be here, though nothing was lost; NULL: it is. */
const char *account_incomplete(const struct account *a, const struct recording_status *status);

void account_free(struct account *a);

#endif
