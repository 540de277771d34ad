/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_DRAIN_H
#define SOCKTAPE_RECORD_DRAIN_H

#include "format/event.h"
#include "record/process.h"

/* Takes records out of the ring and hands them on as events, in the order of their time. */
struct drain;

/* Gets each event. What its spans point to is valid during the call only. */
typedef void drain_event_fn(void *context, const struct event *event);

struct drain_totals {
	uint64_t data_events; /* taken out of the ring */
	uint64_t data_bytes;  /* payload in them */
	uint64_t malformed;   /* records that could not be understood; 0 unless there is a bug */
};

/* RING is the map's descriptor; PROCESSES must outlive the drain. NULL: see errno. */
struct drain *drain_new(int ring, struct process_table *processes, drain_event_fn *take,
			void *context);

/*
 * Empties the ring, but returns after some milliseconds' worth of records, so that a flood doesn't
 * keep the caller from its other duties. True when the ring was found empty.
 */
bool drain_some(struct drain *drain);

const struct drain_totals *drain_totals(const struct drain *drain);

void drain_free(struct drain *drain); /* NULL is fine */

#endif
