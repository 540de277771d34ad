/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_BACKGROUND_H
#define SOCKTAPE_RECORD_BACKGROUND_H

#include <stdbool.h>
#include <sys/types.h>

#include "format/buffer.h"

/*
 * A recorder that goes on in the background: it leaves its terminal, and its process id stands in
 * BACKGROUND_PID_FILE of its recording, which is locked as long as it runs.
 */
#define BACKGROUND_PID_FILE "recorder.pid"

/* Where the summary of a recording stands that prints none. */
#define BACKGROUND_SUMMARY_FILE "summary.txt"

struct background {
	int ready;    /* pipe: to the process that waits, in the one that goes on; -1: none */
	int pid_file; /* locked; -1: none */
};

/*
 * Makes the process that goes on, in a session of its own. In the one that was called: waits until
 * recording has begun, or can't, and returns true with what to exit with in *STATUS. In the other:
 * false. PROBLEM: there is no process to be had; true.
 */
bool background_fork(struct background *b, int *status, struct buffer *problem);

/*
 * Recording into DIRECTORY has begun: writes the file, which belongs to OWNER (-1: as it is), and
 * lets go of the terminal. False: PROBLEM tells why not.
 */
bool background_begin(struct background *b, const char *directory, uid_t owner, gid_t group,
		      struct buffer *problem);

/* It has ended: takes the file away. Whoever waits for it does so until this process is gone. */
void background_end(struct background *b, const char *directory);

/* Ends the recorder of DIRECTORY, and waits for it. False: PROBLEM tells why not. */
bool background_stop(const char *directory, struct buffer *problem);

#endif
