/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_STREAM_H
#define SOCKTAPE_ANALYZE_PCAPNG_STREAM_H

#include "analyze/pcapng/facts.h"
#include "analyze/pcapng/packet.h"

/*
 * Makes the TCP segments of one connection out of its data: a handshake, the bytes in the order of
 * their positions, and how it ended.
 *   - What was lost is a step in the sequence numbers; so is what a call moved beyond what was
 *     kept, except that the beginning of that is shown as segments that were cut.
 *   - Each segment acknowledges all that came before it; nothing else is acknowledged, because
 *     nobody recorded when (but for one segment in half a gigabyte, which TCP can't do without).
 */
struct stream;

/*
 * Takes a segment. DIRECTION is that of the recorded process, TS monotonic; times never go back
 * within a connection. NOTE is for a person, mostly empty.
 */
typedef void stream_packet_fn(void *context, const struct packet *packet, enum direction direction,
			      int64_t ts, struct span note);

struct stream_options {
	struct place place;
	uint64_t id;	   /* makes the initial sequence numbers differ */
	uint64_t start[2]; /* position of the first byte by direction */
	stream_packet_fn *packet;
	void *context;
};

/* Gives out the handshake, at TS. NULL when there is no memory. */
struct stream *stream_new(const struct stream_options *options, int64_t ts);

/* Where there is no memory to put it in order, what it would wait for is shown as lost. */
void stream_data(struct stream *s, const struct event_data *data, int64_t ts);

/* How a connection ended. */
struct stream_end {
	bool closed;	   /* else it was still open when the recording ended */
	bool remote_first; /* the other end closed first */
	uint64_t final[2]; /* positions at the end, by direction; 0: unknown */
	int64_t ts;
};

/* Gives out what was held back, and the FINs. Nothing may follow. */
void stream_finish(struct stream *s, const struct stream_end *end);

void stream_free(struct stream *s); /* NULL is fine */

#endif
