/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/reassembly.h"

#include <stdlib.h>

/* Data that came early, or behind such. */
struct reassembly_held {
	struct reassembly_held *next;
	uint64_t offset;
	uint64_t len;
	int64_t ts;
	enum direction direction;
	enum cut cut;
	size_t kept;
	uint8_t bytes[];
};

void reassembly_init(struct reassembly *o, const uint64_t start[2])
{
	*o = (struct reassembly){0};
	o->held_end = &o->held;
	for (int d = 0; d < 2; d++) {
		o->streams[d].started = start[d] != REASSEMBLY_START_UNKNOWN;
		o->streams[d].next = o->streams[d].started ? start[d] : 0;
	}
}

/* ---- giving out ---- */

static void give_hole(struct reassembly *o, const struct run *hole, enum direction direction,
		      reassembly_run_fn *run, void *context)
{
	struct reassembly_stream *stream = &o->streams[direction];

	stream->next += hole->len;
	if (!hole->wanted)
		stream->lost_bytes += hole->len;
	run(context, direction, hole);
}

/* Gives out data that doesn't begin beyond what comes next, without what went out before. */
static void give_data(struct reassembly *o, const struct event_data *data, int64_t ts,
		      reassembly_run_fn *run, void *context)
{
	struct reassembly_stream *stream = &o->streams[data->direction];
	uint64_t repeated = stream->next - data->offset;
	const uint8_t *bytes = (const uint8_t *)data->payload.data;
	size_t kept = data->payload.len;
	uint64_t len = data->len;

	if (repeated >= len) {
		stream->repeated_bytes += len;
		return;
	}
	stream->repeated_bytes += repeated;
	len -= repeated;
	if (repeated < kept) {
		bytes += repeated;
		kept -= repeated;
		stream->next += kept;
		run(context, data->direction,
		    &(struct run){.data = bytes, .len = kept, .cut = len - kept, .ts = ts});
	} else {
		kept = 0;
	}
	if (kept < len) {
		struct run rest = {
			.len = len - kept,
			.cut = len - kept,
			.ts = ts,
			.wanted = data->cut == CUT_SNAPLEN,
		};

		give_hole(o, &rest, data->direction, run, context);
	}
}

/* ---- holding back ---- */

static bool hold(struct reassembly *o, const struct event_data *data, int64_t ts)
{
	struct reassembly_held *h = malloc(sizeof(*h) + data->payload.len);

	if (!h)
		return false;
	*h = (struct reassembly_held){
		.offset = data->offset,
		.len = data->len,
		.ts = ts,
		.direction = data->direction,
		.cut = data->cut,
		.kept = data->payload.len,
	};
	memcpy(h->bytes, data->payload.data, data->payload.len);
	*o->held_end = h;
	o->held_end = &h->next;
	o->held_count++;
	o->held_bytes += h->kept;
	return true;
}

/* Takes the one whose address stands at *AT out of the list and gives it out. */
static void release(struct reassembly *o, struct reassembly_held **at, reassembly_run_fn *run,
		    void *context)
{
	struct reassembly_held *h = *at;
	struct event_data data = {
		.offset = h->offset,
		.len = h->len,
		.payload = span_of(h->bytes, h->kept),
		.direction = h->direction,
		.cut = h->cut,
	};

	*at = h->next;
	if (!h->next)
		o->held_end = at;
	o->held_count--;
	o->held_bytes -= h->kept;
	give_data(o, &data, h->ts, run, context);
	free(h);
}

/* Of the direction that the first of the held waits in: the one with the lowest position. */
static struct reassembly_held **lowest(struct reassembly *o)
{
	struct reassembly_held **best = &o->held;

	for (struct reassembly_held **at = &o->held->next; *at; at = &(*at)->next)
		if ((*at)->direction == o->held->direction && (*at)->offset < (*best)->offset)
			best = at;
	return best;
}

/* Whether O can go on: nothing is held, or the first of the held waits no longer. */
static void release_ready(struct reassembly *o, reassembly_run_fn *run, void *context)
{
	while (o->held) {
		struct reassembly_held **at = lowest(o);

		if ((*at)->offset > o->streams[(*at)->direction].next)
			return;
		release(o, at, run, context);
	}
}

/* Declares lost what the first of the held waits for. */
static void stop_waiting(struct reassembly *o, reassembly_run_fn *run, void *context)
{
	struct reassembly_held **at = lowest(o);
	enum direction direction = (*at)->direction;
	uint64_t missing = (*at)->offset - o->streams[direction].next;
	struct run lost = {.len = missing, .ts = (*at)->ts};

	give_hole(o, &lost, direction, run, context);
	release_ready(o, run, context);
}

static bool held_too_long(const struct reassembly *o, int64_t now)
{
	return o->held_count > REASSEMBLY_HOLD_EVENTS || o->held_bytes > REASSEMBLY_HOLD_BYTES ||
	       now - o->held->ts > REASSEMBLY_HOLD_NS;
}

/* ---- what callers see ---- */

bool reassembly_push(struct reassembly *o, const struct event_data *data, int64_t ts,
		     reassembly_run_fn *run, void *context)
{
	struct reassembly_stream *stream = &o->streams[data->direction];

	if (data->len == 0)
		return true;
	if (!stream->started) {
		stream->started = true;
		stream->next = data->offset;
	}
	if (!o->held && data->offset <= stream->next) {
		give_data(o, data, ts, run, context);
		return true;
	}
	if (!hold(o, data, ts))
		return false;
	release_ready(o, run, context);
	while (o->held && held_too_long(o, ts))
		stop_waiting(o, run, context);
	return true;
}

void reassembly_finish(struct reassembly *o, reassembly_run_fn *run, void *context)
{
	while (o->held)
		stop_waiting(o, run, context);
}

void reassembly_close(struct reassembly *o, const uint64_t final[2], int64_t ts,
		      reassembly_run_fn *run, void *context)
{
	reassembly_finish(o, run, context);
	for (int d = 0; d < 2; d++) {
		struct reassembly_stream *stream = &o->streams[d];
		struct run missing = {.len = final[d] - stream->next, .ts = ts};

		if (stream->started && final[d] > stream->next)
			give_hole(o, &missing, (enum direction)d, run, context);
	}
}

void reassembly_free(struct reassembly *o)
{
	while (o->held) {
		struct reassembly_held *next = o->held->next;

		free(o->held);
		o->held = next;
	}
}
