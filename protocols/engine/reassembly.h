/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_REASSEMBLY_H
#define SOCKTAPE_PROTOCOLS_ENGINE_REASSEMBLY_H

#include "format/event.h"
#include "protocols/engine/budget.h"

/*
 * Puts the data events of a connection in the order of their positions. What comes out of each
 * direction are runs without overlap: bytes, or a hole of known length.
 *
 * Two threads that use one socket may reach the ring in the other order, so data that comes early
 * is held back for a moment before what precedes it is declared lost. What the other direction
 * says in the meantime waits behind it: a response must not overtake its request.
 */

/* Held back at most this long (of recorded time), this many bytes and this many events. */
struct reassembly_patience {
	int64_t ns;
	size_t bytes;
	size_t events;
};
#define REASSEMBLY_HOLD_NS     (50 * 1000 * 1000ll)
#define REASSEMBLY_HOLD_BYTES  (1u << 20)
#define REASSEMBLY_HOLD_EVENTS 64

struct run {
	const uint8_t *data; /* NULL: a hole */
	uint64_t len;	     /* never 0 */
	uint64_t cut;	  /* of data: the hole that follows, when less was kept than its call moved;
			   * of that hole: its length. 0 for what was lost between calls */
	int64_t ts_first; /* when the call that sent it began, where that is known; else ts */
	int64_t ts;
	bool wanted; /* a hole that the user asked for (snap length) */
};

typedef void reassembly_run_fn(void *context, enum direction direction, const struct run *run);

struct reassembly_held;

struct reassembly_stream {
	bool started;
	uint64_t next;		 /* position that comes next */
	uint64_t lost_bytes;	 /* holes, those of the snap length apart */
	uint64_t repeated_bytes; /* came twice */
};

struct reassembly {
	struct reassembly_stream streams[2]; /* by enum direction */
	struct reassembly_held *held;	     /* in the order of arrival; the first is early */
	struct reassembly_held **held_end;
	size_t held_count;
	size_t held_bytes;
	struct reassembly_patience patience;
	struct budget *budget;
};

#define REASSEMBLY_START_UNKNOWN UINT64_MAX

/*
 * START, by direction: position of the first byte, or REASSEMBLY_START_UNKNOWN: wherever the first
 * data is. What is held back is charged to BUDGET. O must not move afterwards.
 * `patience` may be set before the first data comes.
 */
void reassembly_init(struct reassembly *o, const uint64_t start[2], struct budget *budget);

/*
 * Gives zero or more runs to RUN. Where there is no memory to hold data back, what it would wait
 * for is lost.
 */
void reassembly_push(struct reassembly *o, const struct event_data *data, int64_t ts,
		     reassembly_run_fn *run, void *context);

/* It is NOW, though no data came: gives out what was held back too long by then. */
void reassembly_expire(struct reassembly *o, int64_t now, reassembly_run_fn *run, void *context);

/* Nothing will come any more: what is held goes out, with the holes before it. */
void reassembly_finish(struct reassembly *o, reassembly_run_fn *run, void *context);

/* reassembly_finish(), and all that is missing before the positions FINAL, by direction, is lost.
 */
void reassembly_close(struct reassembly *o, const uint64_t final[2], int64_t ts,
		      reassembly_run_fn *run, void *context);

void reassembly_free(struct reassembly *o);

#endif
