/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/codec/codec_private.h"

/* First guess of how much data grows. */
#define GROWTH 4

/* No more room than this is made at once: a small bomb costs what it gives, not what it claims. */
#define ROOM_MAX (1u << 20)

char *decoding_room(const struct decoding *d, size_t *len)
{
	size_t want = d->in.len < ROOM_MAX / GROWTH ? d->in.len * GROWTH + 256 : ROOM_MAX;
	size_t spare = d->out->capacity - d->out->len;
	size_t left = d->limit - decoding_len(d);

	/* What is there already is used before more is asked for. */
	if (spare >= 256)
		want = spare;
	*len = want < left ? want : left;
	return *len ? buffer_reserve(d->out, *len) : NULL;
}

static codec_fn *const codecs[CODEC_COUNT] = {
	[CODEC_GZIP] = codec_gzip,
	[CODEC_DEFLATE] = codec_deflate,
	[CODEC_DEFLATE_RAW] = codec_deflate_raw,
	[CODEC_BROTLI] = codec_brotli,
	[CODEC_ZSTD] = codec_zstd,
	[CODEC_SNAPPY] = codec_snappy,
	[CODEC_SNAPPY_JAVA] = codec_snappy_java,
	[CODEC_LZ4_FRAME] = codec_lz4_frame,
};

enum codec_end codec_decode(struct codec_contexts *contexts, enum codec codec, struct span in,
			    struct buffer *out, size_t limit)
{
	/* One byte more than is kept tells that there is more. */
	struct decoding d = {contexts, in, out, out->len, limit == SIZE_MAX ? limit : limit + 1};
	enum codec_end end = codecs[codec](&d);

	if (decoding_len(&d) > limit) {
		out->len = d.begin + limit;
		return CODEC_FULL;
	}
	return end;
}

void codec_free(struct codec_contexts *contexts)
{
	codec_inflate_free(contexts->inflate);
	codec_zstd_free(contexts->zstd);
	codec_lz4_free(contexts->lz4);
	*contexts = (struct codec_contexts){0};
}
