/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/scan.h"

#include <endian.h>

#include "format/frame.h"

static bool belongs(const struct scan *scan, const struct tape_block_header *header)
{
	if (le64toh(header->block) < scan->block)
		return false;
	return !scan->identified ||
	       (memcmp(header->recording_id, scan->recording_id, sizeof(scan->recording_id)) == 0 &&
		le64toh(header->segment) == scan->segment);
}

bool scan_is_block(const struct scan *scan, struct span s)
{
	struct tape_block_header header;

	if (s.len > TAPE_HEADER_MAX)
		s.len = TAPE_HEADER_MAX;
	if (s.len < TAPE_BLOCK_HEADER_MIN || !frame_valid(s.data, s.len, TAPE_MAGIC_BLOCK))
		return false;
	frame_copy(s.data, s.len, &header, TAPE_BLOCK_HEADER_MIN);
	return belongs(scan, &header);
}

/* An index looks right when a seek table that ends the file follows it. */
static bool is_index(const struct scan *scan, struct span s, uint64_t offset)
{
	struct tape_skippable seek;
	struct tape_frame frame;

	if (s.len < sizeof(frame))
		return false;
	memcpy(&frame, s.data, sizeof(frame));
	if (!frame_is(&frame, TAPE_MAGIC_INDEX))
		return false;
	offset += frame_len(&frame);
	return input_read(scan->input, offset, &seek, sizeof(seek)) == sizeof(seek) &&
	       le32toh(seek.magic) == TAPE_SKIPPABLE_SEEK &&
	       offset + sizeof(seek) + le32toh(seek.len) == scan->input->end;
}

bool scan_is_frame(const struct scan *scan, uint64_t offset)
{
	char head[TAPE_HEADER_MAX];
	struct span s = span_of(head, input_read(scan->input, offset, head, sizeof(head)));

	return scan_is_block(scan, s) || is_index(scan, s, offset);
}

/* The first place in S from AT on where a block header or an index may begin, or s.len. */
static size_t find_magic(struct span s, size_t at)
{
	const size_t magic_at = offsetof(struct tape_frame, magic);

	while (s.len - at >= sizeof(struct tape_frame)) {
		const char *hit = memchr(s.data + at + magic_at, TAPE_MAGIC_BLOCK[0],
					 s.len - at - magic_at);

		if (!hit)
			break;
		at = (size_t)(hit - s.data) - magic_at;
		if (s.len - at < sizeof(struct tape_frame))
			break;
		if (memcmp(hit, TAPE_MAGIC_BLOCK, 8) == 0 || memcmp(hit, TAPE_MAGIC_INDEX, 8) == 0)
			return at;
		at++;
	}
	return s.len;
}

uint64_t scan_find(const struct scan *scan, uint64_t from)
{
	for (;;) {
		struct span s = input_peek(scan->input, from, TAPE_HEADER_MAX, INPUT_WINDOW);
		bool last = from + s.len >= scan->input->end;
		size_t whole = last ? s.len : s.len - TAPE_HEADER_MAX + 1;

		if (!s.len)
			return scan->input->end;
		for (size_t at = find_magic(s, 0); at < whole; at = find_magic(s, at + 1)) {
			struct span rest = span_of(s.data + at, s.len - at);

			if (scan_is_block(scan, rest) || is_index(scan, rest, from + at))
				return from + at;
		}
		from += whole;
	}
}
