/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CODEC_CODEC_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_CODEC_CODEC_PRIVATE_H

#include "protocols/codec/codec.h"

/* What one call of codec_decode() works with. */
struct decoding {
	struct codec_contexts *contexts;
	struct span in;
	struct buffer *out;
	size_t begin; /* of what this call appends to out */
	size_t limit; /* of it */
};

/* Where the next bytes go; *LEN of them fit. NULL when LIMIT bytes are there, or no memory. */
char *decoding_room(const struct decoding *d, size_t *len);

/* Bytes appended so far. */
static inline size_t decoding_len(const struct decoding *d)
{
	return d->out->len - d->begin;
}

typedef enum codec_end codec_fn(const struct decoding *d);

codec_fn codec_gzip, codec_deflate, codec_deflate_raw;
codec_fn codec_brotli;
codec_fn codec_zstd;
codec_fn codec_snappy, codec_snappy_java;
codec_fn codec_lz4_frame;

void codec_inflate_free(void *context);
void codec_zstd_free(void *context);
void codec_lz4_free(void *context);

#endif
