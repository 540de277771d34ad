/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <lz4.h>
#include <lz4frame.h>

#include "protocols/codec/codec_private.h"

/* A byte of a match's length copies 255 at most. */
#define GROWTH_MAX 256

/*
 * The library takes a match that reaches back by nothing (which is damage) for what lay in the
 * memory before: that must be nobody's bytes, and the same in each reading.
 */
static char *cleared(char *to, size_t len)
{
	return to ? memset(to, 0, len) : NULL;
}

static LZ4F_dctx *context_of(const struct decoding *d)
{
	LZ4F_dctx *context = d->contexts->lz4;

	if (context)
		LZ4F_resetDecompressionContext(context);
	else if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
		context = NULL;
	d->contexts->lz4 = context;
	return context;
}

void codec_lz4_free(void *context)
{
	LZ4F_freeDecompressionContext(context);
}

enum codec_end codec_lz4_frame(const struct decoding *d)
{
	LZ4F_dctx *context = context_of(d);
	size_t at = 0;

	if (!context)
		return CODEC_DAMAGED;
	for (;;) {
		size_t len, taken = d->in.len - at, status;
		char *to = decoding_room(d, &len);

		if (!cleared(to, len))
			return CODEC_FULL;
		status = LZ4F_decompress(context, to, &len, d->in.data + at, &taken, NULL);
		if (LZ4F_isError(status))
			return CODEC_DAMAGED;
		d->out->len += len;
		at += taken;
		/* Frames may be several; zero tells the end of one. */
		if (at == d->in.len && !len)
			return status == 0 ? CODEC_DONE : CODEC_CUT;
		if (at == d->in.len && status == 0)
			return CODEC_DONE;
	}
}

enum codec_end codec_decode_lz4_block(struct span in, struct buffer *out, size_t size)
{
	char *to;
	int len;

	if (!size)
		return CODEC_DONE;
	if (in.len > INT_MAX || size > INT_MAX || size / GROWTH_MAX > in.len)
		return CODEC_DAMAGED;
	to = cleared(buffer_reserve(out, size), size);
	if (!to)
		return CODEC_FULL;
	len = LZ4_decompress_safe_partial(in.data, to, (int)in.len, (int)size, (int)size);
	if (len < 0)
		return CODEC_DAMAGED;
	out->len += (size_t)len;
	return (size_t)len == size ? CODEC_DONE : CODEC_CUT;
}
