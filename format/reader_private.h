/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_READER_PRIVATE_H
#define SOCKTAPE_FORMAT_READER_PRIVATE_H

#include <zstd.h>

#include "format/codec.h"
#include "format/input.h"
#include "format/reader.h"
#include "format/scan.h"
#include "format/tape.h"

/* What the files of the reader share. */

struct reader {
	struct input input;
	struct reader_options options;
	struct segment_info info;
	struct scan scan;
	uint64_t offset;   /* of the next frame */
	uint64_t begin;	   /* blocks that begin before are passed over */
	bool gap_told;	   /* a problem was told since the last block */
	uint64_t distrust; /* bytes read in vain, see may_check() */

	struct decoder decoder;
	struct buffer compressed;
	struct buffer raw;
	ZSTD_DCtx *zstd;
	uint64_t block_offset;
	int64_t block_base;    /* its ts_base */
	uint64_t block_events; /* in the block, by its header */
	uint64_t delivered;    /* of them */

	uint64_t events;      /* in all blocks whose header was seen */
	uint64_t index_end;   /* where a valid index ends, or 0 */
	uint32_t seek_frames; /* what the seek table must say: number of entries, CRC of them */
	uint32_t seek_crc;
	bool seek_unknown; /* a frame could not be read */
	bool dry;	   /* the next frame isn't there whole, and may come */
	enum tape_error error;
};

/* ---- reader.c ---- */

void reader_tell(struct reader *r, struct problem problem);

/* Bytes from the offset on. */
uint64_t reader_left(const struct reader *r);

/* Goes past a valid frame of LEN bytes, in which RAW_LEN are compressed. */
void reader_pass(struct reader *r, uint64_t len, uint32_t raw_len);

/*
 * What is found damaged is looked through once more for the next block. A hostile file could make
 * that quadratic with lengths that overlap; so all the bytes that were read in vain may together
 * be as many as the file has, and no more.
 */
bool reader_may_check(struct reader *r, uint64_t len);

/*
 * Tells that what stands at the offset can't be used, and goes on at the next frame that can, from
 * RESUME on. Something that seems to be cut off is so only when nothing follows.
 */
void reader_skip(struct reader *r, struct problem problem, uint64_t resume);
void reader_skip_frame(struct reader *r, enum tape_error error, const char *what);

/* ---- reader_block.c ---- */

void reader_identify(struct reader *r, const uint8_t recording_id[16], uint64_t segment);

/* What HEADER tells of its block. */
struct block_info reader_block_info(const struct tape_block_header *header);

/* The block at the offset, whose header of LEN bytes is S; true when its events are ready. */
bool reader_take_block(struct reader *r, struct span s, size_t len);

/* The events of the current block that weren't delivered can't be. */
void reader_lose_events(struct reader *r, enum tape_error error, uint64_t bytes, const char *what);

/* ---- reader_frame.c: the other frames, of LEN bytes at the offset ---- */

void reader_take_index(struct reader *r, const struct tape_frame *frame, uint64_t len);
void reader_take_seek_table(struct reader *r, uint64_t len);

/* Frames of ours that a newer version adds. */
void reader_take_unknown(struct reader *r, const struct tape_frame *frame, uint64_t len);

#endif
