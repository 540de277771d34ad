/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_DRAIN_H
#define SOCKTAPE_RECORD_DRAIN_H

#include "format/event.h"
#include "record/process.h"
#include "record/pool.h"
#include "record/tls_secret.h"
#include "record/tls_tie.h"

/*
 * Takes records out of the pool and the ring and hands them on as events, those of all CPUs in the
 * order of their time.
 */
struct drain;

/* Who gets what is taken, all in one order. */
struct drain_takers {
	void *context;
	/* Each event. What its spans point to is valid during the call only. */
	void (*event)(void *context, const struct event *event);
	/* What was seen of TLS libraries. */
	void (*sight)(void *context, struct tls_sight *sight);
	void (*secret)(void *context, const struct tls_secret *secret);
};

struct drain_totals {
	uint64_t data_events; /* handed on */
	uint64_t data_bytes;  /* payload in them */
	uint64_t malformed;   /* records that could not be understood; 0 unless there is a bug */
};

/* POOL and PROCESSES must outlive the drain. NULL: see errno. */
struct drain *drain_new(const struct pool *pool, struct process_table *processes,
			const struct drain_takers *takers);

/*
 * Takes what is there, but returns after some milliseconds' worth of records, so that a flood
 * doesn't keep the caller from its other duties. What is a millisecond old or less is left for the
 * next time: another CPU may be about to add something older. True when all the rest was taken.
 */
bool drain_some(struct drain *drain);

/* The same, but nothing is left for a next time. */
bool drain_rest(struct drain *drain);

const struct drain_totals *drain_totals(const struct drain *drain);

void drain_free(struct drain *drain); /* NULL is fine */

#endif
