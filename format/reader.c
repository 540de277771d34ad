/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/reader.h"

#include <endian.h>
#include <stdlib.h>
#include <zlib.h>

#include "format/codec.h"
#include "format/frame.h"
#include "format/reader_private.h"

/* A block before a checkpoint may have events that came late, and are of this much later. */
#define BEGIN_SLACK_NS 1000000000ll

#define RESUME_STEP 8 /* past the start of what isn't a frame */

void reader_tell(struct reader *r, struct problem problem)
{
	r->gap_told = true;
	if (r->options.problem)
		r->options.problem(r->options.context, &problem);
}

uint64_t reader_left(const struct reader *r)
{
	return r->input.end > r->offset ? r->input.end - r->offset : 0;
}

void reader_pass(struct reader *r, uint64_t len, uint32_t raw_len)
{
	struct tape_seek_entry entry = {
		.compressed_len = htole32((uint32_t)len),
		.raw_len = htole32(raw_len),
	};

	r->seek_crc = (uint32_t)crc32_z(r->seek_crc, (const Bytef *)&entry, sizeof(entry));
	r->seek_frames++;
	r->offset += len;
}

bool reader_may_check(struct reader *r, uint64_t len)
{
	if (r->distrust + len > r->input.end + TAPE_BLOCK_MAX)
		return false;
	r->distrust += len;
	return true;
}

void reader_skip(struct reader *r, struct problem problem, uint64_t resume)
{
	problem.offset = r->offset;
	r->seek_unknown = true;
	r->offset = scan_find(&r->scan, resume);
	if (r->offset < r->input.end && problem.error == TAPE_ERROR_TRUNCATED)
		problem.error = TAPE_ERROR_DAMAGED;
	problem.bytes = r->offset - problem.offset;
	reader_tell(r, problem);
}

void reader_skip_frame(struct reader *r, enum tape_error error, const char *what)
{
	reader_skip(r, (struct problem){.error = error, .what = what}, r->offset + RESUME_STEP);
}

static const char *frame_text(const struct tape_frame *frame)
{
	if (frame_is(frame, TAPE_MAGIC_BLOCK))
		return "block header";
	return frame_is(frame, TAPE_MAGIC_INDEX) ? "index" : "frame";
}

/* A frame that is longer is taken for damaged by who waits for its end: an index of terabytes. */
#define AWAITED_MAX (256u << 20)

/* Bytes of the frame at the offset, with the events of a block; as far as what is there tells. */
static uint64_t whole_len(struct reader *r)
{
	struct span s = input_peek(&r->input, r->offset, TAPE_HEADER_MAX, TAPE_HEADER_MAX);
	struct tape_block_header header;
	struct tape_frame frame;
	uint64_t len;

	if (s.len < sizeof(frame.skippable))
		return sizeof(frame.skippable);
	memcpy(&frame, s.data, s.len < sizeof(frame) ? s.len : sizeof(frame));
	len = frame_len(&frame);
	if (le32toh(frame.skippable.magic) == TAPE_SKIPPABLE_SEEK)
		return len;
	if (s.len < sizeof(frame))
		return sizeof(frame);
	if (!frame_is(&frame, NULL))
		return 0;
	if (!frame_is(&frame, TAPE_MAGIC_BLOCK) || len > s.len ||
	    !frame_valid(s.data, s.len, TAPE_MAGIC_BLOCK))
		return len;
	frame_copy(s.data, (size_t)len, &header, sizeof(header));
	return len + le32toh(header.compressed_len);
}

/* Whether to wait for more, of a source that may grow. */
static bool must_wait(struct reader *r)
{
	uint64_t len;

	if (!r->input.source.grow || r->info.complete)
		return false;
	if (r->input.source.forget)
		r->input.source.forget(r->input.source.context, r->offset);
	do {
		len = whole_len(r);
		if (reader_left(r) && (reader_left(r) >= len || len > AWAITED_MAX))
			return false;
		len = r->input.end;
		if (!input_grow(&r->input))
			return false;
	} while (r->input.end > len);
	return true;
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
		reader_take_seek_table(r, len);
	} else if (s.len < sizeof(frame)) {
		reader_skip_frame(r, TAPE_ERROR_TRUNCATED, "frame");
	} else if (!frame_is(&frame, NULL) || len < sizeof(frame)) {
		reader_skip_frame(r, TAPE_ERROR_DAMAGED, "frame");
	} else if (len > reader_left(r)) {
		reader_skip_frame(r, TAPE_ERROR_TRUNCATED, frame_text(&frame));
	} else if (frame_is(&frame, TAPE_MAGIC_BLOCK)) {
		return reader_take_block(r, s, (size_t)len);
	} else if (frame_is(&frame, TAPE_MAGIC_INDEX)) {
		reader_take_index(r, &frame, len);
	} else {
		reader_take_unknown(r, &frame, len);
	}
	return false;
}

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
		r->offset = scan_find(&r->scan, 0);
		r->seek_unknown = true;
		if (r->offset < r->input.end) {
			reader_tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
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
	reader_identify(r, header.recording_id, le64toh(header.segment));
	r->info.created_monotonic = codec_clamp_time(
		(int64_t)le64toh((uint64_t)header.created_monotonic));
	r->info.created_realtime = codec_clamp_time(
		(int64_t)le64toh((uint64_t)header.created_realtime));
	reader_pass(r, le32toh(header.skippable.len) + sizeof(header.skippable), 0);
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
	r->scan.input = &r->input;
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

/* The header of the block at OFFSET, in LEN bytes; false: there is no valid one. */
static bool peek_block(struct reader *r, uint64_t offset, struct tape_block_header *header,
		       uint64_t *len)
{
	struct span s = input_peek(&r->input, offset, TAPE_HEADER_MAX, TAPE_HEADER_MAX);
	struct tape_frame frame;

	if (s.len < sizeof(frame))
		return false;
	memcpy(&frame, s.data, sizeof(frame));
	*len = frame_len(&frame);
	if (*len < TAPE_BLOCK_HEADER_MIN || *len > s.len || !scan_is_block(&r->scan, s))
		return false;
	frame_copy(s.data, (size_t)*len, header, sizeof(*header));
	return le32toh(header->compressed_len) <= TAPE_BLOCK_MAX;
}

/* What is damaged is told of when its turn comes: a checkpoint behind it isn't looked for. */
void reader_begin_at(struct reader *r, int64_t realtime)
{
	bool before = true; /* the block before it was one of a snapshot, or there is none */
	struct tape_block_header header;
	uint64_t offset = r->offset, len;

	while (peek_block(r, offset, &header, &len)) {
		bool snapshot = le32toh(header.flags) & TAPE_BLOCK_SNAPSHOT;
		const struct block_info info = reader_block_info(&header);

		/* The blocks of one moment aren't in order to the nanosecond: a second is enough.
		 */
		if (!info.realtime || info.realtime + BEGIN_SLACK_NS > realtime)
			break;
		if (snapshot && !before)
			r->begin = offset;
		before = snapshot;
		offset += len + le32toh(header.compressed_len);
	}
}

/* Goes on to the next block whose events are ready; false at the end. */
static bool next_block(struct reader *r)
{
	do {
		r->info.bytes_read = r->offset;
		r->dry = must_wait(r);
		if (r->dry || r->error || r->input.error || !reader_left(r))
			return false;
	} while (!take_frame(r));
	return true;
}

bool reader_next(struct reader *r, struct event *event)
{
	for (;;) {
		if (decoder_next(&r->decoder, event)) {
			r->delivered++;
			return true;
		}
		if (r->decoder.error)
			reader_lose_events(r, r->decoder.error, 0, "event");
		decoder_begin(&r->decoder, span_of(NULL, 0), 0);
		if (!next_block(r))
			return false;
	}
}

uint64_t reader_coming(struct reader *r)
{
	return decoder_coming(&r->decoder);
}

bool reader_next_raw(struct reader *r, struct raw_block *block)
{
	struct buffer before = block->raw;

	if (!next_block(r))
		return false;
	*block = (struct raw_block){
		.raw = r->raw,
		.ts_base = r->block_base,
		.events = r->block_events,
		.offset = r->block_offset,
	};
	r->raw = before;
	decoder_begin(&r->decoder, span_of(NULL, 0), 0);
	return true;
}

bool reader_is_dry(const struct reader *r)
{
	return r->dry;
}

size_t reader_memory(const struct reader *r)
{
	return r->compressed.capacity + r->raw.len + decoder_memory(&r->decoder);
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
