/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_SCAN_H
#define SOCKTAPE_PROTOCOLS_REDIS_SCAN_H

#include "protocols/redis/resp.h"

/*
 * Cuts one side into frames. A small message is one frame. A large one is several, because the
 * length of an aggregate stands nowhere: a frame ends with the first token that ends beyond
 * REDIS_PIECE, which says so by REDIS_GOES_ON, and so memory and work are bounded.
 */
#define REDIS_PIECE (64u << 10)

/* frame->kind */
enum redis_kind {
	REDIS_EMPTY,   /* a line or an array with nothing in it: nobody answers that */
	REDIS_REQUEST, /* an array of bulk strings */
	REDIS_INLINE,  /* a line of words */
	REDIS_REPLY,
	REDIS_RDB,	/* a snapshot behind a line that says its length */
	REDIS_RDB_PART, /* bytes of a snapshot that ends with a mark */
	REDIS_RDB_MARK, /* the line that says the mark, or the mark itself */
};

#define REDIS_GOES_ON 0x100u /* the next frame continues the message */

static inline enum redis_kind redis_kind_of(const struct frame *frame)
{
	return (enum redis_kind)(frame->kind & ~REDIS_GOES_ON);
}

/* After "$EOF:" stand so many random bytes, and again behind the snapshot. */
#define RDB_MARK_LEN 40

enum redis_rdb {
	RDB_NONE,
	RDB_EXPECTED,	/* the next bulk is a snapshot, without a CRLF behind it */
	RDB_UNTIL_MARK, /* inside a snapshot that ends with the mark */
};

struct redis_scan {
	enum side side;
	bool inline_seen;
	enum redis_rdb rdb;
	struct resp_walk start; /* where the next frame starts, inside a message */
	uint8_t mark[RDB_MARK_LEN];
};

/* struct framing's frame() and resync() for a side. frame->memo: where frame->scanned is. */
#define REDIS_MEMO_SIZE sizeof(struct resp_walk)

enum frame_status redis_scan_frame(const struct redis_scan *scan, const uint8_t *data,
				   size_t available, struct frame *frame);
bool redis_scan_resync(struct redis_scan *scan, struct cursor *in);

/* The frame, as cut last, was taken: the next one begins behind it. */
void redis_scan_take(struct redis_scan *scan, const struct frame *frame);

/* Bytes were lost: the next frame begins a message. */
void redis_scan_lost(struct redis_scan *scan);

/* The first word of a line of words. */
struct span redis_first_word(struct span line);

#endif
