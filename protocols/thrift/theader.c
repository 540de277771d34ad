/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/theader.h"

#include "protocols/value/json.h"

#define MAGIC	  0x0fff
#define FIXED_LEN 10 /* magic, flags, sequence number, length of the rest in words */

/* Protocols: binary, compact, and Facebook's own ones. */
#define PROTOCOL_MAX 8

/* Of headers: texts with a name; that go on to hold for the connection, the same (fbthrift). */
enum {
	INFO_KEY_VALUE = 1,
	INFO_PERSISTENT = 2,
};

/* 2 signs the message: what it adds isn't said in the format. 4 was Facebook's own. */
enum {
	TRANSFORM_ZLIB = 1,
	TRANSFORM_SNAPPY = 3,
	TRANSFORM_ZSTD = 5, /* fbthrift */
};

static bool take_transform(struct thrift_theader *header, uint64_t id)
{
	enum codec *to = &header->transforms[header->transform_count];

	if (header->transform_count == THRIFT_TRANSFORMS_MAX)
		return false;
	if (id == TRANSFORM_ZLIB)
		*to = CODEC_GZIP;
	else if (id == TRANSFORM_SNAPPY)
		*to = CODEC_SNAPPY;
	else if (id == TRANSFORM_ZSTD)
		*to = CODEC_ZSTD;
	else
		return false;
	header->transform_count++;
	return true;
}

enum frame_status thrift_theader_read(struct span text, struct thrift_theader *header)
{
	struct cursor c = cursor_of(text.data, text.len), rest;
	uint16_t magic = cursor_be16(&c);
	uint64_t count;
	size_t len;

	*header = (struct thrift_theader){0};
	if (c.failed)
		return text.len && text.data[0] != MAGIC >> 8 ? FRAME_BAD : FRAME_MORE;
	if (magic != MAGIC)
		return FRAME_BAD;
	cursor_skip(&c, 2);
	header->sequence_id = (int32_t)cursor_be32(&c);
	len = (size_t)cursor_be16(&c) * 4;
	rest = cursor_part(&c, len);
	if (c.failed)
		return FRAME_MORE;
	if (cursor_varint(&rest) > PROTOCOL_MAX)
		return FRAME_BAD;
	count = cursor_varint(&rest);
	if (count > len)
		return FRAME_BAD;
	/* What is behind one that isn't known can't be told. */
	while (count-- && !rest.failed && !header->opaque)
		header->opaque = !take_transform(header, cursor_varint(&rest));
	if (rest.failed)
		return FRAME_BAD;
	if (!header->opaque)
		header->infos = cursor_rest(&rest);
	header->len = FIXED_LEN + len;
	return FRAME_DONE;
}

static struct span take_text(struct cursor *c)
{
	uint64_t len = cursor_varint(c);

	if (len > cursor_left(c))
		c->failed = true;
	return cursor_span(c, (size_t)len);
}

/* Texts with a name, as many as the count before them says. False: there are more than LIMIT. */
static bool append_infos(struct cursor *c, struct buffer *out, size_t begin, size_t limit)
{
	for (uint64_t count = cursor_varint(c); count && !c->failed; count--) {
		struct span key = take_text(c), value = take_text(c);

		if (c->failed)
			break;
		if (out->len > begin + 1)
			buffer_append_char(out, ',');
		json_append_string(out, key);
		buffer_append_char(out, ':');
		json_append_string(out, value);
		if (out->len - begin >= limit)
			return false;
	}
	return true;
}

bool thrift_theader_json(const struct thrift_theader *header, struct buffer *out, size_t limit)
{
	struct cursor c = cursor_of(header->infos.data, header->infos.len);
	size_t begin = out->len;
	bool all = true;

	buffer_append_char(out, '{');
	while (cursor_left(&c) && all) {
		uint64_t kind = cursor_varint(&c);

		/* Padding, or what nobody has defined. */
		if (kind != INFO_KEY_VALUE && kind != INFO_PERSISTENT)
			break;
		all = append_infos(&c, out, begin, limit);
	}
	buffer_append_char(out, '}');
	return all;
}

bool thrift_theader_decode(const struct thrift_theader *header, struct codec_contexts *codecs,
			   struct span payload, struct buffer *out, size_t limit)
{
	struct buffer steps[2] = {{0}, {0}};
	unsigned left = header->transform_count;
	bool whole = !header->opaque;

	if (!left || header->opaque) {
		buffer_append_span(out, payload);
		return whole;
	}
	/* What was done last is undone first. */
	while (left-- && whole) {
		struct buffer *to = left ? &steps[left & 1] : out;

		buffer_clear(&steps[left & 1]);
		whole = codec_decode(codecs, header->transforms[left], payload, to, limit) ==
			CODEC_DONE;
		payload = buffer_span(to);
	}
	buffer_free(&steps[0]);
	buffer_free(&steps[1]);
	return whole;
}
