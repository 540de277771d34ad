/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/order.h"

#include <stdlib.h>

/* Data that came early, sorted by offset. */
struct order_held {
	struct order_held *next;
	uint64_t offset;
	uint64_t len;
	int64_t ts;
	enum cut cut;
	size_t kept;
	uint8_t bytes[];
};

void order_init(struct order *o, uint64_t start)
{
	*o = (struct order){
		.started = start != ORDER_START_UNKNOWN,
		.next = start != ORDER_START_UNKNOWN ? start : 0,
	};
}

static void give_hole(struct order *o, const struct run *hole, enum direction direction,
		      order_run_fn *run, void *context)
{
	o->next += hole->len;
	if (!hole->wanted)
		o->lost_bytes += hole->len;
	run(context, direction, hole);
}

/* Gives out LEN bytes at OFFSET, which is not beyond o->next, without what went out before. */
static void give_data(struct order *o, const struct event_data *data, int64_t ts, order_run_fn *run,
		      void *context)
{
	uint64_t repeated = o->next - data->offset;
	const uint8_t *bytes = (const uint8_t *)data->payload.data;
	size_t kept = data->payload.len;
	uint64_t len = data->len;

	if (repeated >= len) {
		o->repeated_bytes += len;
		return;
	}
	o->repeated_bytes += repeated;
	len -= repeated;
	if (repeated < kept) {
		bytes += repeated;
		kept -= repeated;
		o->next += kept;
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

static bool hold(struct order *o, const struct event_data *data, int64_t ts)
{
	struct order_held *h = malloc(sizeof(*h) + data->payload.len);
	struct order_held **at = &o->held;

	if (!h)
		return false;
	*h = (struct order_held){
		.offset = data->offset,
		.len = data->len,
		.ts = ts,
		.cut = data->cut,
		.kept = data->payload.len,
	};
	memcpy(h->bytes, data->payload.data, data->payload.len);
	while (*at && (*at)->offset <= h->offset)
		at = &(*at)->next;
	h->next = *at;
	*at = h;
	o->held_count++;
	o->held_bytes += h->kept;
	return true;
}

/* Gives out the first of the held, which starts at o->next or before. */
static void release_first(struct order *o, enum direction direction, order_run_fn *run,
			  void *context)
{
	struct order_held *h = o->held;
	struct event_data data = {
		.offset = h->offset,
		.len = h->len,
		.payload = span_of(h->bytes, h->kept),
		.direction = direction,
		.cut = h->cut,
	};

	o->held = h->next;
	o->held_count--;
	o->held_bytes -= h->kept;
	give_data(o, &data, h->ts, run, context);
	free(h);
}

static void release_ready(struct order *o, enum direction direction, order_run_fn *run,
			  void *context)
{
	while (o->held && o->held->offset <= o->next)
		release_first(o, direction, run, context);
}

/* Declares lost what precedes the first of the held. */
static void skip_to_held(struct order *o, enum direction direction, order_run_fn *run,
			 void *context)
{
	struct order_held *h = o->held;

	if (h->offset > o->next) {
		struct run lost = {.len = h->offset - o->next, .ts = h->ts};

		give_hole(o, &lost, direction, run, context);
	}
	release_ready(o, direction, run, context);
}

static bool held_too_long(const struct order *o, int64_t now)
{
	if (o->held_count > ORDER_HOLD_EVENTS || o->held_bytes > ORDER_HOLD_BYTES)
		return true;
	for (const struct order_held *h = o->held; h; h = h->next)
		if (now - h->ts > ORDER_HOLD_NS)
			return true;
	return false;
}

bool order_push(struct order *o, const struct event_data *data, int64_t ts, order_run_fn *run,
		void *context)
{
	if (data->len == 0)
		return true;
	if (!o->started) {
		o->started = true;
		o->next = data->offset;
	}
	if (data->offset > o->next) {
		if (!hold(o, data, ts))
			return false;
	} else {
		give_data(o, data, ts, run, context);
		release_ready(o, data->direction, run, context);
	}
	order_advance(o, data->direction, ts, run, context);
	return true;
}

void order_advance(struct order *o, enum direction direction, int64_t now, order_run_fn *run,
		   void *context)
{
	while (o->held && held_too_long(o, now))
		skip_to_held(o, direction, run, context);
}

void order_finish(struct order *o, enum direction direction, order_run_fn *run, void *context)
{
	while (o->held)
		skip_to_held(o, direction, run, context);
}

void order_close(struct order *o, enum direction direction, uint64_t final, int64_t ts,
		 order_run_fn *run, void *context)
{
	order_finish(o, direction, run, context);
	if (o->started && final > o->next) {
		struct run missing = {.len = final - o->next, .ts = ts};

		give_hole(o, &missing, direction, run, context);
	}
}

void order_free(struct order *o)
{
	while (o->held) {
		struct order_held *next = o->held->next;

		free(o->held);
		o->held = next;
	}
}
