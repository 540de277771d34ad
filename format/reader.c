/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/reader.h"

#include <endian.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "format/codec.h"
#include "format/frame.h"
#include "format/input.h"
#include "format/tape.h"

#define RESUME_STEP 8 /* past the start of what isn't a frame */

struct reader {
	struct input input;
	struct reader_options options;
	struct segment_info info;
	uint64_t offset;   /* of the next frame */
	bool identified;   /* recording and segment are known: from the head, or from a block */
	bool gap_told;	   /* a problem was told since the last block */
	uint64_t next;	   /* number of the next block */
	uint64_t distrust; /* bytes read in vain, see may_check() */

	struct decoder decoder;
	struct buffer compressed;
	struct buffer raw;
	ZSTD_DCtx *zstd;
	uint64_t block_offset;
	uint64_t block_events; /* in the block, by its header */
	uint64_t delivered;    /* of them */

	uint64_t events;      /* in all blocks whose header was seen */
	uint64_t index_end;   /* where a valid index ends, or 0 */
	uint32_t seek_frames; /* what the seek table must say: number of entries, CRC of them */
	uint32_t seek_crc;
	bool seek_unknown; /* a frame could not be read */
	enum tape_error error;
};

static void tell(struct reader *r, struct problem problem)
{
	r->gap_told = true;
	if (r->options.problem)
		r->options.problem(r->options.context, &problem);
}

static uint64_t left(const struct reader *r)
{
	return r->input.end > r->offset ? r->input.end - r->offset : 0;
}

/* Goes past a valid frame. */
static void pass(struct reader *r, uint64_t len, uint32_t raw_len)
{
	struct tape_seek_entry entry = {
		.compressed_len = htole32((uint32_t)len),
		.raw_len = htole32(raw_len),
	};

	r->seek_crc = (uint32_t)crc32_z(r->seek_crc, (const Bytef *)&entry, sizeof(entry));
	r->seek_frames++;
	r->offset += len;
}

/*
 * What is found damaged is looked through once more for the next block. A hostile file could make
 * that quadratic with lengths that overlap; so all the bytes that were read in vain may together
 * be as many as the file has, and no more.
 */
static bool may_check(struct reader *r, uint64_t len)
{
	if (r->distrust + len > r->input.end + TAPE_BLOCK_MAX)
		return false;
	r->distrust += len;
	return true;
}

/* ---- looking for the next frame ---- */

static bool is_ours(const struct reader *r, const struct tape_block_header *header)
{
	return !r->identified || (memcmp(header->recording_id, r->info.recording_id,
					 sizeof(header->recording_id)) == 0 &&
				  le64toh(header->segment) == r->info.segment);
}

static bool is_next_block(const struct reader *r, struct span s)
{
	struct tape_block_header header;

	if (s.len > TAPE_HEADER_MAX)
		s.len = TAPE_HEADER_MAX;
	if (s.len < sizeof(header) || !frame_valid(s.data, s.len, TAPE_MAGIC_BLOCK))
		return false;
	memcpy(&header, s.data, sizeof(header));
	return is_ours(r, &header) && le64toh(header.block) >= r->next;
}

/* An index looks right when a seek table that ends the file follows it. */
static bool is_index(struct reader *r, struct span s, uint64_t offset)
{
	struct tape_skippable seek;
	struct tape_frame frame;

	if (s.len < sizeof(frame))
		return false;
	memcpy(&frame, s.data, sizeof(frame));
	if (!frame_is(&frame, TAPE_MAGIC_INDEX))
		return false;
	offset += frame_len(&frame);
	return input_read(&r->input, offset, &seek, sizeof(seek)) == sizeof(seek) &&
	       le32toh(seek.magic) == TAPE_SKIPPABLE_SEEK &&
	       offset + sizeof(seek) + le32toh(seek.len) == r->input.end;
}

static bool is_next(struct reader *r, struct span s, uint64_t offset)
{
	return is_next_block(r, s) || is_index(r, s, offset);
}

/* The first place in S from AT on where a block header or an index may begin, or s.len. */
static size_t find_frame(struct span s, size_t at)
{
	const size_t magic_at = offsetof(struct tape_frame, magic);

	while (at + magic_at < s.len) {
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

/* Sets the offset to the next frame from FROM on; false at the end of the file. */
static bool seek_frame(struct reader *r, uint64_t from)
{
	for (;;) {
		struct span s = input_peek(&r->input, from, TAPE_HEADER_MAX, INPUT_WINDOW);
		bool last = from + s.len >= r->input.end;
		size_t whole = last ? s.len : s.len - TAPE_HEADER_MAX + 1;
		size_t at = 0;

		if (!s.len)
			break;
		while ((at = find_frame(s, at)) < whole) {
			if (is_next(r, span_of(s.data + at, s.len - at), from + at)) {
				r->offset = from + at;
				return true;
			}
			at++;
		}
		from += whole;
	}
	r->offset = r->input.end;
	return false;
}

/*
 * Tells that what stands at the offset can't be used, and goes on at the next frame that can, from
 * RESUME on. Something that seems to be cut off is so only when nothing follows.
 */
static bool skip(struct reader *r, struct problem problem, uint64_t resume)
{
	bool found;

	problem.offset = r->offset;
	r->seek_unknown = true;
	found = seek_frame(r, resume);
	if (found && problem.error == TAPE_ERROR_TRUNCATED)
		problem.error = TAPE_ERROR_DAMAGED;
	problem.bytes = r->offset - problem.offset;
	tell(r, problem);
	return found;
}

static void skip_frame(struct reader *r, enum tape_error error, const char *what)
{
	skip(r, (struct problem){.error = error, .what = what}, r->offset + RESUME_STEP);
}

/* ---- blocks ---- */

static void identify(struct reader *r, const struct tape_block_header *header)
{
	memcpy(r->info.recording_id, header->recording_id, sizeof(r->info.recording_id));
	r->info.segment = le64toh(header->segment);
	r->identified = true;
}

/* Reads the compressed events: TAPE_OK, or what is wrong with them. */
static enum tape_error read_body(struct reader *r, const struct tape_block_header *header,
				 uint64_t offset)
{
	size_t len = le32toh(header->compressed_len);
	char *to;

	if (len > TAPE_BLOCK_MAX || le32toh(header->raw_len) > TAPE_BLOCK_MAX)
		return TAPE_ERROR_LIMIT;
	if (offset > r->input.end || len > r->input.end - offset)
		return TAPE_ERROR_TRUNCATED;
	buffer_clear(&r->compressed);
	to = buffer_reserve(&r->compressed, len);
	if (!to)
		return TAPE_ERROR_MEMORY;
	if (input_read(&r->input, offset, to, len) != len)
		return r->input.error ? r->input.error : TAPE_ERROR_TRUNCATED;
	if (crc32_z(0, (const Bytef *)to, len) != le32toh(header->compressed_crc))
		return TAPE_ERROR_DAMAGED;
	r->compressed.len = len;
	return TAPE_OK;
}

static enum tape_error decompress(struct reader *r, size_t raw_len)
{
	char *to;
	size_t n;

	buffer_clear(&r->raw);
	to = buffer_reserve(&r->raw, raw_len);
	if (!to)
		return TAPE_ERROR_MEMORY;
	n = ZSTD_decompressDCtx(r->zstd, to, raw_len, r->compressed.data, r->compressed.len);
	if (ZSTD_isError(n) || n != raw_len)
		return TAPE_ERROR_DAMAGED;
	r->raw.len = raw_len;
	return TAPE_OK;
}

/*
 * Where to look for the next frame after a block whose body is damaged. When it only has other
 * bytes than it should, the next frame stands right behind it. When bytes are missing, it begins
 * somewhere inside.
 */
static uint64_t resume_after(struct reader *r, uint64_t body, uint64_t len)
{
	char head[TAPE_HEADER_MAX];
	size_t n = input_read(&r->input, body + len, head, sizeof(head));

	if (is_next(r, span_of(head, n), body + len) || !may_check(r, len))
		return body + len;
	return body;
}

/* True when events are ready. */
static bool take_block(struct reader *r, struct span s, size_t len)
{
	struct tape_block_header header;
	struct problem problem = {.what = "block"};
	uint64_t body = r->offset + len;
	uint32_t compressed_len;

	if (len < sizeof(header) || !frame_valid(s.data, s.len, TAPE_MAGIC_BLOCK)) {
		skip_frame(r, TAPE_ERROR_DAMAGED, "block header");
		return false;
	}
	if (!is_next_block(r, s)) {
		skip_frame(r, TAPE_ERROR_DAMAGED, "block that doesn't belong here");
		return false;
	}
	memcpy(&header, s.data, sizeof(header));
	if (!r->identified)
		identify(r, &header);
	if (le64toh(header.block) != r->next && !r->gap_told)
		tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
					 .offset = r->offset,
					 .what = "missing blocks"});
	r->next = le64toh(header.block) + 1;
	r->events += le32toh(header.event_count);
	problem.lost_events = le32toh(header.event_count);
	compressed_len = le32toh(header.compressed_len);
	problem.error = read_body(r, &header, body);
	if (problem.error == TAPE_ERROR_MEMORY || problem.error == TAPE_ERROR_IO) {
		r->error = problem.error;
		return false;
	}
	if (problem.error) {
		skip(r, problem,
		     problem.error == TAPE_ERROR_DAMAGED ? resume_after(r, body, compressed_len)
							 : body);
		return false;
	}
	r->block_offset = r->offset;
	pass(r, len, 0);
	pass(r, compressed_len, le32toh(header.raw_len));
	problem.error = decompress(r, le32toh(header.raw_len));
	if (problem.error == TAPE_ERROR_MEMORY)
		r->error = problem.error;
	if (problem.error) {
		problem.offset = r->block_offset;
		problem.bytes = r->offset - r->block_offset;
		tell(r, problem);
		return false;
	}
	r->info.blocks++;
	r->block_events = le32toh(header.event_count);
	r->delivered = 0;
	r->gap_told = false;
	decoder_begin(&r->decoder, buffer_span(&r->raw),
		      (int64_t)le64toh((uint64_t)header.ts_base));
	return true;
}

/* ---- the other frames ---- */

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

		if (s.len < sizeof(entry))
			break;
		memcpy(&entry, s.data, sizeof(entry));
		events += le32toh(entry.header.event_count);
	}
	return events;
}

static void take_index(struct reader *r, const struct tape_frame *frame, uint64_t len)
{
	struct tape_index_header header;
	uint64_t entry_count;
	uint64_t events;
	uint32_t entry_len;

	if (len < sizeof(header) || !check_frame(r, frame, len)) {
		skip(r, (struct problem){.error = TAPE_ERROR_DAMAGED, .what = "index"},
		     r->offset + len);
		return;
	}
	input_read(&r->input, r->offset, &header, sizeof(header));
	entry_count = le64toh(header.entry_count);
	entry_len = le32toh(header.entry_len);
	if (entry_len < sizeof(struct tape_index_entry) ||
	    entry_count != (len - sizeof(header)) / entry_len) {
		skip(r, (struct problem){.error = TAPE_ERROR_DAMAGED, .what = "index"},
		     r->offset + len);
		return;
	}
	events = index_events(r, entry_count, entry_len);
	if (events > r->events)
		tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
					 .offset = r->offset,
					 .lost_events = events - r->events,
					 .what = "blocks that only the index knows"});
	pass(r, len, 0);
	r->index_end = r->offset;
}

static bool seek_table_valid(struct reader *r, uint64_t len)
{
	struct tape_seek_footer footer;
	uint64_t entries_len;
	uint32_t crc = 0;

	if (len != left(r) || len < sizeof(struct tape_skippable) + sizeof(footer))
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

static void take_seek_table(struct reader *r, uint64_t len)
{
	if (len > left(r)) {
		skip_frame(r, TAPE_ERROR_TRUNCATED, "seek table");
		return;
	}
	if (!seek_table_valid(r, len)) {
		skip_frame(r, TAPE_ERROR_DAMAGED, "seek table");
		return;
	}
	r->info.complete = r->index_end == r->offset;
	r->offset += len;
}

/* Frames of ours that a newer version adds. */
static void take_unknown(struct reader *r, const struct tape_frame *frame, uint64_t len)
{
	if (may_check(r, len) && check_frame(r, frame, len))
		pass(r, len, 0);
	else
		skip_frame(r, TAPE_ERROR_DAMAGED, "frame");
}

static const char *frame_text(const struct tape_frame *frame)
{
	if (frame_is(frame, TAPE_MAGIC_BLOCK))
		return "block header";
	return frame_is(frame, TAPE_MAGIC_INDEX) ? "index" : "frame";
}

/* Deals with what stands at the offset; true when it is a block whose events are ready. */
static bool take_frame(struct reader *r)
{
	struct span s = input_peek(&r->input, r->offset, TAPE_HEADER_MAX, TAPE_HEADER_MAX);
	struct tape_frame frame = {0};
	uint64_t len;

	if (!s.len)
		return false;
	if (s.len > TAPE_HEADER_MAX)
		s.len = TAPE_HEADER_MAX;
	memcpy(&frame, s.data, s.len < sizeof(frame) ? s.len : sizeof(frame));
	len = frame_len(&frame);
	if (s.len >= sizeof(frame.skippable) &&
	    le32toh(frame.skippable.magic) == TAPE_SKIPPABLE_SEEK) {
		take_seek_table(r, len);
	} else if (s.len < sizeof(frame)) {
		skip_frame(r, TAPE_ERROR_TRUNCATED, "frame");
	} else if (!frame_is(&frame, NULL) || len < sizeof(frame)) {
		skip_frame(r, TAPE_ERROR_DAMAGED, "frame");
	} else if (len > left(r)) {
		skip_frame(r, TAPE_ERROR_TRUNCATED, frame_text(&frame));
	} else if (frame_is(&frame, TAPE_MAGIC_BLOCK)) {
		return take_block(r, s, (size_t)len);
	} else if (frame_is(&frame, TAPE_MAGIC_INDEX)) {
		take_index(r, &frame, len);
	} else {
		take_unknown(r, &frame, len);
	}
	return false;
}

/* ---- the interface ---- */

static bool head_allows(const struct tape_segment_header *header)
{
	return le16toh(header->version) == TAPE_VERSION &&
	       !(le32toh(header->incompatible_features) & ~TAPE_INCOMPATIBLE_KNOWN);
}

static enum tape_error read_head(struct reader *r)
{
	struct span s = input_peek(&r->input, 0, TAPE_HEADER_MAX, TAPE_HEADER_MAX);
	struct tape_segment_header header;

	if (s.len < sizeof(header) || !frame_valid(s.data, s.len, TAPE_MAGIC_SEGMENT)) {
		if (seek_frame(r, 0)) {
			r->seek_unknown = true;
			tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
						 .bytes = r->offset,
						 .what = "segment header"});
			return TAPE_OK;
		}
		return r->input.error ? r->input.error : TAPE_ERROR_NOT_A_TAPE;
	}
	memcpy(&header, s.data, sizeof(header));
	if (!head_allows(&header))
		return TAPE_ERROR_VERSION;
	r->info.version = le16toh(header.version);
	r->info.head_readable = true;
	memcpy(r->info.recording_id, header.recording_id, sizeof(r->info.recording_id));
	r->info.segment = le64toh(header.segment);
	r->info.created_monotonic = codec_clamp_time(
		(int64_t)le64toh((uint64_t)header.created_monotonic));
	r->info.created_realtime = codec_clamp_time(
		(int64_t)le64toh((uint64_t)header.created_realtime));
	r->identified = true;
	pass(r, le32toh(header.skippable.len) + sizeof(header.skippable), 0);
	return TAPE_OK;
}

enum tape_error reader_new(struct source source, const struct reader_options *options,
			   struct reader **result)
{
	struct reader *r = calloc(1, sizeof(*r));
	enum tape_error error = TAPE_ERROR_MEMORY;

	*result = NULL;
	if (!r)
		return TAPE_ERROR_MEMORY;
	input_open(&r->input, source);
	r->options = *options;
	r->info.file_bytes = source.size;
	r->zstd = ZSTD_createDCtx();
	if (r->zstd)
		error = read_head(r);
	if (error) {
		reader_free(r);
		return error;
	}
	*result = r;
	return TAPE_OK;
}

/* What remains to be said when a block has no more events. */
static void end_block(struct reader *r)
{
	if (r->decoder.error == TAPE_ERROR_MEMORY)
		r->error = TAPE_ERROR_MEMORY;
	else if (r->decoder.error)
		tell(r, (struct problem){.error = r->decoder.error,
					 .offset = r->block_offset,
					 .lost_events = r->block_events > r->delivered
								? r->block_events - r->delivered
								: 0,
					 .what = "event"});
	decoder_begin(&r->decoder, span_of(NULL, 0), 0);
}

bool reader_next(struct reader *r, struct event *event)
{
	for (;;) {
		if (decoder_next(&r->decoder, event)) {
			r->delivered++;
			return true;
		}
		end_block(r);
		do {
			r->info.bytes_read = r->offset;
			if (r->error || r->input.error || !left(r))
				return false;
		} while (!take_frame(r));
	}
}

enum tape_error reader_error(const struct reader *r)
{
	return r->error ? r->error : r->input.error;
}

const struct segment_info *reader_info(const struct reader *r)
{
	return &r->info;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	input_close(&r->input);
	decoder_free(&r->decoder);
	buffer_free(&r->compressed);
	buffer_free(&r->raw);
	ZSTD_freeDCtx(r->zstd);
	free(r);
}
