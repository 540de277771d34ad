/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_STORE_H
#define SOCKTAPE_RECORD_STORE_H

#include "format/recording.h"
#include "record/tally.h"

/*
 * From events to files, by two threads: who records encodes events into blocks, and a thread of the
 * store's own compresses and writes them. The blocks in between are the backlog: it takes what
 * compression or the disk can't follow for a while, and its memory goes back to the system after.
 * All functions are for the recording thread.
 */
struct store;

struct store_options {
	uint64_t backlog_len; /* bytes of memory that waiting blocks may take */
	int level;	      /* of zstd; 0: as fast as the backlog asks for */
};

/* Sums over DATA events. */
struct store_sums {
	uint64_t events;
	uint64_t payload;
	struct loss_sum plaintext; /* of those two, LAYER_TLS */
	uint64_t cut[TALLY_CUTS];  /* of LAYER_WIRE: bytes moved beyond the payload, by enum cut */
};

struct store_status {
	enum tape_error error; /* of the writer, that ended it */
	int system_error;      /* errno at that moment */
	struct recording_writer_totals written;
	struct store_sums given; /* to store_event(), whether it could be written or not */
	uint64_t refused;	 /* events that broke a rule; 0 unless there is a bug */
	uint64_t waiting;	 /* bytes of the backlog */
	uint64_t waiting_most;
};

/* WRITER must outlive the store, which alone uses it until store_stop(). NULL: no memory. */
struct store *store_new(struct recording_writer *writer, const struct store_options *options);

/*
 * Starts the thread, with this one's capabilities and signal mask. False with errno. Before that
 * events are only collected.
 */
bool store_start(struct store *store);

/* Adds an event; after an error it is only counted. May wait when the backlog is full. */
void store_event(struct store *store, const struct event *event);

/* Hands over what there is so far, unless other blocks wait already: about once a second. */
void store_flush(struct store *store);

/* False when the backlog is full: better leave new events where they are now. */
bool store_has_room(struct store *store);

/* Allows the backlog no more than LEN bytes from now on. */
void store_limit(struct store *store, uint64_t len);

/* Writes all that waits and ends the thread. The writer is the caller's again. */
void store_stop(struct store *store);

struct store_status store_status(struct store *store);

void store_free(struct store *store); /* NULL is fine; stops it */

/* What of LAYER_WIRE was given and isn't in the files: calls, and bytes that they moved. */
struct loss_sum store_unwritten(const struct store_status *status);

#endif
