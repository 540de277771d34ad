/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_FRAMER_H
#define SOCKTAPE_PROTOCOLS_ENGINE_FRAMER_H

#include "protocols/engine/budget.h"
#include "protocols/engine/reassembly.h"
#include "protocols/protocol.h"

/* What the frames of a stream are counted in. */
struct framer_counts {
	uint64_t frames;
	uint64_t bad;		/* places where no frame started */
	uint64_t capped;	/* frames longer than what is kept */
	uint64_t skipped_bytes; /* thrown away while looking for a frame or a protocol */
};

/*
 * One side of a stream: cuts the runs of bytes and holes into frames.
 *
 * Between two frames nothing is kept: frames that lie whole in one run are handed on where they
 * are. Bytes are only copied for a frame that continues in a later run.
 */
struct unpack;

struct framer_side {
	enum side side;
	bool searching;	    /* for a frame boundary */
	bool holding;	    /* frame() said HOLD: until the other side has a frame */
	int64_t last_ts;    /* of the last run */
	uint64_t position;  /* in the stream, of the first kept or, without any, the next byte */
	uint64_t left;	    /* bytes to come of a frame */
	size_t scanned;	    /* what frame() left for this boundary */
	uint64_t searched;  /* bytes thrown away since the last frame */
	void *memo;	    /* framing->memo_size bytes */
	struct buffer kept; /* begins at a frame boundary, or where resync() still looks */
	/* What is before this is asked of each run: see framer_fetch(). */
	int64_t kept_first; /* when the first of them came */
	uint64_t hole_end;  /* position behind the last hole outside of a frame */
	uint64_t charged;   /* of the budget, for kept */
	struct frame frame; /* whose end has not come yet, while `left` */
};

/* Both sides of a stream that has one framing. */
struct framer {
	const struct framing *framing;
	void *state;
	struct budget *budget;
	struct framer_counts *counts;
	size_t keep_max; /* of one frame */
	bool over;	 /* set by whoever is served: no more frames, what is left is another's */
	bool hopeless;	 /* too much was thrown away: this isn't the framing */
	/* May be set after framer_new(): told where each frame ends. */
	void (*border)(void *context, enum side side, uint64_t position);
	void *context;
	struct framer_side sides[2]; /* by enum side */
};

/*
 * STATE is handed to the functions of FRAMING. A frame keeps at most KEEP_MAX bytes. NULL when
 * there is no memory.
 */
struct framer *framer_new(const struct framing *framing, void *state, struct budget *budget,
			  struct framer_counts *counts, size_t keep_max);

/* A run comes soon: asks for what it needs (format/prefetch.h). */
void framer_fetch(const struct framer *f, const struct framing *framing);

/* Takes a run. Once it is over, what framer_rest() gives belongs to what follows. */
void framer_run(struct framer *f, enum side side, const struct run *run);

/* Bytes that are kept and belong to no finished frame. Borrowed. */
struct span framer_rest(const struct framer *f, enum side side);

/* Whether nothing of a frame, nor of a search for one, is there. */
bool framer_is_idle(const struct framer *f);

/* No more will come: a frame whose end is missing is given out as lost. */
void framer_finish(struct framer *f);

/*
 * Appends to OUT what a new framer of the same framing needs to go on as this one (format/pack.h).
 * False when it can't just now.
 */
bool framer_pack(const struct framer *f, struct buffer *out);

/* Into a framer that framer_new() just gave. False: no memory. */
bool framer_unpack(struct framer *f, struct unpack *in);

void framer_free(struct framer *f); /* NULL is fine */

#endif
