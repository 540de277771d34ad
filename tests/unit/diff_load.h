/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_DIFF_LOAD_H
#define SOCKTAPE_TESTS_DIFF_LOAD_H

#include "analyze/diff/change.h"

/*
 * A load as real ones are, without its bytes: rows of HTTP with latencies of heavy tails, bursts in
 * which everything is slow or fails, a load that goes up and down, rare shapes, ids, dates and
 * optional members; the same for the same seed.
 */
struct load {
	uint64_t seed;
	unsigned records;
	bool bodies;   /* heads and bodies, too: slower */
	double unrest; /* how far the machine's speed goes up and down: 0.1 a tenth */

	/* What is other than usual; of shape number SEEDED alone. */
	int gone;	      /* this shape isn't there; -1: all are */
	bool added;	      /* a shape that nobody else has */
	double errors;	      /* rate; 0: as usual, 0.001 */
	double slower;	      /* all latencies times this; 0: as usual */
	double slower_tail;   /* of the slowest two of a hundred alone */
	double slower_server; /* only in one of three processes */
	double slower_all;    /* of all shapes */
	double larger;	      /* response bodies */
	bool field;	      /* one more member in its bodies */
	bool header;	      /* another value of a header, of all shapes */
};

#define LOAD_SHAPES 12
#define LOAD_SEEDED 2

/* "GET /seeded": the shape that is changed. */
#define LOAD_SEEDED_SHAPE "GET /orders"

/* Compares two of them. Both to be freed. */
void load_compare(const struct load *a, const struct load *b, struct comparison *c,
		  struct changes *changes);

#endif
