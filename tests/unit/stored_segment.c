/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <zlib.h>
#include <zstd.h>

#include "format/frame.h"
#include "tests/unit/stored_segment.h"

/* RFC 8878, sections 3.1.1.1 and 3.1.1.2: a single segment, its size in four bytes, one raw block.
 */
void stored_append(struct buffer *to, struct span raw)
{
	const uint32_t magic = htole32(0xfd2fb528u), size = htole32((uint32_t)raw.len);
	const uint32_t block = htole32((uint32_t)raw.len << 3 | 1u); /* raw, the last */
	const uint8_t descriptor = 0xa0;

	assert_true(raw.len < 128u << 10);
	buffer_append(to, &magic, 4);
	buffer_append(to, &descriptor, 1);
	buffer_append(to, &size, 4);
	buffer_append(to, &block, 3);
	buffer_append_span(to, raw);
}

void stored_mend_frame(struct buffer *bytes, size_t at)
{
	struct tape_frame frame;

	assert_true(bytes->len - at >= sizeof(frame));
	memcpy(&frame, bytes->data + at, sizeof(frame));
	if (frame_len(&frame) < sizeof(frame) || frame_len(&frame) > bytes->len - at)
		return;
	frame.crc = htole32(frame_crc_begin(bytes->data + at, (size_t)frame_len(&frame)));
	memcpy(bytes->data + at, &frame, sizeof(frame));
}

static void set_u32(struct buffer *bytes, size_t at, uint32_t value)
{
	value = htole32(value);
	memcpy(bytes->data + at, &value, sizeof(value));
}

void stored_mend_block(const struct stored_segment *s, struct buffer *bytes, size_t block)
{
	const size_t body = s->events[block] - STORED_HEAD;
	const uint32_t crc = (uint32_t)crc32_z(0, (const Bytef *)bytes->data + body,
					       s->end[block] - body);

	set_u32(bytes, s->block[block] + offsetof(struct tape_block_header, compressed_crc), crc);
	stored_mend_frame(bytes, s->block[block]);
}

/* One block, decompressed and stored. */
static void take_block(struct stored_segment *s, struct span from,
		       const struct tape_block_header *header)
{
	const size_t raw_len = le32toh(header->raw_len);
	struct tape_block_header copy = *header;
	struct buffer raw = {0};

	assert_true(s->count < STORED_BLOCKS);
	assert_non_null(buffer_reserve(&raw, raw_len + 1));
	raw.len = ZSTD_decompress(raw.data, raw_len, from.data, from.len);
	assert_int_equal(raw.len, raw_len);
	s->block[s->count] = s->bytes.len;
	s->events[s->count] = s->bytes.len + sizeof(copy) + STORED_HEAD;
	copy.compressed_len = htole32((uint32_t)(raw_len + STORED_HEAD));
	buffer_append(&s->bytes, &copy, sizeof(copy));
	stored_append(&s->bytes, buffer_span(&raw));
	s->end[s->count] = s->bytes.len;
	stored_mend_block(s, &s->bytes, s->count++);
	buffer_free(&raw);
}

static void put_index(struct stored_segment *s)
{
	const size_t at = s->bytes.len;
	struct tape_index_header header = {
		.entry_len = htole32(sizeof(struct tape_index_entry)),
		.entry_count = htole64(s->count),
	};

	buffer_append(&s->bytes, &header, sizeof(header));
	for (size_t i = 0; i < s->count; i++) {
		struct tape_index_entry entry = {.offset = htole64(s->block[i])};

		memcpy(&entry.header, s->bytes.data + s->block[i], sizeof(entry.header));
		buffer_append(&s->bytes, &entry, sizeof(entry));
	}
	frame_seal(s->bytes.data + at, s->bytes.len - at, TAPE_MAGIC_INDEX);
	s->seek = s->bytes.len;
}

static void put_seek_entry(struct buffer *to, size_t len, size_t raw_len)
{
	const struct tape_seek_entry entry = {htole32((uint32_t)len), htole32((uint32_t)raw_len)};

	buffer_append(to, &entry, sizeof(entry));
}

static void put_seek_table(struct stored_segment *s, size_t head_len)
{
	const size_t last = s->count - 1, frames = 2 * s->count + 2;
	const struct tape_seek_footer footer = {
		.frames = htole32((uint32_t)frames),
		.magic = htole32(TAPE_SEEKABLE_MAGIC),
	};
	const struct tape_skippable skippable = {
		htole32(TAPE_SKIPPABLE_SEEK),
		htole32((uint32_t)(frames * sizeof(struct tape_seek_entry) + sizeof(footer))),
	};

	buffer_append(&s->bytes, &skippable, sizeof(skippable));
	put_seek_entry(&s->bytes, head_len, 0);
	for (size_t i = 0; i < s->count; i++) {
		put_seek_entry(&s->bytes, sizeof(struct tape_block_header), 0);
		put_seek_entry(&s->bytes, s->end[i] - s->events[i] + STORED_HEAD,
			       s->end[i] - s->events[i]);
	}
	put_seek_entry(&s->bytes, s->seek - s->end[last], 0);
	buffer_append(&s->bytes, &footer, sizeof(footer));
}

void stored_make(struct stored_segment *s, struct span written)
{
	const size_t head_len = sizeof(struct tape_segment_header);
	struct tape_block_header header;
	size_t at = head_len;

	*s = (struct stored_segment){0};
	buffer_append(&s->bytes, written.data, head_len);
	for (;; at += le32toh(header.compressed_len)) {
		memcpy(&header, written.data + at, sizeof(header));
		if (memcmp(header.magic, TAPE_MAGIC_BLOCK, sizeof(header.magic)) != 0)
			break;
		at += sizeof(header);
		take_block(s, span_of(written.data + at, le32toh(header.compressed_len)), &header);
	}
	put_index(s);
	put_seek_table(s, head_len);
}
