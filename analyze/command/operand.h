/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_OPERAND_H
#define SOCKTAPE_ANALYZE_COMMAND_OPERAND_H

#include <sys/types.h>

#include "analyze/replay/replay.h"
#include "analyze/spill/scratch.h"
#include "format/tape.h"

/*
 * What stands where a recording is expected: a directory or a segment; or a packet capture, which
 * is made into a recording without a name; or "-", standard input (and any pipe), which may hold a
 * segment or a capture.
 */
struct operand {
	const char *path; /* of the recording that is to be read */
	struct scratch made;
	char made_path[SCRATCH_PATH_MAX];
	dev_t device; /* of the file that was given; both 0: it is none that has a name */
	ino_t inode;
	int status; /* STATUS_DAMAGED: not all of it could be read, which the user was told */
	/* Asked for before: a segment that comes through a pipe is read as it comes. */
	bool stream;
	struct replay_pipe pipe; /* then this is it; fd -1: it isn't one */
	char begin[sizeof(struct tape_segment_header)];
};

/*
 * TEXT is borrowed. MEMORY is what reading a capture may take, 0: as usual. STATUS_DONE, or what to
 * exit with after the user was told why. In any case operand_close() has to follow.
 */
int operand_open(struct operand *o, const char *command, const char *text, uint64_t memory);

/*
 * Before anything is written to OUTPUT ("-": standard output): STATUS_DONE; or, where that is a
 * file of what is read, which would be gone, what to exit with after the user was told.
 */
int operand_refuse_output(const struct operand *o, const char *command, const char *output);

/* STATUS is what the command would exit with; returns what it has to. */
int operand_close(struct operand *o, int status);

#endif
