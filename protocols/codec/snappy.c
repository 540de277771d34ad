/* SPDX-License-Identifier: BSD-2-Clause */
#include <snappy-c.h>

#include "protocols/codec/codec_private.h"
#include "protocols/cursor.h"

/* Three bytes copy 64 at most, so data can't grow more than this; a larger claim is a lie. */
#define GROWTH_MAX 22

/* The library reads whole blocks only. */
static enum codec_end decode_block(const struct decoding *d, struct span in)
{
	size_t len = 0;
	char *to;

	if (snappy_uncompressed_length(in.data, in.len, &len) != SNAPPY_OK)
		return CODEC_DAMAGED;
	if (len / GROWTH_MAX > in.len)
		return CODEC_CUT;
	if (len > d->limit - decoding_len(d))
		return CODEC_FULL;
	to = buffer_reserve(d->out, len);
	if (!to)
		return CODEC_FULL;
	if (snappy_uncompress(in.data, in.len, to, &len) != SNAPPY_OK)
		return CODEC_DAMAGED;
	d->out->len += len;
	return CODEC_DONE;
}

enum codec_end codec_snappy(const struct decoding *d)
{
	return decode_block(d, d->in);
}

/*
 * snappy-java's SnappyOutputStream: eight bytes of magic, two versions, then blocks with their
 * lengths before them, big-endian; the header comes again where streams are joined. Kafka's Java
 * clients write this, others write a bare block.
 */
#define JAVA_MAGIC	"\x82SNAPPY\0"
#define JAVA_MAGIC_LEN	8
#define JAVA_HEADER_LEN 16

static bool at_header(const struct cursor *c)
{
	return cursor_left(c) >= JAVA_MAGIC_LEN && !memcmp(c->pos, JAVA_MAGIC, JAVA_MAGIC_LEN);
}

enum codec_end codec_snappy_java(const struct decoding *d)
{
	struct cursor c = cursor_of(d->in.data, d->in.len);
	enum codec_end end = CODEC_DONE;

	if (!at_header(&c))
		return codec_snappy(d);
	while (cursor_left(&c) && end == CODEC_DONE) {
		uint32_t len;

		if (at_header(&c)) {
			cursor_skip(&c, JAVA_HEADER_LEN);
			continue;
		}
		len = cursor_be32(&c);
		if (c.failed || len > cursor_left(&c))
			return CODEC_CUT;
		end = decode_block(d, cursor_span(&c, len));
	}
	return c.failed ? CODEC_CUT : end;
}
