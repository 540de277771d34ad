/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_RECORDING_H
#define SOCKTAPE_FORMAT_RECORDING_H

#include <sys/stat.h>
#include <sys/types.h>

#include "format/error.h"
#include "format/event.h"
#include "format/reader.h"
#include "format/writer.h"

/*
 * A recording is a directory of segments, named <UTC>-<number>.tape.zst; one that is still being
 * written (or whose recorder was killed) ends in .partial.
 */
#define RECORDING_SUFFIX  ".tape.zst"
#define RECORDING_PARTIAL ".partial"

/* ---- reading ---- */

struct recording;

/* PATH names the segment file in which the problem is. */
typedef void recording_problem_fn(void *context, const char *path, const struct problem *problem);

/*
 * Opens PATH, a recording directory or a single segment file. Segments are read in the order of
 * their numbers; one that is missing (deleted to save space) is no problem. A later segment begins
 * with what is known: HOST, PROCESS and CONN events that have `snapshot` set, and that are the
 * first of their kind where the earlier segments are gone.
 *
 * TAPE_ERROR_IO sets errno; TAPE_ERROR_EMPTY when the directory holds no segment. A single file
 * that can't be read gives the error of reader_new(); in a directory it gives a problem.
 */
MUST_CHECK enum tape_error recording_open(const char *path, recording_problem_fn *problem,
					  void *context, struct recording **rec);

/*
 * Before the first event: leaves out the segments that end before REALTIME (ns since the epoch), as
 * far as their successors tell, and what is before the last checkpoint from then; and, where WANTED
 * isn't NULL, the blocks that it doesn't want.
 */
typedef bool recording_wanted_fn(void *context, const struct block_info *info);
void recording_restrict(struct recording *rec, int64_t realtime, recording_wanted_fn *wanted,
			void *context);

/*
 * Before the first event: from now on blocks are read and decompressed on a thread of their own,
 * ahead of who takes the events. Nothing else changes; a few megabytes wait at most. Does nothing
 * where there is no thread to be had. Not together with recording_restrict().
 */
void recording_read_ahead(struct recording *rec);

/*
 * What comes out of FD, a pipe or a file, as one segment that is read once: FD stays the caller's.
 * Waits for the segment's head, of which BEGIN has been read already. Memory is bounded: of what
 * was given nothing is kept. recording_follow() is implied.
 */
MUST_CHECK enum tape_error recording_open_stream(int fd, struct span begin,
						 recording_problem_fn *problem, void *context,
						 struct recording **rec);

/*
 * Before the first event: goes on where others would be at the end, as long as the recording is
 * written. Not together with recording_read_ahead().
 */
void recording_follow(struct recording *rec);

/* After recording_next() was false: whether more may come; then ask that again, a moment later. */
bool recording_waits(const struct recording *rec);

/* What there is by now is all that is wanted: no more is waited for. */
void recording_follow_no_more(struct recording *rec);

/* The next event of the recording; as reader_next(). */
bool recording_next(struct recording *rec, struct event *event);

struct recording_status {
	uint64_t segments;	  /* opened so far */
	uint64_t segment_count;	  /* found */
	uint64_t passed_segments; /* and left out, by recording_restrict() */
	uint64_t passed_blocks;	  /* of segments that were read to their end */
	uint64_t read_blocks;	  /* the same */
	uint64_t incomplete;	  /* segments that were not ended properly */
	uint64_t problems;	  /* told to the callback */
	uint64_t bytes_read;	  /* of segment files, for progress */
	uint64_t bytes_total;
	uint64_t first_segment;	  /* number of the first one that was read; 0 when unknown */
	struct level_uses levels; /* of the segments read to their end */
	enum tape_error error;	  /* of the system or memory, that ended reading */
};
const struct recording_status *recording_status(struct recording *rec);

/*
 * Wall clock (ns since the epoch) of a monotonic time, by the last CLOCK event read; before the
 * first one, by the times in the segment's head. Within 0 to EVENT_TIME_MAX.
 */
int64_t recording_realtime(const struct recording *rec, int64_t ts);

/* Bytes of memory that reading takes just now: mostly the block whose events are given. */
size_t recording_memory(const struct recording *rec);

/*
 * After recording_next(): the connection of the data that comes RECORDING_COMING events later, so
 * that what is known of it can be fetched into the caches; only a guess, and 0 where there is none.
 */
#define RECORDING_COMING 12
uint64_t recording_coming(struct recording *rec);

/* Whether the file that ST tells of is one of those that REC is read from. */
bool recording_has_file(const struct recording *rec, const struct stat *st);

/* Starts over from the first segment: status too, and problems will be told again. */
MUST_CHECK enum tape_error recording_rewind(struct recording *rec);

void recording_free(struct recording *rec); /* NULL is fine */

/* ---- writing ---- */

struct recording_writer;

struct recording_writer_options {
	const char *path;     /* directory; made with mode 0700 when it doesn't exist */
	int stream;	      /* not 0: a descriptor, perhaps of a pipe, that gets one segment in
			       * place of files; then PATH isn't used, nor may there be a limit */
	uint64_t segment_len; /* bytes of a segment file before the next begins; 0: never */
	uint64_t keep_len; /* bytes of all files before the oldest complete one is deleted; 0: keep
			    * all. The one being written isn't, so choose segment_len well below */
	int level;	   /* zstd */
	uid_t owner;	   /* to whom the directory, if it is made, and the files are given; */
	gid_t group;	   /* 0 and (uid_t)-1: to nobody */
	int64_t start_monotonic; /* both clocks at the same moment */
	int64_t start_realtime;
};

/*
 * Where the bytes of a recording end: a file that may not grow further (TAPE_ERROR_FILE_SIZE) makes
 * the next segment begin; when a disk is full, what still fits of a block is written event by
 * event, and after that the writer takes no more. recording_writer_last_words() then says what is
 * missing.
 */

/* TAPE_ERROR_IO with errno EEXIST when the directory already holds segments. */
MUST_CHECK enum tape_error recording_writer_new(const struct recording_writer_options *options,
						struct recording_writer **w);

/*
 * Adds an event. The writer remembers host, live processes, live connections and the last clock
 * pair, and begins every later segment with them.
 */
MUST_CHECK enum tape_error recording_writer_event(struct recording_writer *w,
						  const struct event *event);

/* Adds a block that was made elsewhere, after what recording_writer_event() was given. */
MUST_CHECK enum tape_error recording_writer_block(struct recording_writer *w,
						  const struct block *block);

/* The level of zstd from here on. */
void recording_writer_set_level(struct recording_writer *w, int level);

/* Makes everything so far readable by others; call it about once a second. */
MUST_CHECK enum tape_error recording_writer_flush(struct recording_writer *w);

/* Completes the last segment: index, sync, final name. */
MUST_CHECK enum tape_error recording_writer_finish(struct recording_writer *w);

/*
 * For a writer that has failed: adds some events, for which room was kept, and completes the
 * segment. TAPE_OK when that could be done, so that the recording tells itself what it lacks;
 * otherwise the last segment stays without an end.
 */
MUST_CHECK enum tape_error recording_writer_last_words(struct recording_writer *w,
						       const struct event *events, size_t count);

struct recording_writer_totals {
	uint64_t file_bytes; /* written in all, deleted segments included */
	uint64_t kept_bytes; /* now in the directory */
	uint64_t raw_bytes;
	uint64_t events;
	uint64_t data_events;
	uint64_t data_bytes;
	uint64_t stored_events; /* of all these: in files, not in memory alone; with snapshots */
	uint64_t stored_data_events;
	uint64_t stored_data_bytes;
	struct loss_sum stored_plaintext;	    /* of those two, LAYER_TLS */
	uint64_t stored_cut_bytes[WRITER_CUTS];	    /* by enum cut */
	struct loss_sum stored_lost[WRITER_CAUSES]; /* by enum loss_cause */
	int64_t stored_until;			    /* latest time of an event in files */
	uint64_t compress_ns;			    /* time spent so far */
	uint64_t write_ns;
	uint64_t segments;	   /* begun */
	uint64_t deleted_segments; /* by keep_len */
};
struct recording_writer_totals recording_writer_totals(const struct recording_writer *w);

/* The file being written, for messages; valid until the next call. */
const char *recording_writer_path(const struct recording_writer *w);

/*
 * Takes back what was written: deletes the segments, and the directory if recording_writer_new()
 * made it. The writer can only be freed then.
 */
void recording_writer_abandon(struct recording_writer *w);

void recording_writer_free(struct recording_writer *w); /* NULL is fine; leaves .partial */

#endif
