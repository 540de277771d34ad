/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_RECORDER_H
#define SOCKTAPE_RECORD_RECORDER_H

#include "format/buffer.h"
#include "record/attach.h"
#include "record/command.h"
#include "record/host.h"
#include "record/loss.h"
#include "record/options.h"
#include "record/progress.h"
#include "record/status.h"

/* Everything that a recording in progress consists of. */
struct recorder {
	const struct options *options;
	struct host host;
	struct command command;
	struct cgroup_table *cgroups;
	struct process_table *processes;
	struct programs *programs;
	struct recording_writer *writer;
	struct drain *drain;
	int signals; /* signalfd */
	int wake;    /* epoll: a signal, or the ring fills */
	int64_t started;
	int64_t ended; /* 0 as long as it goes on */
	struct loss_log losses;
	struct tally tally; /* as last read */
	struct status status;
	const char *stop_reason; /* NULL as long as it goes on */
	enum tape_error error;	 /* of the writer, that ended the recording */
	int system_error;	 /* errno at that moment */
};

/*
 * Loads the best programs that this kernel takes into *PROGRAMS, to be released with
 * programs_free() in any case. False when it takes none: PROBLEM then holds one line for the user.
 */
bool recorder_load(const struct options *options, struct programs **programs,
		   struct buffer *problem);

/*
 * Gets everything ready, from the command's process to the attached programs, and lets the command
 * run. False when recording is not possible: PROBLEM then holds one line for the user. In both
 * cases recorder_close() releases what there is.
 */
bool recorder_open(struct recorder *r, const struct options *options, char *const *argv,
		   struct buffer *problem);

/* Hands EVENT to the writer, unless it has failed before. */
void recorder_write(struct recorder *r, const struct event *event);

/* Remembers the first ERROR of the writer, and errno with it. */
void recorder_check(struct recorder *r, enum tape_error error);

/* What is known now. */
struct progress recorder_progress(const struct recorder *r);

void recorder_close(struct recorder *r);

#endif
