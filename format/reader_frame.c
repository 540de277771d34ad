/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>

#include "format/frame.h"
#include "format/reader_private.h"

/* The CRC of a frame of any length at the offset. */
static bool check_frame(struct reader *r, const struct tape_frame *frame, uint64_t len)
{
	uint32_t crc = frame_crc_begin(frame, sizeof(*frame));

	return input_crc(&r->input, r->offset + sizeof(*frame), len - sizeof(*frame), &crc) &&
	       crc == le32toh(frame->crc);
}

/* Events of all blocks that a valid index lists. */
static uint64_t index_events(struct reader *r, uint64_t entry_count, uint32_t entry_len)
{
	uint64_t offset = r->offset + sizeof(struct tape_index_header);
	struct tape_index_entry entry;
	uint64_t events = 0;

	for (uint64_t i = 0; i < entry_count; i++, offset += entry_len) {
		struct span s = input_peek(&r->input, offset, sizeof(entry), INPUT_WINDOW);

		if (s.len < TAPE_INDEX_ENTRY_MIN)
			break;
		frame_copy(s.data, s.len < entry_len ? s.len : entry_len, &entry, sizeof(entry));
		events += le32toh(entry.header.event_count);
	}
	return events;
}

void reader_take_index(struct reader *r, const struct tape_frame *frame, uint64_t len)
{
	struct tape_index_header header;
	uint64_t entry_count;
	uint64_t events;
	uint32_t entry_len;

	if (len < sizeof(header) || !check_frame(r, frame, len)) {
		reader_skip(r, (struct problem){.error = TAPE_ERROR_DAMAGED, .what = "index"},
			    r->offset + len);
		return;
	}
	input_read(&r->input, r->offset, &header, sizeof(header));
	entry_count = le64toh(header.entry_count);
	entry_len = le32toh(header.entry_len);
	if (entry_len < TAPE_INDEX_ENTRY_MIN || entry_count != (len - sizeof(header)) / entry_len) {
		reader_skip(r, (struct problem){.error = TAPE_ERROR_DAMAGED, .what = "index"},
			    r->offset + len);
		return;
	}
	events = index_events(r, entry_count, entry_len);
	if (events > r->events)
		reader_tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
						.offset = r->offset,
						.lost_events = events - r->events,
						.what = "blocks that only the index knows"});
	reader_pass(r, len, 0);
	r->index_end = r->offset;
}

static bool seek_table_valid(struct reader *r, uint64_t len)
{
	struct tape_seek_footer footer;
	uint64_t entries_len;
	uint32_t crc = 0;

	if (len != reader_left(r) || len < sizeof(struct tape_skippable) + sizeof(footer))
		return false;
	entries_len = len - sizeof(struct tape_skippable) - sizeof(footer);
	if (input_read(&r->input, r->offset + len - sizeof(footer), &footer, sizeof(footer)) !=
		    sizeof(footer) ||
	    le32toh(footer.magic) != TAPE_SEEKABLE_MAGIC || footer.descriptor != 0 ||
	    entries_len != (uint64_t)le32toh(footer.frames) * sizeof(struct tape_seek_entry))
		return false;
	if (r->seek_unknown)
		return true;
	return input_crc(&r->input, r->offset + sizeof(struct tape_skippable), entries_len, &crc) &&
	       le32toh(footer.frames) == r->seek_frames && crc == r->seek_crc;
}

void reader_take_seek_table(struct reader *r, uint64_t len)
{
	if (len > reader_left(r)) {
		reader_skip_frame(r, TAPE_ERROR_TRUNCATED, "seek table");
		return;
	}
	if (!seek_table_valid(r, len)) {
		reader_skip_frame(r, TAPE_ERROR_DAMAGED, "seek table");
		return;
	}
	r->info.complete = r->index_end == r->offset;
	r->offset += len;
}

void reader_take_unknown(struct reader *r, const struct tape_frame *frame, uint64_t len)
{
	if (reader_may_check(r, len) && check_frame(r, frame, len))
		reader_pass(r, len, 0);
	else
		reader_skip_frame(r, TAPE_ERROR_DAMAGED, "frame");
}
