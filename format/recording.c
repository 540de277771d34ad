/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/ahead.h"
#include "format/codec.h"
#include "format/live.h"
#include "format/names.h"
#include "format/tape.h"

struct segment_file {
	char *path;
	uint64_t segment; /* from the head, or else from the name; 0 when neither tells */
	uint64_t len;
	dev_t device; /* and inode: which file it is, whatever its name */
	ino_t inode;
	int64_t created_realtime; /* 0 when the head doesn't tell */
	bool partial;
};

struct recording {
	recording_problem_fn *problem;
	void *context;
	recording_wanted_fn *wanted; /* NULL: all blocks are */
	void *wanted_context;
	int64_t begin_at;	    /* wall clock, of the first file; INT64_MIN: at its begin */
	size_t first;		    /* file to begin with */
	struct ahead *ahead;	    /* NULL: the events are read here */
	struct ahead *teller;	    /* the same, for the thread that reads */
	struct segment_file *files; /* in order */
	size_t count;
	size_t current;
	int fd;
	char *directory;       /* NULL: a single file */
	struct live *live;     /* NULL: it isn't followed */
	bool enough;	       /* it isn't any more */
	struct pipe *stream;   /* NULL: it is read from files */
	int system;	       /* errno of the last operation that the system refused */
	struct reader *reader; /* NULL: the current file isn't open */
	uint64_t segment;      /* last one opened */
	bool identified;
	uint8_t recording_id[16];
	struct recording_status status;
	uint64_t bytes_done; /* in the files before the current one */
	uint64_t blocks_done;
	bool clock_known;
	int64_t clock_ts;
	int64_t clock_realtime;
};

static void tell(void *context, const struct problem *problem)
{
	struct recording *rec = context;

	rec->status.problems++;
	if (rec->teller)
		ahead_problem(rec->teller, rec->files[rec->current].path, problem);
	else if (rec->problem)
		rec->problem(rec->context, rec->files[rec->current].path, problem);
}

/* The rest of the current file, from OFFSET on, can't be used. */
static void tell_rest(struct recording *rec, enum tape_error error, uint64_t offset,
		      const char *what)
{
	uint64_t len = rec->files[rec->current].len;

	tell(rec, &(struct problem){.error = error,
				    .offset = offset,
				    .bytes = len > offset ? len - offset : 0,
				    .what = what,
				    .system = error == TAPE_ERROR_IO ? rec->system : 0});
}

static bool grow_file(void *context, uint64_t *size)
{
	struct recording *rec = context;

	return live_grow(rec->live, rec->fd, size);
}

static int64_t read_file(void *context, uint64_t offset, void *data, size_t len)
{
	struct recording *rec = context;
	ssize_t n;

	do {
		n = pread(rec->fd, data, len, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		rec->system = errno;
	return n;
}

/* While it is looked for, a segment may be completed, and lose the end of its name. */
static int open_renamed(char *path)
{
	size_t len = strlen(path), end = sizeof(RECORDING_PARTIAL) - 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 || errno != ENOENT || len <= end ||
	    strcmp(path + len - end, RECORDING_PARTIAL) != 0)
		return fd;
	path[len - end] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		path[len - end] = '.';
	return fd;
}

/* Opens a regular file (and waits for nothing, should it be a pipe) and its reader. */
static enum tape_error open_file(struct recording *rec, char *path,
				 const struct reader_options *options)
{
	struct source source = {
		.read = read_file, .grow = rec->live ? grow_file : NULL, .context = rec};
	struct stat st;

	rec->fd = open_renamed(path);
	if (rec->fd < 0 || fstat(rec->fd, &st) < 0) {
		rec->system = errno;
		return TAPE_ERROR_IO;
	}
	if (!S_ISREG(st.st_mode))
		return TAPE_ERROR_NOT_A_TAPE;
	source.size = (uint64_t)st.st_size;
	return reader_new(source, options, &rec->reader);
}

static void close_file(struct recording *rec)
{
	reader_free(rec->reader);
	rec->reader = NULL;
	if (rec->fd >= 0)
		close(rec->fd);
	rec->fd = -1;
}

/* ---- finding the files ---- */

/* Adds a file, with what its head tells. A head that can't be read is told of when its turn comes.
 */
static enum tape_error add_file(struct recording *rec, char *path, uint64_t segment, bool partial)
{
	struct segment_file file = {.path = path, .segment = segment, .partial = partial};
	const struct reader_options silent = {0};
	struct segment_file *files;
	struct stat st;

	if (!path)
		return TAPE_ERROR_MEMORY;
	files = realloc(rec->files, (rec->count + 1) * sizeof(*files));
	if (!files) {
		free(path);
		return TAPE_ERROR_MEMORY;
	}
	rec->files = files;
	if (stat(path, &st) == 0) {
		file.len = (uint64_t)st.st_size;
		file.device = st.st_dev;
		file.inode = st.st_ino;
	}
	if (open_file(rec, path, &silent) == TAPE_OK && reader_info(rec->reader)->segment) {
		file.segment = reader_info(rec->reader)->segment;
		file.created_realtime = reader_info(rec->reader)->created_realtime;
	}
	close_file(rec);
	rec->files[rec->count++] = file;
	rec->status.bytes_total += file.len;
	return TAPE_OK;
}

static char *join(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* Its segments; of one that is followed those that are newer than what was read. */
static enum tape_error add_directory(struct recording *rec, const char *path)
{
	DIR *directory = opendir(path);
	enum tape_error error = TAPE_OK;
	struct dirent *entry;
	uint64_t segment;
	bool partial;

	if (!directory)
		return TAPE_ERROR_IO;
	while (!error && (entry = readdir(directory)))
		if (name_parse(entry->d_name, &segment, &partial) &&
		    (!rec->live || segment > rec->segment))
			error = add_file(rec, join(path, entry->d_name), segment, partial);
	closedir(directory);
	if (!error && !rec->count)
		error = TAPE_ERROR_EMPTY;
	return error;
}

/* By number; of two with the same, the complete one first. */
static int compare_files(const void *a, const void *b)
{
	const struct segment_file *x = a;
	const struct segment_file *y = b;

	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	if (x->partial != y->partial)
		return x->partial ? 1 : -1;
	return strcmp(x->path, y->path);
}

/* ---- one file after the other ---- */

static void close_current(struct recording *rec)
{
	close_file(rec);
	rec->bytes_done += rec->files[rec->current].len;
	rec->status.bytes_read = rec->bytes_done;
	rec->current++;
}

/* Whether the segment just opened continues the recording. */
static bool belongs(struct recording *rec, const struct segment_info *info)
{
	if (!info->segment) /* nothing in it tells */
		return true;
	if (rec->identified &&
	    (info->segment == rec->segment ||
	     memcmp(info->recording_id, rec->recording_id, sizeof(rec->recording_id)) != 0))
		return false;
	rec->identified = true;
	rec->segment = info->segment;
	memcpy(rec->recording_id, info->recording_id, sizeof(rec->recording_id));
	return true;
}

static bool ask_wanted(void *context, const struct block_info *info)
{
	struct recording *rec = context;

	return !rec->wanted || rec->wanted(rec->wanted_context, info);
}

static enum tape_error open_current(struct recording *rec)
{
	const struct reader_options options = {
		.wanted = ask_wanted, .problem = tell, .context = rec};
	const struct segment_info *info;
	enum tape_error error;

	if (rec->stream)
		error = reader_new(pipe_source(rec->stream), &options, &rec->reader);
	else
		error = open_file(rec, rec->files[rec->current].path, &options);
	if (error)
		return error;
	info = reader_info(rec->reader);
	if (!belongs(rec, info))
		return TAPE_ERROR_MIXED;
	if (rec->wanted && !rec->stream && rec->current == rec->first && rec->begin_at != INT64_MIN)
		reader_begin_at(rec->reader, rec->begin_at);
	rec->status.segments++;
	if (!rec->status.first_segment)
		rec->status.first_segment = info->segment;
	if (!rec->clock_known && info->head_readable) {
		rec->clock_known = true;
		rec->clock_ts = info->created_monotonic;
		rec->clock_realtime = info->created_realtime;
	}
	return TAPE_OK;
}

/* Of a recording that grows: the segments that were begun since. */
static void find_new(struct recording *rec)
{
	size_t before = rec->count;

	if (!rec->directory || add_directory(rec, rec->directory) != TAPE_OK)
		return;
	if (rec->count > before)
		qsort(rec->files + before, rec->count - before, sizeof(*rec->files), compare_files);
	rec->status.segment_count = rec->count;
}

/* Whether the current file, just begun, has no head yet. */
static bool awaits_head(struct recording *rec)
{
	const struct segment_file *file = &rec->files[rec->current];

	return rec->live && !rec->stream && file->partial &&
	       live_awaits(rec->live, file->path, sizeof(struct tape_segment_header));
}

/* Opens the next file that can be; false after the last. */
static bool open_next(struct recording *rec)
{
	if (rec->live && rec->current == rec->count)
		find_new(rec);
	while (rec->current < rec->count) {
		enum tape_error error;

		if (awaits_head(rec))
			return false;
		error = open_current(rec);
		if (!error)
			return true;
		if (error == TAPE_ERROR_MEMORY) {
			rec->status.error = error;
			return false;
		}
		tell_rest(rec, error, 0, "segment");
		close_current(rec);
	}
	return false;
}

/* The current reader has no more events; false when that ends reading. */
static bool end_segment(struct recording *rec)
{
	const struct segment_info *info = reader_info(rec->reader);
	enum tape_error error = reader_error(rec->reader);

	if (error == TAPE_ERROR_MEMORY) {
		rec->status.error = error;
		return false;
	}
	if (error)
		tell_rest(rec, error, info->bytes_read, "file");
	if (!info->complete)
		rec->status.incomplete++;
	rec->status.passed_blocks += info->passed;
	rec->blocks_done += info->blocks;
	rec->status.read_blocks = rec->blocks_done;
	for (size_t i = 0; i < info->levels.count; i++)
		level_uses_add(&rec->status.levels, &info->levels.of[i]);
	close_current(rec);
	return true;
}

/* ---- the interface ---- */

enum tape_error recording_open(const char *path, recording_problem_fn *problem, void *context,
			       struct recording **result)
{
	struct recording *rec = calloc(1, sizeof(*rec));
	enum tape_error error;
	struct stat st;
	bool single;

	*result = NULL;
	if (!rec)
		return TAPE_ERROR_MEMORY;
	rec->fd = -1;
	rec->problem = problem;
	rec->context = context;
	if (stat(path, &st) < 0) {
		recording_free(rec);
		return TAPE_ERROR_IO;
	}
	single = !S_ISDIR(st.st_mode);
	if (!single) {
		rec->directory = strdup(path);
		error = rec->directory ? add_directory(rec, path) : TAPE_ERROR_MEMORY;
	} else {
		error = add_file(rec, strdup(path), 0, false);
	}
	if (!error && single)
		error = open_current(rec);
	if (error) {
		recording_free(rec);
		return error;
	}
	if (rec->count > 1)
		qsort(rec->files, rec->count, sizeof(*rec->files), compare_files);
	rec->status.segment_count = rec->count;
	*result = rec;
	return TAPE_OK;
}

/* The last of the files that follow one another whose first event is from REALTIME or before. */
static size_t file_at(const struct recording *rec, int64_t realtime)
{
	size_t i = 0;

	while (i + 1 < rec->count && rec->files[i + 1].created_realtime &&
	       rec->files[i + 1].created_realtime <= realtime)
		i++;
	return i;
}

/* Goes to the first file that is wanted; the reader isn't open, or has given nothing yet. */
static void begin(struct recording *rec)
{
	close_file(rec);
	rec->current = rec->first;
	rec->bytes_done = rec->blocks_done = 0;
	for (size_t i = 0; i < rec->first; i++)
		rec->bytes_done += rec->files[i].len;
	rec->segment = 0;
	rec->identified = false;
	rec->clock_known = false;
	rec->clock_ts = 0;
	rec->clock_realtime = 0;
	rec->status.passed_segments = rec->first;
}

void recording_restrict(struct recording *rec, int64_t realtime, recording_wanted_fn *wanted,
			void *context)
{
	rec->wanted = wanted;
	rec->wanted_context = context;
	rec->begin_at = realtime;
	rec->first = file_at(rec, realtime);
	if (rec->first)
		begin(rec);
	else if (rec->reader && !rec->stream && realtime != INT64_MIN)
		reader_begin_at(rec->reader, realtime);
}

static void tell_read(struct recording *rec)
{
	const struct segment_info *info = reader_info(rec->reader);

	rec->status.bytes_read = rec->bytes_done + info->bytes_read;
	rec->status.read_blocks = rec->blocks_done + info->blocks;
}

static bool read_block(void *context, struct ahead *a, struct ahead_block *block)
{
	struct recording *rec = context;
	struct raw_block raw = {0};
	bool found = false;

	rec->teller = a;
	while (!rec->status.error && (rec->reader || open_next(rec))) {
		found = reader_next_raw(rec->reader, &raw);
		if (found || !end_segment(rec))
			break;
	}
	if (found) {
		tell_read(rec);
		block->raw = raw.raw;
		block->ts_base = raw.ts_base;
		block->events = raw.events;
		block->offset = raw.offset;
		block->path = rec->files[rec->current].path;
	}
	block->clock = (struct ahead_clock){rec->clock_known, rec->clock_ts, rec->clock_realtime};
	block->status = rec->status;
	return found;
}

void recording_read_ahead(struct recording *rec)
{
	if (!rec->ahead)
		rec->ahead = ahead_new(read_block, rec, rec->problem, rec->context);
}

bool recording_next(struct recording *rec, struct event *event)
{
	if (rec->ahead)
		return ahead_next(rec->ahead, event);
	while (!rec->status.error && (rec->reader || open_next(rec))) {
		if (reader_next(rec->reader, event)) {
			if (event->type == EVENT_CLOCK) {
				rec->clock_known = true;
				rec->clock_ts = event->ts;
				rec->clock_realtime = event->clock.realtime;
			}
			return true;
		}
		if (recording_waits(rec) || !end_segment(rec))
			break;
	}
	return false;
}

/* ---- while it grows ---- */

enum tape_error recording_open_stream(int fd, struct span begin, recording_problem_fn *problem,
				      void *context, struct recording **result)
{
	struct recording *rec = calloc(1, sizeof(*rec));
	enum tape_error error = TAPE_ERROR_MEMORY;

	*result = NULL;
	if (!rec)
		return error;
	rec->fd = -1;
	rec->problem = problem;
	rec->context = context;
	rec->stream = pipe_new(fd, begin, sizeof(struct tape_segment_header));
	rec->files = calloc(1, sizeof(*rec->files));
	if (rec->stream && rec->files) {
		rec->files[0].path = strdup("standard input");
		rec->count = rec->status.segment_count = 1;
		error = rec->files[0].path ? open_current(rec) : TAPE_ERROR_MEMORY;
	}
	if (error) {
		recording_free(rec);
		return error;
	}
	*result = rec;
	return TAPE_OK;
}

void recording_follow(struct recording *rec)
{
	if (!rec->live && !rec->stream)
		rec->live = live_new();
	/* What was opened before doesn't know it. */
	if (rec->live && rec->reader) {
		begin(rec);
		rec->status.segments = 0;
	}
}

bool recording_waits(const struct recording *rec)
{
	/* Half a frame is no damage then. */
	if (rec->enough && !rec->stream)
		return false;
	if (rec->reader)
		return reader_is_dry(rec->reader);
	return rec->live && rec->current < rec->count;
}

void recording_follow_no_more(struct recording *rec)
{
	rec->enough = true;
	if (rec->stream)
		pipe_end(rec->stream);
}

const struct recording_status *recording_status(struct recording *rec)
{
	if (rec->ahead)
		return ahead_status(rec->ahead);
	if (rec->reader)
		tell_read(rec);
	return &rec->status;
}

uint64_t recording_coming(struct recording *rec)
{
	if (rec->ahead)
		return ahead_coming(rec->ahead);
	return rec->reader ? reader_coming(rec->reader) : 0;
}

size_t recording_memory(const struct recording *rec)
{
	if (rec->ahead)
		return ahead_memory(rec->ahead);
	return rec->reader ? reader_memory(rec->reader) : 0;
}

bool recording_has_file(const struct recording *rec, const struct stat *st)
{
	for (size_t i = 0; i < rec->count; i++)
		if (rec->files[i].device == st->st_dev && rec->files[i].inode == st->st_ino)
			return true;
	return false;
}

int64_t recording_realtime(const struct recording *rec, int64_t ts)
{
	const struct ahead_clock *ahead = rec->ahead ? ahead_clock(rec->ahead) : NULL;

	if (ahead)
		return codec_clamp_time(ahead->realtime + (codec_clamp_time(ts) - ahead->ts));
	return codec_clamp_time(rec->clock_realtime + (codec_clamp_time(ts) - rec->clock_ts));
}

enum tape_error recording_rewind(struct recording *rec)
{
	struct recording_status status = {
		.segment_count = rec->status.segment_count,
		.bytes_total = rec->status.bytes_total,
	};

	ahead_free(rec->ahead);
	rec->ahead = rec->teller = NULL;
	rec->status = status;
	begin(rec);
	return TAPE_OK;
}

void recording_free(struct recording *rec)
{
	int saved = errno; /* recording_open() promises it */

	if (!rec)
		return;
	ahead_free(rec->ahead);
	close_file(rec);
	for (size_t i = 0; i < rec->count; i++)
		free(rec->files[i].path);
	free(rec->files);
	free(rec->directory);
	live_free(rec->live);
	pipe_free(rec->stream);
	free(rec);
	errno = saved;
}
