/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/drain.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "record/translate.h"

/* Bytes of records that drain_some() takes at once: 10 to 50 ms of work at zstd level 1. */
#define TURN_BYTES (8 << 20)

struct drain {
	struct ring_buffer *ring;
	struct process_table *processes;
	drain_event_fn *take;
	void *context;
	size_t left; /* of this turn */
	struct drain_totals totals;
};

static int record_take(void *context, void *data, size_t len)
{
	struct drain *drain = context;
	struct process_gaps gaps;
	struct event event;

	if (translate_record(data, len, &event, &gaps)) {
		if (event.type == EVENT_PROCESS)
			process_table_complete(drain->processes, &gaps, &event.process);
		if (event.type == EVENT_DATA) {
			drain->totals.data_events++;
			drain->totals.data_bytes += event.data.payload.len;
		}
		drain->take(drain->context, &event);
	} else {
		drain->totals.malformed++;
	}
	if (drain->left <= len) {
		drain->left = 0;
		return -EAGAIN; /* libbpf has counted this record as consumed */
	}
	drain->left -= len;
	return 0;
}

struct drain *drain_new(int ring, struct process_table *processes, drain_event_fn *take,
			void *context)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (!drain)
		return NULL;
	drain->processes = processes;
	drain->take = take;
	drain->context = context;
	drain->ring = ring_buffer__new(ring, record_take, drain, NULL);
	if (!drain->ring) {
		free(drain);
		return NULL;
	}
	return drain;
}

bool drain_some(struct drain *drain)
{
	drain->left = TURN_BYTES;
	return ring_buffer__consume(drain->ring) != -EAGAIN;
}

const struct drain_totals *drain_totals(const struct drain *drain)
{
	return &drain->totals;
}

void drain_free(struct drain *drain)
{
	if (!drain)
		return;
	ring_buffer__free(drain->ring);
	free(drain);
}
