/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <zlib.h>

#include "protocols/codec/codec_private.h"

/* Tells the headers of zlib and gzip apart by itself. */
#define WINDOW_ANY_HEADER (MAX_WBITS + 32)
#define WINDOW_NO_HEADER  (-MAX_WBITS)

static z_stream *context_of(const struct decoding *d, int window_bits)
{
	z_stream *z = d->contexts->inflate;

	if (z)
		return inflateReset2(z, window_bits) == Z_OK ? z : NULL;
	z = calloc(1, sizeof(*z));
	if (z && inflateInit2(z, window_bits) != Z_OK) {
		free(z);
		z = NULL;
	}
	d->contexts->inflate = z;
	return z;
}

void codec_inflate_free(void *context)
{
	if (context)
		inflateEnd(context);
	free(context);
}

/* gzip files may be several, one behind the other (RFC 1952, section 2.2). */
static bool next_member(z_stream *z)
{
	return z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b &&
	       inflateReset(z) == Z_OK;
}

static enum codec_end inflate_with(const struct decoding *d, int window_bits)
{
	z_stream *z = context_of(d, window_bits);
	size_t given = 0;

	if (!z)
		return CODEC_DAMAGED;
	z->avail_in = 0;
	for (;;) {
		size_t len;
		char *to = decoding_room(d, &len);
		int status;

		if (!to)
			return CODEC_FULL;
		/* zlib counts in 32 bits. */
		if (!z->avail_in) {
			size_t left = d->in.len - given;

			z->next_in = (Bytef *)d->in.data + given;
			z->avail_in = left < UINT32_MAX ? (uInt)left : UINT32_MAX;
			given += z->avail_in;
		}
		z->next_out = (Bytef *)to;
		z->avail_out = (uInt)len;
		status = inflate(z, Z_NO_FLUSH);
		d->out->len += len - z->avail_out;
		if (status == Z_STREAM_END && !next_member(z))
			return CODEC_DONE;
		if (given == d->in.len &&
		    (status == Z_BUF_ERROR || (status == Z_OK && z->avail_out)))
			return CODEC_CUT;
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return CODEC_DAMAGED;
	}
}

enum codec_end codec_gzip(const struct decoding *d)
{
	return inflate_with(d, WINDOW_ANY_HEADER);
}

enum codec_end codec_deflate_raw(const struct decoding *d)
{
	return inflate_with(d, WINDOW_NO_HEADER);
}

/* "deflate" means the zlib format, but raw deflate is as common (RFC 9110, section 8.4.1.2). */
enum codec_end codec_deflate(const struct decoding *d)
{
	enum codec_end end = inflate_with(d, WINDOW_ANY_HEADER);

	if (end != CODEC_DAMAGED || decoding_len(d))
		return end;
	end = inflate_with(d, WINDOW_NO_HEADER);
	/* Without a header anything decodes for a while: garbage is no beginning of the data. */
	if (end == CODEC_DAMAGED)
		d->out->len = d->begin;
	return end;
}
