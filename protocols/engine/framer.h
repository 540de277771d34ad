/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_FRAMER_H
#define SOCKTAPE_PROTOCOLS_ENGINE_FRAMER_H

#include "protocols/engine/reassembly.h"
#include "protocols/engine/session.h"

/*
 * One side of a stream whose protocol is known: cuts the runs of bytes and holes into frames.
 *
 * Between two frames nothing is kept: frames that lie whole in one run are handed on where they
 * are. Bytes are only copied for a frame that continues in a later run.
 */
struct framer {
	enum side side;
	struct buffer kept; /* begins at a frame boundary, or where resync() still looks */
	int64_t kept_ts;    /* when the first of them came */
	int64_t last_ts;    /* of the last run */
	uint64_t position;  /* in the stream, of the first kept or, without any, the next byte */
	struct frame frame; /* whose end has not come yet, while `left` */
	uint64_t left;	    /* bytes of it to come */
	size_t scanned;	    /* what frame() left for this boundary */
	bool searching;	    /* for a frame boundary */
	uint64_t searched;  /* bytes thrown away since the last frame */
	uint64_t charged;   /* of the budget */
};

/* What the framer works for. */
struct framer_owner {
	const struct protocol *protocol;
	void *state;
	struct session_budget *budget;
	struct session_counts *counts;
	bool switching; /* session_switch() was called: no more frames for this protocol */
	bool hopeless;	/* too much was thrown away: this isn't the protocol */
};

/* Takes a run. Once the owner is switching, what framer_rest() gives belongs to what follows. */
void framer_run(struct framer *l, struct framer_owner *owner, const struct run *run);

/* Bytes that are kept and belong to no finished frame. Borrowed. */
struct span framer_rest(const struct framer *l);

/* No more will come: a frame whose end is missing is given out as lost. */
void framer_finish(struct framer *l, struct framer_owner *owner);

/* Empty again, at the same position. */
void framer_reset(struct framer *l, struct framer_owner *owner);

#endif
