/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_OUTPUT_H
#define SOCKTAPE_FORMAT_OUTPUT_H

/* The file of a segment that is being written. Internal to format/. */

#include <stdint.h>

#include "format/error.h"
#include "format/names.h"
#include "format/writer.h"

struct output {
	int directory; /* descriptor; borrowed */
	int fd;	       /* -1: none is open */
	uint64_t len;
	uint64_t started;  /* bytes whose way to the disk was started */
	uint64_t reserved; /* the disk has room up to here */
	uint64_t limit;	   /* RLIMIT_FSIZE, as it was when the file was made */
	bool no_reserve;   /* the file system doesn't know how */
	bool stream;	   /* a descriptor of somebody else's, perhaps a pipe: it has no names */
	char partial[NAME_SEGMENT_MAX];
	char complete[NAME_SEGMENT_MAX];
};

/*
 * Makes the file under its partial name, mode 0600. Where the file system knows locks, it has one
 * as long as it is written, so that who reads along knows whether more may come.
 */
MUST_CHECK enum tape_error output_open(struct output *out, int directory, uint64_t segment,
				       int64_t realtime);

/* Writes to FD, which stays the caller's, in place of a file. */
void output_open_stream(struct output *out, int fd);

/*
 * A write that fails leaves what was written before it. Room that was reserved belongs to the file,
 * beyond its end, until it is completed or closed. Where SIGXFSZ isn't ignored, a write beyond the
 * limit of file sizes still can't happen as long as room is reserved first.
 */
struct sink output_sink(struct output *out);

/* Syncs, and gives the file its complete name. */
MUST_CHECK enum tape_error output_complete(struct output *out);

/* Closes the file, partial as it is. Fine when none is open. */
void output_close(struct output *out);

/* Closes and deletes a partial file that holds nothing. */
void output_discard(struct output *out);

#endif
