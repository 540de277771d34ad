/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/reader.h"

#include <endian.h>
#include <stdlib.h>
#include <zlib.h>
/* For ZSTD_d_stableOutBuffer. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "format/codec.h"
#include "format/frame.h"
#include "format/input.h"
#include "format/scan.h"
#include "format/tape.h"

/* A block before a checkpoint may have events that came late, and are of this much later. */
#define BEGIN_SLACK_NS 1000000000ll

#define RESUME_STEP 8 /* past the start of what isn't a frame */

struct reader {
	struct input input;
	struct reader_options options;
	struct segment_info info;
	struct scan scan;
	uint64_t offset;   /* of the next frame */
	uint64_t begin;	   /* blocks that begin before are passed over */
	bool gap_told;	   /* a problem was told since the last block */
	uint64_t distrust; /* bytes read in vain, see may_check() */

	struct decoder decoder;
	struct buffer compressed;
	struct buffer raw;
	ZSTD_DCtx *zstd;
	uint64_t block_offset;
	int64_t block_base;    /* its ts_base */
	uint64_t block_events; /* in the block, by its header */
	uint64_t delivered;    /* of them */

	uint64_t events;      /* in all blocks whose header was seen */
	uint64_t index_end;   /* where a valid index ends, or 0 */
	uint32_t seek_frames; /* what the seek table must say: number of entries, CRC of them */
	uint32_t seek_crc;
	bool seek_unknown; /* a frame could not be read */
	bool dry;	   /* the next frame isn't there whole, and may come */
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

/* ---- damage ---- */

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

/*
 * Tells that what stands at the offset can't be used, and goes on at the next frame that can, from
 * RESUME on. Something that seems to be cut off is so only when nothing follows.
 */
static void skip(struct reader *r, struct problem problem, uint64_t resume)
{
	problem.offset = r->offset;
	r->seek_unknown = true;
	r->offset = scan_find(&r->scan, resume);
	if (r->offset < r->input.end && problem.error == TAPE_ERROR_TRUNCATED)
		problem.error = TAPE_ERROR_DAMAGED;
	problem.bytes = r->offset - problem.offset;
	tell(r, problem);
}

static void skip_frame(struct reader *r, enum tape_error error, const char *what)
{
	skip(r, (struct problem){.error = error, .what = what}, r->offset + RESUME_STEP);
}

/* ---- blocks ---- */

static void identify(struct reader *r, const uint8_t recording_id[16], uint64_t segment)
{
	memcpy(r->info.recording_id, recording_id, sizeof(r->info.recording_id));
	memcpy(r->scan.recording_id, recording_id, sizeof(r->scan.recording_id));
	r->info.segment = r->scan.segment = segment;
	r->scan.identified = true;
}

/*
 * The compressed events stay in memory between being checked and being decompressed, unless they
 * are larger than this: then they are read twice.
 */
#define BODY_HELD_MAX (4u << 20)

/* A buffer that grew for a large block gives its memory back when a small one comes. */
static void trim(struct buffer *b, size_t len)
{
	if (b->capacity > BODY_HELD_MAX && len < b->capacity / 4)
		buffer_free(b);
	buffer_clear(b);
}

static enum tape_error check_large(struct reader *r, uint64_t offset, size_t len, uint32_t expected)
{
	uint32_t crc = 0;

	if (!input_crc(&r->input, offset, len, &crc))
		return r->input.error ? r->input.error : TAPE_ERROR_TRUNCATED;
	return crc == expected ? TAPE_OK : TAPE_ERROR_DAMAGED;
}

/* Reads the compressed events, and checks them: TAPE_OK, or what is wrong with them. */
static enum tape_error read_body(struct reader *r, const struct tape_block_header *header,
				 uint64_t offset)
{
	size_t len = le32toh(header->compressed_len);
	uint32_t crc = le32toh(header->compressed_crc);
	char *to;

	if (len > TAPE_BLOCK_MAX || le32toh(header->raw_len) > TAPE_BLOCK_MAX)
		return TAPE_ERROR_LIMIT;
	if (offset > r->input.end || len > r->input.end - offset)
		return TAPE_ERROR_TRUNCATED;
	trim(&r->compressed, len);
	if (len > BODY_HELD_MAX)
		return check_large(r, offset, len, crc);
	to = buffer_reserve(&r->compressed, len);
	if (!to)
		return TAPE_ERROR_MEMORY;
	if (input_read(&r->input, offset, to, len) != len)
		return r->input.error ? r->input.error : TAPE_ERROR_TRUNCATED;
	if (crc32_z(0, (const Bytef *)to, len) != crc)
		return TAPE_ERROR_DAMAGED;
	r->compressed.len = len;
	return TAPE_OK;
}

/*
 * One frame of LEN bytes at OFFSET into RAW, without a window beside it: the output stays where it
 * is. False when it isn't one that gives just as much.
 */
static bool stream_large(struct reader *r, uint64_t offset, size_t len, ZSTD_outBuffer *out)
{
	size_t left = 1;

	ZSTD_DCtx_reset(r->zstd, ZSTD_reset_session_and_parameters);
	ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_stableOutBuffer, 1);
	while (len) {
		struct span s = input_peek(&r->input, offset, 1, INPUT_WINDOW);
		ZSTD_inBuffer in = {s.data, s.len < len ? s.len : len, 0};

		if (!s.len)
			return false;
		offset += in.size;
		len -= in.size;
		while (in.pos < in.size) {
			size_t before = in.pos + out->pos;

			left = ZSTD_decompressStream(r->zstd, out, &in);
			if (ZSTD_isError(left) || in.pos + out->pos == before)
				return false;
		}
	}
	return left == 0 && out->pos == out->size;
}

/* What read_body() checked. */
static enum tape_error decompress(struct reader *r, const struct tape_block_header *header,
				  uint64_t offset)
{
	size_t len = le32toh(header->compressed_len), raw_len = le32toh(header->raw_len);
	char *to;
	size_t n;

	trim(&r->raw, raw_len);
	to = buffer_reserve(&r->raw, raw_len ? raw_len : 1);
	if (!to)
		return TAPE_ERROR_MEMORY;
	if (len > BODY_HELD_MAX) {
		ZSTD_outBuffer out = {to, raw_len, 0};

		if (!stream_large(r, offset, len, &out))
			return r->input.error ? r->input.error : TAPE_ERROR_DAMAGED;
	} else {
		n = ZSTD_decompressDCtx(r->zstd, to, raw_len, r->compressed.data,
					r->compressed.len);
		if (ZSTD_isError(n) || n != raw_len)
			return TAPE_ERROR_DAMAGED;
	}
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
	if (scan_is_frame(&r->scan, body + len) || !may_check(r, len))
		return body + len;
	return body;
}

/* The events of the current block that weren't delivered can't be. */
static void lose_events(struct reader *r, enum tape_error error, uint64_t bytes, const char *what)
{
	struct problem problem = {
		.error = error,
		.offset = r->block_offset,
		.bytes = bytes,
		.what = what,
	};

	if (error == TAPE_ERROR_MEMORY) {
		r->error = error;
		return;
	}
	if (r->block_events > r->delivered)
		problem.lost_events = r->block_events - r->delivered;
	tell(r, problem);
}

/* A header of LEN bytes at the offset, valid and the next of its segment; false when it isn't. */
static bool take_header(struct reader *r, struct span s, size_t len,
			struct tape_block_header *header)
{
	if (len < TAPE_BLOCK_HEADER_MIN || !frame_valid(s.data, s.len, TAPE_MAGIC_BLOCK)) {
		skip_frame(r, TAPE_ERROR_DAMAGED, "block header");
		return false;
	}
	if (!scan_is_block(&r->scan, s)) {
		skip_frame(r, TAPE_ERROR_DAMAGED, "block that doesn't belong here");
		return false;
	}
	frame_copy(s.data, len, header, sizeof(*header));
	if (!r->scan.identified)
		identify(r, header->recording_id, le64toh(header->segment));
	if (le64toh(header->block) != r->scan.block && !r->gap_told)
		tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
					 .offset = r->offset,
					 .what = "missing blocks"});
	r->scan.block = le64toh(header->block) + 1;
	r->events += le32toh(header->event_count);
	return true;
}

/* The body at the offset + LEN can't be used. */
static void skip_block(struct reader *r, const struct tape_block_header *header, size_t len,
		       enum tape_error error)
{
	struct problem problem = {
		.error = error,
		.lost_events = le32toh(header->event_count),
		.what = "block",
	};
	uint64_t resume = r->offset + len;

	if (error == TAPE_ERROR_MEMORY || error == TAPE_ERROR_IO) {
		r->error = error;
		return;
	}
	if (error == TAPE_ERROR_DAMAGED)
		resume = resume_after(r, resume, le32toh(header->compressed_len));
	skip(r, problem, resume);
}

/* Types of events that say nothing to those who want no data of that time. */
#define TYPES_DATA   (1u << TAPE_DATA)
#define TYPES_SECRET (1u << TAPE_SECRET)

static struct block_info block_info(const struct tape_block_header *header)
{
	uint32_t types = le32toh(header->event_types);
	bool counted = le64toh(header->data_events) == le32toh(header->event_count);
	bool told = types != 0; /* older segments have neither types nor processes */
	struct block_info info = {
		.ts_min = codec_clamp_time((int64_t)le64toh((uint64_t)header->ts_min)),
		.ts_max = codec_clamp_time((int64_t)le64toh((uint64_t)header->ts_max)),
		.data_alone = told ? !(types & ~TYPES_DATA) : counted,
		.secrets = told ? types & TYPES_SECRET : !counted,
	};
	int64_t base = (int64_t)le64toh((uint64_t)header->ts_base);
	int64_t realtime = (int64_t)le64toh((uint64_t)header->realtime_base);

	if (realtime > 0 && base >= 0 && info.ts_min >= base)
		info.realtime = codec_clamp_time(codec_clamp_time(realtime) +
						 (info.ts_min - codec_clamp_time(base)));
	for (int i = 0; i < 4; i++) {
		info.conns[i] = le64toh(header->conn_filter[i]);
		info.processes[i] = told ? le64toh(header->process_filter[i]) : UINT64_MAX;
	}
	return info;
}

/* Goes past a block that isn't wanted; false when it is, or can't be passed over. */
static bool pass_block(struct reader *r, const struct tape_block_header *header, size_t len)
{
	uint64_t body = le32toh(header->compressed_len);
	struct block_info info;

	if (!r->options.wanted || body > left(r) - len || body > TAPE_BLOCK_MAX)
		return false;
	info = block_info(header);
	/* It is asked in any case: it learns what there is. */
	if (r->options.wanted(r->options.context, &info) && r->offset >= r->begin)
		return false;
	r->gap_told = false;
	pass(r, len, 0);
	pass(r, body, le32toh(header->raw_len));
	r->info.passed++;
	return true;
}

/* True when events are ready. */
static bool take_block(struct reader *r, struct span s, size_t len)
{
	struct tape_block_header header;
	enum tape_error error;

	if (!take_header(r, s, len, &header) || pass_block(r, &header, len))
		return false;
	error = read_body(r, &header, r->offset + len);
	if (error) {
		skip_block(r, &header, len, error);
		return false;
	}
	r->block_offset = r->offset;
	r->block_events = le32toh(header.event_count);
	r->delivered = 0;
	r->gap_told = false;
	pass(r, len, 0);
	pass(r, le32toh(header.compressed_len), le32toh(header.raw_len));
	error = decompress(r, &header, r->block_offset + len);
	if (error) {
		lose_events(r, error, r->offset - r->block_offset, "block");
		return false;
	}
	r->info.blocks++;
	level_uses_add(&r->info.levels, &(struct level_use){
						.level = (int32_t)le32toh((uint32_t)header.level),
						.blocks = 1,
						.raw_bytes = le32toh(header.raw_len),
						.compressed_bytes = le32toh(header.compressed_len),
					});
	r->block_base = (int64_t)le64toh((uint64_t)header.ts_base);
	decoder_begin(&r->decoder, buffer_span(&r->raw), r->block_base);
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

		if (s.len < TAPE_INDEX_ENTRY_MIN)
			break;
		frame_copy(s.data, s.len < entry_len ? s.len : entry_len, &entry, sizeof(entry));
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
	if (entry_len < TAPE_INDEX_ENTRY_MIN || entry_count != (len - sizeof(header)) / entry_len) {
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
		if (left(r) && (left(r) >= len || len > AWAITED_MAX))
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

void level_uses_add(struct level_uses *uses, const struct level_use *use)
{
	int32_t level = uses->count == LEVEL_USES_MAX - 1 ? 0 : use->level;
	size_t i = 0;

	while (i < uses->count && uses->of[i].level != use->level)
		i++;
	if (i == LEVEL_USES_MAX)
		i--;
	if (i == uses->count)
		uses->of[uses->count++] = (struct level_use){.level = level};
	uses->of[i].blocks += use->blocks;
	uses->of[i].raw_bytes += use->raw_bytes;
	uses->of[i].compressed_bytes += use->compressed_bytes;
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
		r->offset = scan_find(&r->scan, 0);
		r->seek_unknown = true;
		if (r->offset < r->input.end) {
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
	identify(r, header.recording_id, le64toh(header.segment));
	r->info.created_monotonic = codec_clamp_time(
		(int64_t)le64toh((uint64_t)header.created_monotonic));
	r->info.created_realtime = codec_clamp_time(
		(int64_t)le64toh((uint64_t)header.created_realtime));
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
		const struct block_info info = block_info(&header);

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
		if (r->dry || r->error || r->input.error || !left(r))
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
			lose_events(r, r->decoder.error, 0, "event");
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
