/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "format/catalog.h"
#include "format/codec.h"
#include "format/directory.h"
#include "format/segment.h"

/* A block that doesn't fit is parted into so many, unless it is small already. */
#define PARTS	 8
#define PART_MIN 2048

/*
 * So long after what is alive was told it is told once more, in the midst of a segment: who wants
 * what came later begins there. It takes one block, and little beside the file that it is in: its
 * events, before compression, no more than this part of what was written since.
 */
#define CHECKPOINT_NS	5000000000ll
#define CHECKPOINT_PART 4
#define CHECKPOINT_MAX	(8u << 20)

/* A complete segment that keep_len may delete. */
struct kept {
	uint64_t len;
	char name[NAME_SEGMENT_MAX];
};

struct recording_writer {
	struct recording_writer_options options;
	struct directory directory;
	uint8_t recording_id[16];
	struct segment segments[2]; /* the current one, and the next while that is begun */
	struct segment *segment;    /* the current one; its writer is NULL when it is complete */
	uint64_t rotate_len;	    /* size of its file from which on the next one is begun */
	struct block_maker *maker;  /* of recording_writer_event() */
	struct buffer path;	    /* of the output, terminated */
	struct catalog catalog;
	int64_t ts;	    /* of the last event that was stored */
	int64_t told_ts;    /* when what is alive was told last, or that was tried */
	uint64_t told_len;  /* of the segment then */
	struct buffer kept; /* struct kept, oldest first; empty without keep_len */
	uint64_t complete_len;
	struct recording_writer_totals totals; /* without the current segment, but for events */
	enum tape_error error;
};

static enum tape_error fail(struct recording_writer *w, enum tape_error error)
{
	if (!w->error)
		w->error = error;
	return w->error;
}

/* ---- one segment ---- */

static int64_t realtime_at(const struct recording_writer *w, int64_t ts)
{
	const struct event *clock = &w->catalog.clock;

	return codec_clamp_time(clock->clock.realtime + (ts - clock->ts));
}

static enum tape_error set_path(struct recording_writer *w, const char *name)
{
	buffer_clear(&w->path);
	if (w->options.stream)
		buffer_append_text(&w->path, "standard output");
	else
		buffer_printf(&w->path, "%s/%s", w->directory.path, name);
	buffer_append_char(&w->path, '\0');
	return w->path.failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

/* Of the user who wants them; without the right to give them away, that is an error. */
static enum tape_error give_away(const struct recording_writer *w, int fd)
{
	if (!w->options.owner || w->options.owner == (uid_t)-1 || w->options.stream)
		return TAPE_OK;
	return fchown(fd, w->options.owner, w->options.group) == 0 ? TAPE_OK : TAPE_ERROR_IO;
}

static enum tape_error begin(const struct recording_writer *w, struct segment *segment)
{
	enum tape_error error;
	struct writer_options options = {
		.level = w->options.level,
		.segment = w->totals.segments + 1,
		.created_monotonic = w->ts,
		.created_realtime = realtime_at(w, w->ts),
	};

	memcpy(options.recording_id, w->recording_id, sizeof(options.recording_id));
	error = segment_begin(segment, w->directory.fd, w->options.stream, &options);
	if (error)
		return error;
	error = give_away(w, segment->output.fd);
	if (error)
		segment_discard(segment);
	return error;
}

static void add_totals(struct recording_writer_totals *totals, const struct writer *writer)
{
	const struct writer_totals *segment = writer_totals(writer);

	totals->file_bytes += segment->file_bytes;
	totals->raw_bytes += segment->raw_bytes;
	totals->stored_events += segment->stored_events;
	totals->stored_data_events += segment->stored_data_events;
	totals->stored_data_bytes += segment->stored_data_bytes;
	totals->stored_plaintext.events += segment->stored_plaintext.events;
	totals->stored_plaintext.bytes += segment->stored_plaintext.bytes;
	for (size_t i = 0; i < WRITER_CUTS; i++)
		totals->stored_cut_bytes[i] += segment->stored_cut_bytes[i];
	for (size_t i = 0; i < WRITER_CAUSES; i++) {
		totals->stored_lost[i].events += segment->stored_lost[i].events;
		totals->stored_lost[i].bytes += segment->stored_lost[i].bytes;
	}
	if (segment->stored_until > totals->stored_until)
		totals->stored_until = segment->stored_until;
	totals->compress_ns += segment->compress_ns;
	totals->write_ns += segment->write_ns;
}

static enum tape_error remember_complete(struct recording_writer *w)
{
	const struct output *output = &w->segment->output;
	struct kept kept = {.len = output->len};

	w->complete_len += kept.len;
	if (!w->options.keep_len)
		return TAPE_OK;
	memcpy(kept.name, output->complete, sizeof(kept.name));
	buffer_append(&w->kept, &kept, sizeof(kept));
	return w->kept.failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

static enum tape_error end(struct recording_writer *w)
{
	enum tape_error error = segment_end(w->segment);

	if (error)
		return error;
	add_totals(&w->totals, w->segment->writer);
	segment_close(w->segment);
	error = set_path(w, w->segment->output.complete);
	return error ? error : remember_complete(w);
}

/* ---- the next segment ---- */

/* Tells what is alive, the clock first. */
static enum tape_error tell_alive(struct recording_writer *w,
				  enum tape_error (*tell)(void *context, const struct event *event),
				  void *context)
{
	struct event clock = w->catalog.clock;
	enum tape_error error;

	clock.type = EVENT_CLOCK;
	clock.snapshot = true;
	clock.clock.realtime = realtime_at(w, w->ts);
	if (clock.clock.boottime)
		clock.clock.boottime += w->ts - clock.ts;
	clock.ts = w->ts;
	error = tell(context, &clock);
	catalog_prune(&w->catalog);
	return error ? error : catalog_tell(&w->catalog, w->ts, tell, context);
}

static enum tape_error write_snapshot_event(void *context, const struct event *event)
{
	return writer_event(context, event);
}

static enum tape_error write_snapshot(struct recording_writer *w, struct segment *segment)
{
	enum tape_error error = tell_alive(w, write_snapshot_event, segment->writer);

	if (!error)
		error = writer_flush(segment->writer);
	w->told_ts = w->ts;
	w->told_len = segment_len(segment);
	segment->head_blocks = writer_totals(segment->writer)->blocks;
	return error;
}

/* A snapshot larger than a segment should be must not make every block begin another one. */
static void set_rotate_len(struct recording_writer *w)
{
	uint64_t least = segment_len(w->segment) + w->options.segment_len / 2;

	w->rotate_len = w->options.segment_len > least ? w->options.segment_len : least;
}

/*
 * Begins the next segment before it ends the current one: where there is no room for it, the
 * current one can still say so.
 */
static enum tape_error rotate(struct recording_writer *w)
{
	struct segment *next = &w->segments[w->segment == &w->segments[0]];
	enum tape_error error = begin(w, next);

	if (error)
		return error;
	error = write_snapshot(w, next);
	if (!error)
		error = end(w);
	if (error) {
		segment_discard(next);
		return error;
	}
	w->segment = next;
	w->totals.segments++;
	set_rotate_len(w);
	return set_path(w, next->output.partial);
}

/* ---- in the midst of a segment ---- */

static bool checkpoint_due(const struct recording_writer *w)
{
	return w->options.segment_len && w->ts - w->told_ts >= CHECKPOINT_NS;
}

static enum tape_error make_checkpoint_event(void *context, const struct event *event)
{
	struct block_maker *maker = context;

	return block_maker_len(maker) > CHECKPOINT_MAX ? TAPE_ERROR_LIMIT
						       : block_maker_event(maker, event);
}

/* Nobody has to have it: where there is no room, or memory, there is none. */
static enum tape_error write_checkpoint(struct recording_writer *w)
{
	uint64_t since = segment_len(w->segment) - w->told_len;
	struct block_maker *maker = block_maker_new();
	enum tape_error error = TAPE_OK;
	struct block *block = NULL;

	if (maker && !tell_alive(w, make_checkpoint_event, maker) &&
	    block_maker_len(maker) <= since / CHECKPOINT_PART)
		block = block_maker_take(maker);
	if (block)
		error = writer_block(w->segment->writer, block);
	block_free(block);
	block_maker_free(maker);
	w->told_ts = w->ts;
	if (block)
		w->told_len = segment_len(w->segment);
	return error_is_full(error) ? TAPE_OK : error;
}

static bool rotation_due(const struct recording_writer *w)
{
	return w->options.segment_len && segment_len(w->segment) >= w->rotate_len;
}

static enum tape_error delete_oldest(struct recording_writer *w)
{
	struct kept oldest;

	memcpy(&oldest, w->kept.data, sizeof(oldest));
	if (unlinkat(w->directory.fd, oldest.name, 0) < 0 && errno != ENOENT)
		return TAPE_ERROR_IO;
	w->complete_len -= oldest.len;
	w->totals.deleted_segments++;
	buffer_consume(&w->kept, sizeof(oldest));
	return TAPE_OK;
}

/* ---- blocks ---- */

/* Into the current segment, or, where its file may not grow, into the next. */
static enum tape_error write_whole(struct recording_writer *w, const struct block *block)
{
	enum tape_error error = writer_block(w->segment->writer, block);

	if (error != TAPE_ERROR_FILE_SIZE || !w->options.segment_len || !segment_used(w->segment))
		return error;
	error = rotate(w);
	return error ? error : writer_block(w->segment->writer, block);
}

/* What is in the file by now is what later segments will have to repeat. */
static enum tape_error learn(struct recording_writer *w, const struct block *block)
{
	w->ts = block->stats.ts_max;
	if (!w->options.segment_len)
		return TAPE_OK;
	return catalog_learn(&w->catalog, block);
}

static enum tape_error write_block(struct recording_writer *w, const struct block *block);

static enum tape_error write_part(struct recording_writer *w, struct block_maker *maker)
{
	struct block *part = block_maker_take(maker);
	enum tape_error error = part ? write_block(w, part) : TAPE_ERROR_MEMORY;

	block_free(part);
	return error;
}

/* Whether what the maker has is a part of BLOCK by itself, rather than with EVENT: never all of it.
 */
static bool part_ends(const struct block_maker *maker, const struct block *block,
		      const struct event *event)
{
	size_t count = block_maker_count(maker);
	size_t len = block_maker_len(maker);

	if (event->type == EVENT_DATA)
		len += event->data.payload.len;
	return count && (count + 1 == block->stats.event_count || len > block->raw.len / PARTS);
}

/* As much of BLOCK as there is room for, from its begin; the error says that it wasn't all. */
static enum tape_error write_parts(struct recording_writer *w, const struct block *block)
{
	struct block_maker *maker = block_maker_new();
	struct decoder decoder = {0};
	enum tape_error error = maker ? TAPE_OK : TAPE_ERROR_MEMORY;
	struct event event;

	decoder_begin(&decoder, buffer_span(&block->raw), block->stats.ts_base);
	while (!error && decoder_next(&decoder, &event)) {
		if (part_ends(maker, block, &event))
			error = write_part(w, maker);
		if (!error)
			error = block_maker_event(maker, &event);
	}
	if (!error && block_maker_len(maker))
		error = write_part(w, maker);
	decoder_free(&decoder);
	block_maker_free(maker);
	return error;
}

static enum tape_error write_block(struct recording_writer *w, const struct block *block)
{
	enum tape_error error = write_whole(w, block);

	if (!error)
		return learn(w, block);
	if (!error_is_full(error) || block->raw.len < PART_MIN || block->stats.event_count < 2)
		return error;
	return write_parts(w, block);
}

/* With the limits: before it is written, and after. */
static enum tape_error store_block(struct recording_writer *w, const struct block *block)
{
	enum tape_error error = TAPE_OK;

	if (rotation_due(w))
		error = rotate(w);
	else if (checkpoint_due(w))
		error = write_checkpoint(w);
	if (!error)
		error = write_block(w, block);
	while (!error && w->kept.len &&
	       w->complete_len + segment_len(w->segment) > w->options.keep_len)
		error = delete_oldest(w);
	return error ? fail(w, error) : TAPE_OK;
}

static enum tape_error store_made(struct recording_writer *w)
{
	struct block *block = block_maker_take(w->maker);
	enum tape_error error;

	if (!block)
		return fail(w, TAPE_ERROR_MEMORY);
	error = store_block(w, block);
	block_maker_reuse(w->maker, block);
	return error;
}

/* ---- the interface ---- */

static enum tape_error start_directory(struct recording_writer *w)
{
	enum tape_error error = directory_open(&w->directory, w->options.path);

	if (error)
		return error;
	w->options.path = w->directory.path;
	return w->directory.made ? give_away(w, w->directory.fd) : TAPE_OK;
}

static enum tape_error start(struct recording_writer *w)
{
	enum tape_error error = w->options.stream ? TAPE_OK : start_directory(w);

	if (error)
		return error;
	w->maker = block_maker_new();
	if (!w->maker)
		return TAPE_ERROR_MEMORY;
	if (getrandom(w->recording_id, sizeof(w->recording_id), 0) !=
	    (ssize_t)sizeof(w->recording_id))
		return TAPE_ERROR_IO;
	error = begin(w, w->segment);
	if (error)
		return error;
	w->totals.segments = 1;
	set_rotate_len(w);
	return set_path(w, w->segment->output.partial);
}

enum tape_error recording_writer_new(const struct recording_writer_options *options,
				     struct recording_writer **result)
{
	struct recording_writer *w = calloc(1, sizeof(*w));
	enum tape_error error;

	*result = NULL;
	if (!w)
		return TAPE_ERROR_MEMORY;
	w->options = *options;
	w->directory.fd = -1;
	w->segment = &w->segments[0];
	w->ts = codec_clamp_time(options->start_monotonic);
	w->catalog.clock = (struct event){
		.ts = w->ts,
		.clock.realtime = codec_clamp_time(options->start_realtime),
	};
	error = start(w);
	if (error) {
		if (w->directory.made)
			recording_writer_abandon(w);
		recording_writer_free(w);
		return error;
	}
	*result = w;
	return TAPE_OK;
}

enum tape_error recording_writer_event(struct recording_writer *w, const struct event *event)
{
	enum tape_error error;

	if (w->error)
		return w->error;
	error = block_maker_event(w->maker, event);
	if (error == TAPE_ERROR_LIMIT)
		return error;
	if (error)
		return fail(w, error);
	w->totals.events++;
	if (event->type == EVENT_DATA) {
		w->totals.data_events++;
		w->totals.data_bytes += event->data.payload.len;
	}
	return block_maker_len(w->maker) >= BLOCK_TARGET ? store_made(w) : TAPE_OK;
}

enum tape_error recording_writer_block(struct recording_writer *w, const struct block *block)
{
	enum tape_error error = recording_writer_flush(w);

	if (error)
		return error;
	w->totals.events += block->stats.event_count;
	w->totals.data_events += block->stats.data_events;
	w->totals.data_bytes += block->stats.data_bytes;
	return store_block(w, block);
}

void recording_writer_set_level(struct recording_writer *w, int level)
{
	w->options.level = level;
	if (w->segment->writer)
		writer_set_level(w->segment->writer, level);
}

enum tape_error recording_writer_flush(struct recording_writer *w)
{
	if (w->error)
		return w->error;
	return block_maker_len(w->maker) ? store_made(w) : TAPE_OK;
}

enum tape_error recording_writer_finish(struct recording_writer *w)
{
	enum tape_error error = recording_writer_flush(w);

	if (error)
		return error;
	error = end(w);
	while (!error && w->kept.len > sizeof(struct kept) && w->complete_len > w->options.keep_len)
		error = delete_oldest(w);
	return error ? fail(w, error) : TAPE_OK;
}

enum tape_error recording_writer_last_words(struct recording_writer *w, const struct event *events,
					    size_t count)
{
	enum tape_error error;

	if (!w->segment->writer)
		return w->error;
	error = writer_last_words(w->segment->writer, events, count);
	return error ? error : end(w);
}

struct recording_writer_totals recording_writer_totals(const struct recording_writer *w)
{
	struct recording_writer_totals totals = w->totals;

	totals.kept_bytes = w->complete_len;
	if (w->segment->writer) {
		add_totals(&totals, w->segment->writer);
		totals.kept_bytes += segment_len(w->segment);
	}
	return totals;
}

const char *recording_writer_path(const struct recording_writer *w)
{
	return w->path.data;
}

void recording_writer_abandon(struct recording_writer *w)
{
	w->error = TAPE_ERROR_IO;
	segment_close(w->segment);
	/* Every segment in it is ours: it had none before. */
	directory_remove(&w->directory);
}

void recording_writer_free(struct recording_writer *w)
{
	int saved = errno; /* recording_writer_new() promises it */

	if (!w)
		return;
	segment_close(w->segment);
	directory_close(&w->directory);
	block_maker_free(w->maker);
	catalog_free(&w->catalog);
	buffer_free(&w->kept);
	buffer_free(&w->path);
	free(w);
	errno = saved;
}
