/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/reassembly.h"

#include <stdlib.h>

/* Data that came early, or behind such. */
struct reassembly_held {
	struct reassembly_held *next;
	uint64_t offset;
	uint64_t len;
	int64_t ts;
	int64_t begin_ts;
	enum direction direction;
	enum cut cut;
	size_t kept;
	uint8_t bytes[];
};

void reassembly_init(struct reassembly *o, const uint64_t start[2], struct budget *budget)
{
	*o = (struct reassembly){
		.patience = {REASSEMBLY_HOLD_NS, REASSEMBLY_HOLD_BYTES, REASSEMBLY_HOLD_EVENTS},
	};
	o->held_end = &o->held;
	o->budget = budget;
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

/*
 * A call that sends blocks when the other end is slow, and its bytes may be answered before it
 * returns. One that receives blocks before its bytes come.
 */
static int64_t first_ts(const struct event_data *data, int64_t ts)
{
	bool told = data->direction == DIRECTION_SENT && data->begin_ts && data->begin_ts < ts;

	return told ? data->begin_ts : ts;
}

/* Gives out data that comes next, and is all there. */
static void give_whole(struct reassembly *o, const struct event_data *data, int64_t ts,
		       reassembly_run_fn *run, void *context)
{
	const struct run whole = {
		.data = (const uint8_t *)data->payload.data,
		.len = data->len,
		.ts_first = first_ts(data, ts),
		.ts = ts,
	};

	o->streams[data->direction].next += data->len;
	run(context, data->direction, &whole);
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
		    &(struct run){.data = bytes,
				  .len = kept,
				  .cut = len - kept,
				  .ts_first = first_ts(data, ts),
				  .ts = ts});
	} else {
		kept = 0;
	}
	if (kept < len) {
		struct run rest = {
			.len = len - kept,
			.cut = len - kept,
			.ts_first = first_ts(data, ts),
			.ts = ts,
			.wanted = cut_is_wanted(data->cut),
		};

		give_hole(o, &rest, data->direction, run, context);
	}
}

/* ---- holding back ---- */

static size_t held_size(size_t payload)
{
	return sizeof(struct reassembly_held) + payload + BUDGET_OVERHEAD;
}

static bool hold(struct reassembly *o, const struct event_data *data, int64_t ts)
{
	struct reassembly_held *h;

	if (!budget_has(o->budget, held_size(data->payload.len)))
		return false;
	h = malloc(sizeof(*h) + data->payload.len);
	if (!h)
		return false;
	budget_add(o->budget, held_size(data->payload.len));
	*h = (struct reassembly_held){
		.offset = data->offset,
		.len = data->len,
		.ts = ts,
		.begin_ts = data->begin_ts,
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
		.begin_ts = h->begin_ts,
		.payload = span_of(h->bytes, h->kept),
		.direction = h->direction,
		.cut = h->cut,
	};

	*at = h->next;
	if (!h->next)
		o->held_end = at;
	o->held_count--;
	o->held_bytes -= h->kept;
	budget_give(o->budget, held_size(h->kept));
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
	struct run lost = {.len = missing, .ts_first = (*at)->ts, .ts = (*at)->ts};

	give_hole(o, &lost, direction, run, context);
	release_ready(o, run, context);
}

static bool held_too_long(const struct reassembly *o, int64_t now)
{
	return o->held_count > o->patience.events || o->held_bytes > o->patience.bytes ||
	       now - o->held->ts > o->patience.ns;
}

/* There is no memory to wait: what is held goes out, then DATA, with the holes before them. */
static void give_up_order(struct reassembly *o, const struct event_data *data, int64_t ts,
			  reassembly_run_fn *run, void *context)
{
	struct reassembly_stream *stream = &o->streams[data->direction];

	reassembly_finish(o, run, context);
	if (data->offset > stream->next) {
		struct run lost = {.len = data->offset - stream->next, .ts_first = ts, .ts = ts};

		give_hole(o, &lost, data->direction, run, context);
	}
	give_data(o, data, ts, run, context);
}

/* ---- what callers see ---- */

void reassembly_push(struct reassembly *o, const struct event_data *data, int64_t ts,
		     reassembly_run_fn *run, void *context)
{
	struct reassembly_stream *stream = &o->streams[data->direction];

	if (data->len == 0)
		return;
	if (!stream->started) {
		stream->started = true;
		stream->next = data->offset;
	}
	if (!o->held && data->offset <= stream->next) {
		if (data->offset == stream->next && data->payload.len == data->len)
			give_whole(o, data, ts, run, context);
		else
			give_data(o, data, ts, run, context);
		return;
	}
	if (!hold(o, data, ts)) {
		give_up_order(o, data, ts, run, context);
		return;
	}
	release_ready(o, run, context);
	reassembly_expire(o, ts, run, context);
}

void reassembly_expire(struct reassembly *o, int64_t now, reassembly_run_fn *run, void *context)
{
	while (o->held && held_too_long(o, now))
		stop_waiting(o, run, context);
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
		struct run missing = {.len = final[d] - stream->next, .ts_first = ts, .ts = ts};

		if (stream->started && final[d] > stream->next)
			give_hole(o, &missing, (enum direction)d, run, context);
	}
}

void reassembly_free(struct reassembly *o)
{
	while (o->held) {
		struct reassembly_held *next = o->held->next;

		budget_give(o->budget, held_size(o->held->kept));
		free(o->held);
		o->held = next;
	}
}
