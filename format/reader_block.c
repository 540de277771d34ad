/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <zlib.h>
/* For ZSTD_d_stableOutBuffer. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "format/codec.h"
#include "format/frame.h"
#include "format/reader_private.h"

void reader_identify(struct reader *r, const uint8_t recording_id[16], uint64_t segment)
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
	if (scan_is_frame(&r->scan, body + len) || !reader_may_check(r, len))
		return body + len;
	return body;
}

void reader_lose_events(struct reader *r, enum tape_error error, uint64_t bytes, const char *what)
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
	reader_tell(r, problem);
}

/* A header of LEN bytes at the offset, valid and the next of its segment; false when it isn't. */
static bool take_header(struct reader *r, struct span s, size_t len,
			struct tape_block_header *header)
{
	if (len < TAPE_BLOCK_HEADER_MIN || !frame_valid(s.data, s.len, TAPE_MAGIC_BLOCK)) {
		reader_skip_frame(r, TAPE_ERROR_DAMAGED, "block header");
		return false;
	}
	if (!scan_is_block(&r->scan, s)) {
		reader_skip_frame(r, TAPE_ERROR_DAMAGED, "block that doesn't belong here");
		return false;
	}
	frame_copy(s.data, len, header, sizeof(*header));
	if (!r->scan.identified)
		reader_identify(r, header->recording_id, le64toh(header->segment));
	if (le64toh(header->block) != r->scan.block && !r->gap_told)
		reader_tell(r, (struct problem){.error = TAPE_ERROR_DAMAGED,
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
	reader_skip(r, problem, resume);
}

/* Types of events that say nothing to those who want no data of that time. */
#define TYPES_DATA   (1u << TAPE_DATA)
#define TYPES_SECRET (1u << TAPE_SECRET)

struct block_info reader_block_info(const struct tape_block_header *header)
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

	if (!r->options.wanted || body > reader_left(r) - len || body > TAPE_BLOCK_MAX)
		return false;
	info = reader_block_info(header);
	/* It is asked in any case: it learns what there is. */
	if (r->options.wanted(r->options.context, &info) && r->offset >= r->begin)
		return false;
	r->gap_told = false;
	reader_pass(r, len, 0);
	reader_pass(r, body, le32toh(header->raw_len));
	r->info.passed++;
	return true;
}

bool reader_take_block(struct reader *r, struct span s, size_t len)
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
	reader_pass(r, len, 0);
	reader_pass(r, le32toh(header.compressed_len), le32toh(header.raw_len));
	error = decompress(r, &header, r->block_offset + len);
	if (error) {
		reader_lose_events(r, error, r->offset - r->block_offset, "block");
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
