/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/writer.h"

#include <endian.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

#include "format/codec.h"
#include "format/frame.h"
#include "format/tape.h"

#define BLOCK_LEN_MAX (32u << 20) /* with one more event still below TAPE_BLOCK_MAX */

static_assert(WRITER_CUTS == CODEC_CUTS && WRITER_CAUSES == CODEC_CAUSES, "the same sums");

struct writer {
	struct sink sink;
	struct writer_options options;
	struct writer_totals totals;
	struct encoder encoder;
	ZSTD_CCtx *zstd;
	struct buffer block; /* header and compressed events of one block */
	struct buffer index; /* struct tape_index_header and the entries so far */
	struct buffer
		seek; /* struct tape_skippable and struct tape_seek_entry for each frame so far */
	uint32_t frames;
	int64_t clock_offset; /* realtime less monotonic, at the begin of the next block */
	bool spend_reserve;   /* the room that was kept may be used now */
	enum tape_error error;
};

static bool fail(struct writer *w, enum tape_error error)
{
	w->error = error;
	return false;
}

static bool put(struct writer *w, const void *data, size_t len)
{
	enum tape_error error = w->sink.write(w->sink.context, data, len);

	if (error)
		return fail(w, error);
	w->totals.file_bytes += len;
	return true;
}

static void seek_add(struct writer *w, size_t compressed_len, size_t raw_len)
{
	struct tape_seek_entry entry = {
		.compressed_len = htole32((uint32_t)compressed_len),
		.raw_len = htole32((uint32_t)raw_len),
	};

	buffer_append(&w->seek, &entry, sizeof(entry));
	w->frames++;
}

/* What may still have to be written after the next block. */
static uint64_t tail_len(const struct writer *w)
{
	return WRITER_LAST_WORDS + w->index.len + 2 * sizeof(struct tape_index_entry) +
	       w->seek.len + 5 * sizeof(struct tape_seek_entry) + sizeof(struct tape_seek_footer);
}

static enum tape_error room_for(struct writer *w, uint64_t len)
{
	if (w->spend_reserve || !w->sink.reserve)
		return TAPE_OK;
	return w->sink.reserve(w->sink.context, len + tail_len(w));
}

static void set_level(struct writer *w, int level)
{
	w->options.level = level ? level : 1;
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, w->options.level);
}

static bool put_segment_header(struct writer *w)
{
	struct tape_segment_header header = {
		.version = htole16(TAPE_VERSION),
		.segment = htole64(w->options.segment),
		.created_monotonic = (int64_t)htole64((uint64_t)w->options.created_monotonic),
		.created_realtime = (int64_t)htole64((uint64_t)w->options.created_realtime),
	};

	memcpy(header.recording_id, w->options.recording_id, sizeof(header.recording_id));
	frame_seal(&header, sizeof(header), TAPE_MAGIC_SEGMENT);
	seek_add(w, sizeof(header), 0);
	w->error = room_for(w, sizeof(header));
	return !w->error && put(w, &header, sizeof(header));
}

/* ---- blocks ---- */

static struct tape_block_header block_header(const struct writer *w,
					     const struct codec_stats *stats, size_t raw_len,
					     size_t compressed_len, uint32_t compressed_crc)
{
	bool snapshot = stats->snapshot_count == stats->event_count;
	int64_t realtime = codec_clamp_time(stats->ts_base + w->clock_offset);
	struct tape_block_header header = {
		.flags = htole32(snapshot ? TAPE_BLOCK_SNAPSHOT : 0),
		.compressed_len = htole32((uint32_t)compressed_len),
		.raw_len = htole32((uint32_t)raw_len),
		.compressed_crc = htole32(compressed_crc),
		.event_count = htole32(stats->event_count),
		.segment = htole64(w->options.segment),
		.block = htole64(w->totals.blocks),
		.ts_base = (int64_t)htole64((uint64_t)stats->ts_base),
		.ts_min = (int64_t)htole64((uint64_t)stats->ts_min),
		.ts_max = (int64_t)htole64((uint64_t)stats->ts_max),
		.data_events = htole64(stats->data_events),
		.data_bytes = htole64(stats->data_bytes),
		.lost_events = htole64(stats->lost_events),
		.lost_bytes = htole64(stats->lost_bytes),
		.event_types = htole32(stats->event_types),
		.level = (int32_t)htole32((uint32_t)w->options.level),
		.realtime_base = (int64_t)htole64((uint64_t)realtime),
	};

	memcpy(header.recording_id, w->options.recording_id, sizeof(header.recording_id));
	for (int i = 0; i < CODEC_FILTER_WORDS; i++) {
		header.conn_filter[i] = htole64(stats->conn_filter[i]);
		header.process_filter[i] = htole64(stats->process_filter[i]);
	}
	frame_seal(&header, sizeof(header), TAPE_MAGIC_BLOCK);
	return header;
}

static void index_add(struct writer *w, const struct tape_block_header *header)
{
	struct tape_index_entry entry = {
		.offset = htole64(w->totals.file_bytes),
		.header = *header,
	};

	buffer_append(&w->index, &entry, sizeof(entry));
	seek_add(w, sizeof(*header), 0);
	seek_add(w, le32toh(header->compressed_len), le32toh(header->raw_len));
}

/* Room in memory for what index_add() adds, so that it can't fail once the block is written. */
static bool index_reserve(struct writer *w)
{
	return buffer_reserve(&w->index, sizeof(struct tape_index_entry)) &&
	       buffer_reserve(&w->seek, 2 * sizeof(struct tape_seek_entry));
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Compresses RAW behind the place of its header in w->block. */
static enum tape_error compress_block(struct writer *w, struct span raw,
				      const struct codec_stats *stats,
				      struct tape_block_header *header)
{
	size_t bound = ZSTD_compressBound(raw.len);
	char *to;
	size_t len;

	buffer_clear(&w->block);
	to = buffer_reserve(&w->block, sizeof(*header) + bound);
	if (!to || !index_reserve(w))
		return TAPE_ERROR_MEMORY;
	len = ZSTD_compress2(w->zstd, to + sizeof(*header), bound, raw.data, raw.len);
	if (ZSTD_isError(len)) /* the room is enough, so this is all that can happen */
		return TAPE_ERROR_MEMORY;
	*header = block_header(w, stats, raw.len, len,
			       (uint32_t)crc32_z(0, (Bytef *)to + sizeof(*header), len));
	memcpy(to, header, sizeof(*header));
	w->block.len = sizeof(*header) + len;
	return TAPE_OK;
}

static void count_stored(struct writer *w, const struct codec_stats *stats, size_t raw_len)
{
	struct writer_totals *totals = &w->totals;

	totals->blocks++;
	totals->raw_bytes += raw_len;
	totals->stored_events += stats->event_count;
	totals->stored_data_events += stats->data_events;
	totals->stored_data_bytes += stats->data_bytes;
	totals->stored_plaintext.events += stats->plaintext.events;
	totals->stored_plaintext.bytes += stats->plaintext.bytes;
	for (size_t i = 0; i < CODEC_CUTS; i++)
		totals->stored_cut_bytes[i] += stats->cut_bytes[i];
	for (size_t i = 0; i < CODEC_CAUSES; i++) {
		totals->stored_lost[i].events += stats->lost[i].events;
		totals->stored_lost[i].bytes += stats->lost[i].bytes;
	}
	if (stats->ts_max > totals->stored_until)
		totals->stored_until = stats->ts_max;
	if (stats->event_types & 1u << EVENT_CLOCK)
		w->clock_offset = stats->clock_offset;
}

/* One write for header and events: a sink that fails seldom leaves half of a block. */
static enum tape_error put_raw(struct writer *w, struct span raw, const struct codec_stats *stats)
{
	uint64_t begin = now_ns();
	enum tape_error error;
	struct tape_block_header header;
	uint64_t compressed;

	error = compress_block(w, raw, stats, &header);
	compressed = now_ns();
	w->totals.compress_ns += compressed - begin;
	if (!error)
		error = room_for(w, w->block.len);
	if (!error)
		error = w->sink.write(w->sink.context, w->block.data, w->block.len);
	w->totals.write_ns += now_ns() - compressed;
	if (error)
		return error;
	index_add(w, &header);
	w->totals.file_bytes += w->block.len;
	count_stored(w, stats, raw.len);
	return TAPE_OK;
}

static bool put_block(struct writer *w)
{
	enum tape_error error = put_raw(w, buffer_span(&w->encoder.raw), &w->encoder.stats);

	if (error)
		return fail(w, error);
	encoder_reset(&w->encoder);
	return true;
}

/* ---- the end of a segment ---- */

static bool put_index(struct writer *w)
{
	struct tape_index_header header = {
		.entry_len = htole32(sizeof(struct tape_index_entry)),
		.entry_count = htole64(w->totals.blocks),
	};

	memcpy(w->index.data, &header, sizeof(header));
	frame_seal(w->index.data, w->index.len, TAPE_MAGIC_INDEX);
	seek_add(w, w->index.len, 0);
	return put(w, w->index.data, w->index.len);
}

/* zstd's seekable format 0.1.0: the entries, their number, a zero descriptor, the magic. */
static bool put_seek_table(struct writer *w)
{
	struct tape_seek_footer footer = {
		.frames = htole32(w->frames),
		.magic = htole32(TAPE_SEEKABLE_MAGIC),
	};
	struct tape_skippable skippable = {.magic = htole32(TAPE_SKIPPABLE_SEEK)};

	buffer_append(&w->seek, &footer, sizeof(footer));
	if (w->seek.failed)
		return fail(w, TAPE_ERROR_MEMORY);
	skippable.len = htole32((uint32_t)(w->seek.len - sizeof(skippable)));
	memcpy(w->seek.data, &skippable, sizeof(skippable));
	return put(w, w->seek.data, w->seek.len);
}

/* ---- the interface ---- */

static bool prepare(struct writer *w)
{
	static const struct tape_index_header index_header;
	static const struct tape_skippable skippable;

	w->zstd = ZSTD_createCCtx();
	buffer_append(&w->index, &index_header, sizeof(index_header));
	buffer_append(&w->seek, &skippable, sizeof(skippable));
	if (!w->zstd || w->index.failed || w->seek.failed)
		return fail(w, TAPE_ERROR_MEMORY);
	set_level(w, w->options.level);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	return true;
}

enum tape_error writer_new(struct sink sink, const struct writer_options *options,
			   struct writer **result)
{
	struct writer *w = calloc(1, sizeof(*w));
	enum tape_error error;

	*result = NULL;
	if (!w)
		return TAPE_ERROR_MEMORY;
	w->sink = sink;
	w->options = *options;
	w->clock_offset = codec_clamp_time(options->created_realtime) -
			  codec_clamp_time(options->created_monotonic);
	if (!w->options.block_len)
		w->options.block_len = BLOCK_TARGET;
	if (w->options.block_len > BLOCK_LEN_MAX)
		w->options.block_len = BLOCK_LEN_MAX;
	if (!prepare(w) || !put_segment_header(w)) {
		error = w->error;
		writer_free(w);
		return error;
	}
	*result = w;
	return TAPE_OK;
}

enum tape_error writer_event(struct writer *w, const struct event *event)
{
	enum tape_error error;

	if (w->error)
		return w->error;
	error = encoder_event(&w->encoder, event);
	if (error == TAPE_ERROR_LIMIT)
		return error;
	if (error) {
		w->error = error;
		return error;
	}
	w->totals.events++;
	if (event->type == EVENT_DATA) {
		w->totals.data_events++;
		w->totals.data_bytes += event->data.payload.len;
	}
	if (w->encoder.raw.len >= w->options.block_len)
		put_block(w);
	return w->error;
}

enum tape_error writer_block(struct writer *w, const struct block *block)
{
	enum tape_error error = writer_flush(w);

	if (error)
		return error;
	error = put_raw(w, buffer_span(&block->raw), &block->stats);
	if (error && !error_is_full(error))
		w->error = error;
	return error;
}

void writer_set_level(struct writer *w, int level)
{
	if (level != w->options.level)
		set_level(w, level);
}

enum tape_error writer_last_words(struct writer *w, const struct event *events, size_t count)
{
	w->error = TAPE_OK;
	w->spend_reserve = true;
	encoder_reset(&w->encoder);
	for (size_t i = 0; i < count && !w->error; i++)
		w->error = encoder_event(&w->encoder, &events[i]);
	return writer_flush(w);
}

enum tape_error writer_flush(struct writer *w)
{
	if (!w->error && w->encoder.raw.len)
		put_block(w);
	return w->error;
}

enum tape_error writer_finish(struct writer *w)
{
	if (writer_flush(w))
		return w->error;
	w->spend_reserve = true;
	if (put_index(w))
		put_seek_table(w);
	return w->error;
}

const struct writer_totals *writer_totals(const struct writer *w)
{
	return &w->totals;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	ZSTD_freeCCtx(w->zstd);
	encoder_free(&w->encoder);
	buffer_free(&w->block);
	buffer_free(&w->index);
	buffer_free(&w->seek);
	free(w);
}
