/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"

/* A compressed packet grows to no more than what its length can say. */
#define PLAIN_MAX MYSQL_PACKET_MAX

/* zlib's header (RFC 1950, section 2.2), whose two bytes are a multiple of 31; Zstandard's number.
 */
static bool is_compressed_data(struct span bytes)
{
	const uint8_t *b = (const uint8_t *)bytes.data;

	if (bytes.len >= 4 && !memcmp(b, "\x28\xb5\x2f\xfd", 4))
		return true;
	return bytes.len >= 2 && (b[0] & 0x8f) == 8 && (b[0] << 8 | b[1]) % 31 == 0;
}

/* Packets that fill BYTES to their end. */
static bool is_packets(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);

	while (cursor_left(&c) >= MYSQL_HEADER_LEN) {
		uint32_t len = cursor_le24(&c);

		cursor_skip(&c, 1 + (size_t)len);
	}
	return bytes.len && !c.failed && !cursor_left(&c);
}

bool mysql_is_compressed(struct span bytes, struct span *payload, uint32_t *plain_len)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	bool whole;

	cursor_skip(&c, 1);
	*plain_len = cursor_le24(&c);
	whole = len <= cursor_left(&c);
	*payload = cursor_span(&c, whole ? len : cursor_left(&c));
	if (c.failed || !len)
		return false;
	return *plain_len ? is_compressed_data(*payload) : whole && is_packets(*payload);
}

struct span mysql_decompress(struct codec_contexts *codecs, struct span bytes, uint32_t plain_len,
			     struct buffer *plain)
{
	bool zstd = bytes.len && (uint8_t)*bytes.data == 0x28;

	buffer_clear(plain);
	codec_decode(codecs, zstd ? CODEC_ZSTD : CODEC_GZIP, bytes, plain,
		     plain_len < PLAIN_MAX ? plain_len : PLAIN_MAX);
	return buffer_span(plain);
}

bool mysql_begin_compression(struct mysql_state *st)
{
	if (!st->inner)
		st->inner = inner_new(st->session, &mysql_packets, st);
	st->compressed = st->inner != NULL;
	return st->compressed;
}

/* More than any packet has: where the next one begins must be found again. */
#define LOST_WHOLE (UINT64_C(1) << 40)

static void take_plain(struct mysql_state *st, const struct frame *outer, struct span bytes)
{
	session_tell_contents(st->session, outer->side, bytes, 0, true, outer->ts_last);
	inner_bytes(st->inner, outer->side, bytes, outer);
}

static void take_hole(struct mysql_state *st, const struct frame *outer, uint64_t len)
{
	session_tell_contents(st->session, outer->side, (struct span){0}, len, true,
			      outer->ts_last);
	inner_hole(st->inner, outer->side, len, false, outer);
}

/* Some packets, or parts of them, compressed together. */
void mysql_take_compressed(struct mysql_state *st, const struct frame *frame)
{
	struct cursor c = cursor_of(frame->data, frame->available);
	uint32_t plain_len;
	struct span bytes;

	if (st->inner_lost[frame->side])
		inner_hole(st->inner, frame->side, LOST_WHOLE, false, frame);
	st->inner_lost[frame->side] = false;
	cursor_skip(&c, 4);
	plain_len = cursor_le24(&c);
	bytes = cursor_rest(&c);
	if (c.failed || frame->lost || frame->cut) {
		take_hole(st, frame, plain_len ? plain_len : frame->len);
		return;
	}
	/* Short ones aren't worth it. */
	if (!plain_len) {
		take_plain(st, frame, bytes);
		return;
	}
	bytes = mysql_decompress(&st->codecs, bytes, plain_len, &st->plain);
	take_plain(st, frame, bytes);
	if (bytes.len < plain_len)
		take_hole(st, frame, plain_len - bytes.len);
}
