/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_VARIATION_H
#define SOCKTAPE_TESTS_UNIT_VARIATION_H

#include "tests/unit/answer.h"

/*
 * Other recordings of the conversations of a case: with less of them, in other pieces, damaged, or
 * asked about in other ways. The same seed makes the same.
 */

/* A byte of a tape: of the payload of this event. */
struct place {
	size_t event;
	size_t byte;
};

/* Where frames begin. */
#define PLACES_MAX 256
struct places {
	struct place at[PLACES_MAX];
	size_t count;
};

struct variation {
	const struct tape_copy *from;
	const struct places *places;
	size_t number; /* of this variation among those of its kind */
	uint64_t random;
	struct tape_copy tape;	  /* what is to be replayed, */
	struct question question; /* and how */
};

/* A kind of them. */
struct variation_kind {
	const char *name;
	size_t count;	  /* of variations, where the case is short */
	size_t count_min; /* and where it is long */
	bool named;	  /* of every other one it is told which protocol it is */
	void (*make)(struct variation *v);
};

/* Ended by one without a name. */
extern const struct variation_kind variation_kinds[];

/* Notes that a frame begins where every piece of data does. */
void places_of_pieces(struct places *places, const struct tape_copy *tape);

/* Notes that a frame begins at a position of a stream. */
void places_add(struct places *places, const struct tape_copy *tape, uint64_t conn,
		enum layer layer, enum direction direction, uint64_t position);

#endif
