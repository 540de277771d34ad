/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_ANSWER_H
#define SOCKTAPE_TESTS_UNIT_ANSWER_H

#include "analyze/corpus/case.h"
#include "analyze/replay/replay.h"
#include "tests/unit/tape_copy.h"

/* How a tape is replayed. */
struct question {
	const struct protocol *decode_as; /* NULL: infer */
	size_t keep;			  /* as in struct session_options */
	uint64_t memory;		  /* 0: plenty */
};

/* Told while a tape is replayed: a frame ends before POSITION. */
typedef void answer_border_fn(void *context, uint64_t conn, enum layer layer,
			      enum direction direction, uint64_t position);

struct answer {
	struct buffer text;		 /* one line for each thing that was said */
	const struct protocol *protocol; /* that was spoken first, of the first connection */
	answer_border_fn *border;	 /* may be NULL */
	void *context;
};

/*
 * Replays TAPE, and appends to the answer's text all that protocols and inference make of it:
 * records with every value, where frames end, what is inside of them, and how each connection was
 * understood. Nothing of it depends on the processor, on addresses or on other programs' versions.
 */
void answer_ask(const struct tape_copy *tape, const struct case_aids *aids,
		const struct question *question, struct answer *answer);

/*
 * Appends how inference scores the opening of the first connection, cut at any length, as the
 * beginning of a connection and as the middle of one.
 */
void answer_scores(const struct tape_copy *tape, struct answer *answer);

#endif
