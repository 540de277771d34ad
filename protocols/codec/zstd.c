/* SPDX-License-Identifier: BSD-2-Clause */
#include <zstd.h>

#include "protocols/codec/codec_private.h"

/* RFC 9659 allows no larger window for HTTP's zstd: 8 MiB. Nobody else here needs a larger one. */
#define WINDOW_LOG_MAX 23

static ZSTD_DCtx *context_of(const struct decoding *d)
{
	ZSTD_DCtx *context = d->contexts->zstd;

	if (context) {
		ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
		return context;
	}
	context = ZSTD_createDCtx();
	if (context &&
	    ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		ZSTD_freeDCtx(context);
		context = NULL;
	}
	d->contexts->zstd = context;
	return context;
}

void codec_zstd_free(void *context)
{
	ZSTD_freeDCtx(context);
}

/* Claims that are believed: so much, and so many times the input. */
#define CLAIM_MAX    (8u << 20)
#define CLAIM_GROWTH 64

/* Where all of a frame fits, the library decompresses it there, and not into a window of its own.
 */
static void make_room(const struct decoding *d)
{
	unsigned long long len = ZSTD_getFrameContentSize(d->in.data, d->in.len);

	if (len <= CLAIM_MAX && len <= d->limit && len / CLAIM_GROWTH <= d->in.len)
		buffer_reserve(d->out, (size_t)len);
}

enum codec_end codec_zstd(const struct decoding *d)
{
	ZSTD_DCtx *context = context_of(d);
	ZSTD_inBuffer from = {d->in.data, d->in.len, 0};

	if (!context)
		return CODEC_DAMAGED;
	make_room(d);
	for (;;) {
		ZSTD_outBuffer to = {0};
		size_t status;

		to.dst = decoding_room(d, &to.size);
		if (!to.dst)
			return CODEC_FULL;
		status = ZSTD_decompressStream(context, &to, &from);
		d->out->len += to.pos;
		if (ZSTD_isError(status))
			return CODEC_DAMAGED;
		if (from.pos == from.size && to.pos < to.size)
			return status == 0 ? CODEC_DONE : CODEC_CUT;
	}
}
