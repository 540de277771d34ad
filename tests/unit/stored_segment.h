/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_STORED_SEGMENT_H
#define SOCKTAPE_TESTS_UNIT_STORED_SEGMENT_H

/*
 * A segment whose blocks are stored rather than compressed: the same bytes with every version of
 * zstd, and its events can be changed where they stand. Whatever fails, fails the test.
 */

#include "format/buffer.h"

#define STORED_BLOCKS 8 /* at most */

/* Bytes before the events in a zstd frame of them, stored. */
#define STORED_HEAD 12u

struct stored_segment {
	struct buffer bytes;
	size_t count;		      /* of blocks */
	size_t block[STORED_BLOCKS];  /* where its header begins */
	size_t events[STORED_BLOCKS]; /* where its events begin */
	size_t end[STORED_BLOCKS];    /* where it ends */
	size_t seek;		      /* where the seek table begins, behind the index */
};

/* The same as the complete segment WRITTEN, stored. */
void stored_make(struct stored_segment *s, struct span written);

/* Makes good a block's sums after its header, or its events, were changed. */
void stored_mend_block(const struct stored_segment *s, struct buffer *bytes, size_t block);

/* Makes good the sum of our own frame at AT, of the length that it says, if that is in BYTES. */
void stored_mend_frame(struct buffer *bytes, size_t at);

/* Appends RAW as a zstd frame. */
void stored_append(struct buffer *to, struct span raw);

#endif
