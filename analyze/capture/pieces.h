/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_PIECES_H
#define SOCKTAPE_ANALYZE_CAPTURE_PIECES_H

#include "analyze/capture/slice.h"

/* What the owner wants to know about a piece later. */
struct piece_origin {
	int64_t ts;	 /* of its packet */
	uint64_t packet; /* its number in the capture */
	uint64_t proven; /* what it acknowledged */
};

/*
 * Pieces of a stream or datagram that came out of order, sorted, never overlapping: where two tell
 * different bytes for a position, the first to come wins.
 */
struct piece {
	struct piece *next;
	struct piece *previous;
	uint64_t offset;
	uint64_t len;	   /* on the wire */
	uint64_t captured; /* <= len */
	struct piece_origin origin;
	uint8_t data[]; /* captured */
};

/* Zeroed is empty. */
struct pieces {
	struct piece *first;
	struct piece *last;
	size_t count;
	size_t memory; /* bytes, overhead included */
};

/*
 * Adds a copy of what isn't there yet of SLICE, which belongs at OFFSET. *ADDED is how many of its
 * bytes that were. False when memory is out.
 */
bool pieces_add(struct pieces *pieces, uint64_t offset, struct slice slice,
		const struct piece_origin *origin, uint64_t *added);

/* Takes the first piece out: to be freed by the caller. NULL when there is none. */
struct piece *pieces_take(struct pieces *pieces);

void pieces_free(struct pieces *pieces); /* empties it */

#endif
