/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_DRAIN_H
#define SOCKTAPE_RECORD_DRAIN_H

#include "format/recording.h"
#include "record/process.h"

/* Takes records out of the ring and hands them to the writer as events. */
struct drain;

struct drain_totals {
	uint64_t data_events;  /* taken out of the ring, whether written or not */
	uint64_t data_bytes;   /* payload in them */
	uint64_t malformed;    /* records that could not be understood; 0 unless there is a bug */
	enum tape_error error; /* of the writer; the first one stays */
	int system_error;      /* errno at that moment */
};

/* RING is the map's descriptor; WRITER and PROCESSES must outlive the drain. NULL: see errno. */
struct drain *drain_new(int ring, struct recording_writer *writer, struct process_table *processes);

/*
 * Empties the ring, but returns after some milliseconds' worth of records, so that a flood doesn't
 * keep the caller from its other duties. True when the ring was found empty.
 */
bool drain_some(struct drain *drain);

const struct drain_totals *drain_totals(const struct drain *drain);

void drain_free(struct drain *drain); /* NULL is fine */

#endif
