/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_RECORDER_H
#define SOCKTAPE_RECORD_RECORDER_H

#include "format/buffer.h"
#include "record/attach.h"
#include "record/command.h"
#include "record/host.h"
#include "record/options.h"
#include "record/owner.h"
#include "record/progress.h"
#include "record/status.h"
#include "record/talkers.h"
#include "record/tls.h"

/* Everything that a recording in progress consists of. */
struct recorder {
	const struct options *options;
	struct host host;
	struct command command;
	struct cgroup_table *cgroups;
	struct process_table *processes;
	struct programs *programs;
	struct recording_writer *writer; /* the store's while that runs */
	struct store *store;
	struct drain *drain;
	struct tls *tls; /* NULL: plaintext is not asked for */
	struct talkers *talkers;
	struct owner owner;
	int signals; /* signalfd */
	int wake;    /* epoll: a signal, or the ring fills */
	int64_t started;
	int64_t ended;			    /* 0 as long as it goes on */
	struct tally tally;		    /* as last read */
	struct loss_sum told[TALLY_CAUSES]; /* of tally.lost: has its LOSS event */
	uint64_t told_elsewhere;	    /* the same of tally.elsewhere */
	int64_t told_at;		    /* when that was */
	struct loss_sum seen[TALLY_CAUSES]; /* LOSS events that came from the kernel side */
	uint64_t totals_bytes;		    /* moved, as the last TOTALS event says */
	struct status status;
	const char *stop_reason; /* NULL as long as it goes on */
	enum tape_error error;	 /* of the writer, that ended the recording */
	int system_error;	 /* errno at that moment */
	bool complete;		 /* the recording itself says what that cost */
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

/*
 * Keeps the backlog from taking more than half of the memory that others still could have. To be
 * called at the begin, and about once a second.
 */
void recorder_limit_backlog(struct recorder *r);

/* Reads what the kernel programs have counted; false when the kernel refused. */
bool recorder_tally(struct recorder *r);

/* What is known now. */
struct progress recorder_progress(const struct recorder *r);

/* Takes the recording back: it holds nothing that anybody wants. recorder_close() has to follow. */
void recorder_abandon(struct recorder *r);

void recorder_close(struct recorder *r);

#endif
