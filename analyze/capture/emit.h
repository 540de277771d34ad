/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_EMIT_H
#define SOCKTAPE_ANALYZE_CAPTURE_EMIT_H

#include "analyze/capture/capture.h"
#include "analyze/capture/slice.h"

/* The way of the events to the sink. */
struct emitter {
	const struct capture_sink *sink;
	struct capture_totals *totals;
	enum tape_error error; /* the first one; nothing is given to the sink after it */
};

void emit_event(struct emitter *emitter, const struct event *event);

/* One end's bytes, or one datagram with its PEER (else NULL). */
void emit_data(struct emitter *emitter, int64_t ts, uint64_t conn, enum direction direction,
	       uint64_t offset, struct slice payload, const struct address *peer);

/* BYTES that one end sent between SINCE and TS aren't in the capture. */
void emit_loss(struct emitter *emitter, int64_t ts, uint64_t conn, enum direction direction,
	       uint64_t bytes, int64_t since);

/* One end (or nobody, by what is known) brought the connection there. */
void emit_state(struct emitter *emitter, int64_t ts, uint64_t conn, enum conn_state state,
		enum conn_end by, uint16_t error);

void emit_close(struct emitter *emitter, int64_t ts, uint64_t conn, uint64_t sent,
		uint64_t received);

#endif
