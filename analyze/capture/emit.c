/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/emit.h"

void emit_event(struct emitter *emitter, const struct event *event)
{
	if (emitter->error)
		return;
	emitter->totals->events++;
	emitter->error = emitter->sink->event(emitter->sink->context, event);
}

void emit_data(struct emitter *emitter, int64_t ts, uint64_t conn, enum direction direction,
	       uint64_t offset, struct slice payload, const struct address *peer)
{
	struct event event = {.type = EVENT_DATA, .ts = ts};

	event.data = (struct event_data){
		.conn = conn,
		.offset = offset,
		.len = payload.len,
		.payload = span_of(payload.data, payload.captured),
		.fd = -1,
		.call = CALL_CAPTURE,
		.direction = direction,
		.layer = LAYER_WIRE,
		.cut = payload.captured < payload.len ? CUT_SNAPLEN : CUT_NONE,
	};
	if (peer)
		event.data.peer = *peer;
	emitter->totals->data_bytes += payload.captured;
	emitter->totals->cut_bytes += payload.len - payload.captured;
	emit_event(emitter, &event);
}

void emit_loss(struct emitter *emitter, int64_t ts, uint64_t conn, enum direction direction,
	       uint64_t bytes, int64_t since)
{
	struct event event = {.type = EVENT_LOSS, .ts = ts};

	event.loss = (struct event_loss){
		.conn = conn,
		.events = 1, /* at least: nothing tells how many packets it were */
		.bytes = bytes,
		.since = since,
		.cause = LOSS_CAPTURE_GAP,
		.direction = direction,
		.layer = LAYER_WIRE,
	};
	emitter->totals->lost_bytes += bytes;
	emit_event(emitter, &event);
}

void emit_state(struct emitter *emitter, int64_t ts, uint64_t conn, enum conn_state state,
		enum conn_end by, uint16_t error)
{
	struct event event = {.type = EVENT_STATE, .ts = ts};

	event.state = (struct event_state){.conn = conn, .state = state, .by = by, .error = error};
	emit_event(emitter, &event);
}

void emit_close(struct emitter *emitter, int64_t ts, uint64_t conn, uint64_t sent,
		uint64_t received)
{
	struct event event = {.type = EVENT_CLOSE, .ts = ts};

	event.close = (struct event_close){.conn = conn, .sent = sent, .received = received};
	emit_event(emitter, &event);
}
