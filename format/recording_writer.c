/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/catalog.h"
#include "format/codec.h"
#include "format/output.h"

/* A complete segment that keep_len may delete. */
struct kept {
	uint64_t len;
	char name[NAME_SEGMENT_MAX];
};

struct recording_writer {
	struct recording_writer_options options;
	char *directory_path;
	int directory;
	bool made_directory;
	uint8_t recording_id[16];
	struct output output;
	struct writer *writer;
	struct buffer path;  /* of the output, terminated */
	uint64_t rotate_len; /* of the current file */
	uint64_t checked_len;
	struct catalog catalog;
	struct event clock; /* the last one */
	int64_t ts;	    /* of the last event */
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
	return codec_clamp_time(w->clock.clock.realtime + (ts - w->clock.ts));
}

static enum tape_error set_path(struct recording_writer *w, const char *name)
{
	buffer_clear(&w->path);
	buffer_printf(&w->path, "%s/%s", w->directory_path, name);
	buffer_append_char(&w->path, '\0');
	return w->path.failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

static enum tape_error begin_segment(struct recording_writer *w)
{
	struct writer_options options = {
		.level = w->options.level,
		.segment = w->totals.segments + 1,
		.created_monotonic = w->ts,
		.created_realtime = realtime_at(w, w->ts),
	};
	enum tape_error error;

	memcpy(options.recording_id, w->recording_id, sizeof(options.recording_id));
	error = output_open(&w->output, w->directory, options.segment, options.created_realtime);
	if (error)
		return error;
	w->totals.segments++;
	error = set_path(w, w->output.partial);
	if (error)
		return error;
	w->rotate_len = w->options.segment_len;
	w->checked_len = 0;
	error = writer_new(output_sink(&w->output), &options, &w->writer);
	if (error)
		output_discard(&w->output);
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
}

static enum tape_error remember_complete(struct recording_writer *w)
{
	struct kept kept = {.len = w->output.len};

	w->complete_len += kept.len;
	if (!w->options.keep_len)
		return TAPE_OK;
	memcpy(kept.name, w->output.complete, sizeof(kept.name));
	buffer_append(&w->kept, &kept, sizeof(kept));
	return w->kept.failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

static enum tape_error end_segment(struct recording_writer *w)
{
	enum tape_error error = writer_finish(w->writer);

	if (!error)
		error = output_complete(&w->output);
	if (error)
		return error;
	add_totals(&w->totals, w->writer);
	writer_free(w->writer);
	w->writer = NULL;
	error = set_path(w, w->output.complete);
	return error ? error : remember_complete(w);
}

/* ---- limits ---- */

static enum tape_error write_snapshot_event(void *context, const struct event *event)
{
	struct recording_writer *w = context;

	return writer_event(w->writer, event);
}

static enum tape_error write_snapshot(struct recording_writer *w)
{
	struct event clock = w->clock;
	enum tape_error error;

	clock.snapshot = true;
	clock.ts = w->ts;
	clock.clock.realtime = realtime_at(w, w->ts);
	if (clock.clock.boottime)
		clock.clock.boottime += w->ts - w->clock.ts;
	error = writer_event(w->writer, &clock);
	catalog_prune(&w->catalog);
	if (!error)
		error = catalog_tell(&w->catalog, w->ts, write_snapshot_event, w);
	return error ? error : writer_flush(w->writer);
}

/* A snapshot larger than a segment should be must not make every event begin another one. */
static void set_rotate_len(struct recording_writer *w)
{
	uint64_t head = writer_totals(w->writer)->file_bytes;

	w->rotate_len = w->options.segment_len;
	if (w->rotate_len < head + w->options.segment_len / 2)
		w->rotate_len = head + w->options.segment_len / 2;
}

static enum tape_error rotate(struct recording_writer *w)
{
	enum tape_error error = end_segment(w);

	if (!error)
		error = begin_segment(w);
	if (!error)
		error = write_snapshot(w);
	if (!error)
		set_rotate_len(w);
	return error;
}

static enum tape_error delete_oldest(struct recording_writer *w)
{
	struct kept oldest;

	memcpy(&oldest, w->kept.data, sizeof(oldest));
	if (unlinkat(w->directory, oldest.name, 0) < 0 && errno != ENOENT)
		return TAPE_ERROR_IO;
	w->complete_len -= oldest.len;
	w->totals.deleted_segments++;
	buffer_consume(&w->kept, sizeof(oldest));
	return TAPE_OK;
}

/* Looks at the limits whenever the file has grown. */
static enum tape_error enforce_limits(struct recording_writer *w)
{
	uint64_t len = writer_totals(w->writer)->file_bytes;
	enum tape_error error = TAPE_OK;

	if (len == w->checked_len)
		return TAPE_OK;
	w->checked_len = len;
	if (w->options.segment_len && len >= w->rotate_len)
		error = rotate(w);
	while (!error && w->kept.len && w->complete_len + w->output.len > w->options.keep_len)
		error = delete_oldest(w);
	return error;
}

/* ---- the interface ---- */

static bool holds_segments(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool found = false;
	uint64_t segment;
	bool partial;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && (entry = readdir(d)))
		found = name_parse(entry->d_name, &segment, &partial);
	closedir(d);
	return found;
}

static enum tape_error open_directory(struct recording_writer *w)
{
	w->directory_path = strdup(w->options.path);
	if (!w->directory_path)
		return TAPE_ERROR_MEMORY;
	w->options.path = w->directory_path;
	w->made_directory = mkdir(w->directory_path, 0700) == 0;
	if (!w->made_directory && errno != EEXIST)
		return errno == ENOSPC ? TAPE_ERROR_DISK_FULL : TAPE_ERROR_IO;
	w->directory = open(w->directory_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->directory < 0)
		return TAPE_ERROR_IO;
	if (holds_segments(w->directory)) {
		errno = EEXIST;
		return TAPE_ERROR_IO;
	}
	return TAPE_OK;
}

static enum tape_error start(struct recording_writer *w)
{
	enum tape_error error = open_directory(w);

	if (error)
		return error;
	if (getrandom(w->recording_id, sizeof(w->recording_id), 0) !=
	    (ssize_t)sizeof(w->recording_id))
		return TAPE_ERROR_IO;
	return begin_segment(w);
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
	w->directory = -1;
	w->output.fd = -1;
	w->ts = codec_clamp_time(options->start_monotonic);
	w->clock = (struct event){
		.type = EVENT_CLOCK,
		.ts = w->ts,
		.clock.realtime = codec_clamp_time(options->start_realtime),
	};
	error = start(w);
	if (error) {
		if (w->made_directory)
			recording_writer_abandon(w);
		recording_writer_free(w);
		return error;
	}
	*result = w;
	return TAPE_OK;
}

/* What later segments will begin with. Without rotation there are none. */
static enum tape_error learn(struct recording_writer *w, const struct event *event)
{
	w->ts = codec_clamp_time(event->ts);
	if (!w->options.segment_len)
		return TAPE_OK;
	if (event->type != EVENT_CLOCK)
		return catalog_add(&w->catalog, event);
	w->clock = *event;
	w->clock.ts = w->ts;
	w->clock.clock.realtime = codec_clamp_time(event->clock.realtime);
	w->clock.clock.boottime = codec_clamp_time(event->clock.boottime);
	return TAPE_OK;
}

enum tape_error recording_writer_event(struct recording_writer *w, const struct event *event)
{
	enum tape_error error;

	if (w->error)
		return w->error;
	error = enforce_limits(w);
	if (error)
		return fail(w, error);
	error = writer_event(w->writer, event);
	if (error == TAPE_ERROR_LIMIT)
		return error;
	if (!error)
		error = learn(w, event);
	if (error)
		return fail(w, error);
	w->totals.events++;
	if (event->type == EVENT_DATA) {
		w->totals.data_events++;
		w->totals.data_bytes += event->data.payload.len;
	}
	return TAPE_OK;
}

enum tape_error recording_writer_flush(struct recording_writer *w)
{
	enum tape_error error;

	if (w->error)
		return w->error;
	error = writer_flush(w->writer);
	return error ? fail(w, error) : TAPE_OK;
}

enum tape_error recording_writer_finish(struct recording_writer *w)
{
	enum tape_error error;

	if (w->error)
		return w->error;
	error = end_segment(w);
	while (!error && w->kept.len > sizeof(struct kept) && w->complete_len > w->options.keep_len)
		error = delete_oldest(w);
	return error ? fail(w, error) : TAPE_OK;
}

struct recording_writer_totals recording_writer_totals(const struct recording_writer *w)
{
	struct recording_writer_totals totals = w->totals;

	totals.kept_bytes = w->complete_len;
	if (w->writer) {
		add_totals(&totals, w->writer);
		totals.kept_bytes += w->output.len;
	}
	return totals;
}

const char *recording_writer_path(const struct recording_writer *w)
{
	return w->path.data;
}

/* Every segment in the directory is ours: recording_writer_new() refuses one that has any. */
static void delete_segments(const struct recording_writer *w)
{
	int fd = openat(w->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t segment;
	bool partial;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(d)))
		if (name_parse(entry->d_name, &segment, &partial))
			unlinkat(w->directory, entry->d_name, 0);
	closedir(d);
}

void recording_writer_abandon(struct recording_writer *w)
{
	int saved = errno; /* of what made it useless */

	w->error = TAPE_ERROR_IO;
	output_close(&w->output);
	delete_segments(w);
	if (w->made_directory)
		rmdir(w->directory_path);
	errno = saved;
}

void recording_writer_free(struct recording_writer *w)
{
	int saved = errno; /* recording_writer_new() promises it */

	if (!w)
		return;
	writer_free(w->writer);
	output_close(&w->output);
	if (w->directory >= 0)
		close(w->directory);
	catalog_free(&w->catalog);
	buffer_free(&w->kept);
	buffer_free(&w->path);
	free(w->directory_path);
	free(w);
	errno = saved;
}
