/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CODEC_CODEC_H
#define SOCKTAPE_PROTOCOLS_CODEC_CODEC_H

#include <stddef.h>

#include "format/buffer.h"

/*
 * Compressed data inside messages: what HTTP calls content codings, Kafka and MongoDB compression.
 * The formats are others' libraries; here stands what they have in common: a bound on what comes
 * out, as much as can be had of what is cut or damaged, and contexts that are made once.
 */
enum codec {
	CODEC_GZIP,	   /* RFC 1952, several members too, or RFC 1950: peers mix them up */
	CODEC_DEFLATE,	   /* RFC 1950, or RFC 1951 without its header: peers mix them up */
	CODEC_DEFLATE_RAW, /* RFC 1951 */
	CODEC_BROTLI,	   /* RFC 7932 */
	CODEC_ZSTD,	   /* RFC 8878, windows up to 8 MiB (RFC 9659) */
	CODEC_SNAPPY,	   /* Snappy's format_description.txt: one block */
	CODEC_SNAPPY_JAVA, /* blocks behind the header of Xerial's snappy-java, or one block */
	CODEC_LZ4_FRAME,   /* lz4_Frame_format.md */
	CODEC_COUNT
};

enum codec_end {
	CODEC_DONE,
	CODEC_FULL,    /* there is more than LIMIT bytes */
	CODEC_CUT,     /* the input ended before its own end */
	CODEC_DAMAGED, /* it is no such data, from somewhere on */
};

/* The libraries' contexts, made when first needed and then kept. Zeroed is empty. */
struct codec_contexts {
	void *inflate;
	void *zstd;
	void *lz4;
};

/*
 * Appends what IN holds to OUT: at most LIMIT bytes, which the caller charges to the budget. What
 * came before the damage, or before the end of what there is, is kept; of Snappy's blocks only
 * whole ones. Zstd and brotli read no more memory than their formats' largest windows.
 */
enum codec_end codec_decode(struct codec_contexts *contexts, enum codec codec, struct span in,
			    struct buffer *out, size_t limit);

/*
 * A block of LZ4 (lz4_Block_format.md), which doesn't say how long it gets: the message around it
 * does. Appends SIZE bytes, or those that could be had.
 */
enum codec_end codec_decode_lz4_block(struct span in, struct buffer *out, size_t size);

void codec_free(struct codec_contexts *contexts);

#endif
