/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_SEGMENT_H
#define SOCKTAPE_FORMAT_SEGMENT_H

/* A segment that is being written: its file and its writer. Internal to format/. */

#include "format/output.h"
#include "format/writer.h"

/* Zero-initialised is none. The writer leads to the output: it must not be moved. */
struct segment {
	struct output output;
	struct writer *writer;
	uint64_t head_blocks; /* blocks of the snapshot that it begins with */
};

/*
 * Makes the file in DIRECTORY and writes its head. STREAM: not 0: a descriptor that is written to
 * instead.
 */
MUST_CHECK enum tape_error segment_begin(struct segment *segment, int directory, int stream,
					 const struct writer_options *options);

/* Bytes of the file so far. */
uint64_t segment_len(const struct segment *segment);

/* Whether there are blocks behind the snapshot. */
bool segment_used(const struct segment *segment);

/* Completes the file. After an error it is as it was, but for what was written. */
MUST_CHECK enum tape_error segment_end(struct segment *segment);

/* Releases what there is; the file stays as it is. */
void segment_close(struct segment *segment);

/* Releases what there is, and deletes the file. */
void segment_discard(struct segment *segment);

#endif
