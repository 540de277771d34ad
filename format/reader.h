/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_READER_H
#define SOCKTAPE_FORMAT_READER_H

#include "format/buffer.h"
#include "format/error.h"
#include "format/event.h"

/*
 * Reads ONE segment from a source. Whatever the bytes are, it gives the events of every whole
 * block and tells what is missing; it never trusts a length that it hasn't checked.
 */
struct reader;

/* Random access to the bytes. Returns how many of LEN it read at OFFSET (0 at the end), or -1. */
struct source {
	int64_t (*read)(void *context, uint64_t offset, void *data, size_t len);
	/*
	 * May be NULL: the size never changes. Else it says what the size is now, without waiting;
	 * false when it will never be larger than that.
	 */
	bool (*grow)(void *context, uint64_t *size);
	/* May be NULL: nothing before OFFSET will be read again. */
	void (*forget)(void *context, uint64_t offset);
	uint64_t size;
	void *context;
};

/* Something that could not be read. */
struct problem {
	enum tape_error error;
	uint64_t offset;      /* in the file */
	uint64_t bytes;	      /* of the file that could not be used */
	uint64_t lost_events; /* where a block header told */
	const char *what;     /* static: "block header", "block", "index", ... */
	int system;	      /* errno of a TAPE_ERROR_IO, or 0 */
};

/* What a block's header tells of the events in it (FORMAT.md, "Blocks"). */
struct block_info {
	int64_t ts_min; /* monotonic */
	int64_t ts_max;
	int64_t realtime; /* wall clock at ts_min; 0 when unknown */
	bool data_alone;  /* nothing but DATA events */
	bool secrets;	  /* there may be SECRET events */
	/* Bit (id mod 256) is set for every connection and process in it; all where not told. */
	uint64_t conns[4];
	uint64_t processes[4];
};

struct reader_options {
	/* Whether a block is needed; the others are passed over. May be NULL: all are. */
	bool (*wanted)(void *context, const struct block_info *info);
	void (*problem)(void *context, const struct problem *problem); /* may be NULL */
	void *context;
};

/* How much was compressed with one level of zstd. */
struct level_use {
	int32_t level; /* 0: unknown */
	uint64_t blocks;
	uint64_t raw_bytes;
	uint64_t compressed_bytes;
};

/* More levels than these are put down as unknown. */
#define LEVEL_USES_MAX 12

struct level_uses {
	struct level_use of[LEVEL_USES_MAX]; /* in the order of their first use */
	size_t count;
};

/* Adds what USE says to what is known of its level. */
void level_uses_add(struct level_uses *uses, const struct level_use *use);

/* What the segment's head says. */
struct segment_info {
	uint16_t version;
	bool head_readable; /* false: the rest is zero */
	bool complete;	    /* ended with index and seek table */
	uint8_t recording_id[16];
	uint64_t segment;
	int64_t created_monotonic;
	int64_t created_realtime;
	uint64_t file_bytes;
	uint64_t bytes_read;	  /* of them, so far */
	uint64_t blocks;	  /* read so far */
	uint64_t passed;	  /* blocks that nobody wanted */
	struct level_uses levels; /* of them */
};

/*
 * TAPE_ERROR_NOT_A_TAPE when no head and no block is found, TAPE_ERROR_VERSION when the head asks
 * for a newer reader. A damaged head alone is a problem, not an error.
 */
MUST_CHECK enum tape_error reader_new(struct source source, const struct reader_options *options,
				      struct reader **r);

/*
 * Before the first event, with `wanted`: passes over all blocks before the last checkpoint from
 * REALTIME (ns since the epoch) or earlier, which tells all that was alive then.
 */
void reader_begin_at(struct reader *r, int64_t realtime);

/*
 * The next event in *EVENT, valid until the next call: true. False at the end, when memory or the
 * source failed (reader_error() tells), or when the source may grow and has no whole frame now
 * (reader_is_dry() tells): then it may be asked again later.
 */
bool reader_next(struct reader *r, struct event *event);
bool reader_is_dry(const struct reader *r);

/* A block's events before they are decoded, for who does that elsewhere (format/codec.h). */
struct raw_block {
	struct buffer raw;
	int64_t ts_base;
	uint64_t events; /* that it should have */
	uint64_t offset; /* in the file */
};

/*
 * In place of reader_next(): the next block whole. What *BLOCK had is used again, what it gets is
 * the caller's. Damage inside a block is the caller's to tell.
 */
bool reader_next_raw(struct reader *r, struct raw_block *block);

/* Bytes of memory of the block whose events are given, and of the largest before it. */
size_t reader_memory(const struct reader *r);

/* See recording_coming(). */
uint64_t reader_coming(struct reader *r);

enum tape_error reader_error(const struct reader *r);
const struct segment_info *reader_info(const struct reader *r);

void reader_free(struct reader *r); /* NULL is fine */

#endif
