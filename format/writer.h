/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_WRITER_H
#define SOCKTAPE_FORMAT_WRITER_H

#include "format/block.h"
#include "format/error.h"
#include "format/event.h"

/*
 * Writes ONE segment into a sink. The head, blocks as they fill, and at the end index and seek
 * table. Not thread-safe.
 */
struct writer;

/*
 * Where the bytes go, in order. WRITE returns TAPE_OK only when all LEN bytes were taken; of others
 * none. RESERVE, which may be NULL, says whether LEN more bytes would be, and keeps room for them.
 */
struct sink {
	enum tape_error (*write)(void *context, const void *data, size_t len);
	enum tape_error (*reserve)(void *context, uint64_t len);
	void *context;
};

/* Whether ERROR only says that there is no room for so much. */
static inline bool error_is_full(enum tape_error error)
{
	return error == TAPE_ERROR_DISK_FULL || error == TAPE_ERROR_FILE_SIZE;
}

struct writer_options {
	int level;	    /* of zstd, until writer_set_level(); 0 means 1 */
	uint32_t block_len; /* bytes of events per block, 32 MiB at most; 0 means 1 MiB */
	uint8_t recording_id[16];
	uint64_t segment; /* 1 for the first */
	int64_t created_monotonic;
	int64_t created_realtime;
};

#define WRITER_CUTS   16
#define WRITER_CAUSES 16

struct writer_totals {
	uint64_t file_bytes; /* handed to the sink so far */
	uint64_t raw_bytes;  /* of events, before compression */
	uint64_t events;
	uint64_t data_events;
	uint64_t data_bytes;	/* payload kept */
	uint64_t stored_events; /* of all these: in blocks that the sink has taken */
	uint64_t stored_data_events;
	uint64_t stored_data_bytes;
	struct loss_sum stored_plaintext;	    /* of those two, LAYER_TLS */
	uint64_t stored_cut_bytes[WRITER_CUTS];	    /* not kept of their data, by enum cut */
	struct loss_sum stored_lost[WRITER_CAUSES]; /* told in them, by enum loss_cause */
	int64_t stored_until;			    /* latest time of an event in them */
	uint64_t blocks;
	uint64_t compress_ns; /* time that was spent so */
	uint64_t write_ns;
};

/* Writes the segment's head. The writer is *W, to be released with writer_free(). */
MUST_CHECK enum tape_error writer_new(struct sink sink, const struct writer_options *options,
				      struct writer **w);

/*
 * Adds an event. TAPE_ERROR_LIMIT refuses one that breaks a rule of format/event.h (connection 0,
 * more payload than len or than 15 MiB, ...) and changes nothing. After any other error the writer
 * takes no more (it returns the same error again), and what the sink took before is a readable,
 * incomplete segment.
 */
MUST_CHECK enum tape_error writer_event(struct writer *w, const struct event *event);

/*
 * Writes a block that was made elsewhere, behind what came so far. Where there is no room for it
 * (error_is_full()) nothing is written and the writer can be used on: a smaller one may still fit.
 */
MUST_CHECK enum tape_error writer_block(struct writer *w, const struct block *block);

/* The level of zstd for the blocks from here on. */
void writer_set_level(struct writer *w, int level);

/* Ends the block that is being filled (if it has events), so that a reader sees all so far. */
MUST_CHECK enum tape_error writer_flush(struct writer *w);

/*
 * Flushes and writes index and seek table: the segment is complete. With a sink that reserves, room
 * for them and for a block of WRITER_LAST_WORDS is kept while blocks are written; only from
 * here on, and in writer_last_words(), it is used.
 */
#define WRITER_LAST_WORDS 8192
MUST_CHECK enum tape_error writer_finish(struct writer *w);

/*
 * Writes some events in a block of their own, without keeping room behind it: for a writer whose
 * sink is full, before writer_finish(). It is as if no error had been.
 */
MUST_CHECK enum tape_error writer_last_words(struct writer *w, const struct event *events,
					     size_t count);

const struct writer_totals *writer_totals(const struct writer *w);

void writer_free(struct writer *w); /* NULL is fine; doesn't flush */

#endif
