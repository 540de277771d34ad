/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_STREAM_H
#define SOCKTAPE_ANALYZE_PCAPNG_STREAM_H

#include "analyze/pcapng/borders.h"
#include "analyze/pcapng/facts.h"
#include "analyze/pcapng/opening.h"
#include "analyze/pcapng/packet.h"
#include "format/pack.h"

/*
 * Makes the TCP segments of one connection out of its data: a handshake, the bytes in the order of
 * their positions, and how it ended.
 *   - What was lost is a step in the sequence numbers; so is what a call moved beyond what was
 *     kept, except that the beginning of that is shown as segments that were cut.
 *   - Each segment acknowledges all that came before it; nothing else is acknowledged, because
 *     nobody recorded when (but for one segment in half a gigabyte, which TCP can't do without).
 *   - No segment holds more than a hundred messages, where it is known where they end: Wireshark
 *     gives up dissecting one that makes its tree too deep (gui.max_tree_depth).
 */
struct stream;

/*
 * Takes a segment. DIRECTION is that of the recorded process, TS monotonic; times never go back
 * within a connection. NOTE is for a person, mostly empty.
 */
typedef void stream_packet_fn(void *context, const struct packet *packet, enum direction direction,
			      int64_t ts, struct span note);

/* Segments without any kept byte that an export may spend on what was cut, however much it was. */
#define STREAM_CUT_SEGMENTS 65536

struct stream_options {
	struct place place;
	uint64_t id;	/* makes the initial sequence numbers differ */
	bool midstream; /* the handshake is made up, and marked as such: packet.h */
	bool patient;	/* what is missing may still come from the other end's recording */
	struct opening opening;
	uint64_t start[2]; /* position of the first byte by direction */
	/* Where segments have to end, by direction; from each end's recording. Outlive the stream.
	 */
	const struct borders *borders[2][2];
	struct budget *budget;	/* for what is held back; may be NULL */
	uint64_t *cut_segments; /* what is left of STREAM_CUT_SEGMENTS; shared by all streams */
	stream_packet_fn *packet;
	void *context;
};

/* Gives out the handshake, at TS. NULL when there is no memory. */
struct stream *stream_new(const struct stream_options *options, int64_t ts);

/* Where there is no memory to put it in order, what it would wait for is shown as lost. */
void stream_data(struct stream *s, const struct event_data *data, int64_t ts);

/* Whether data is held back; what was held too long by NOW is given out. */
bool stream_waits(const struct stream *s);
void stream_expire(struct stream *s, int64_t now);

/*
 * Puts what S is into OUT, to be freed and taken up again with what it was made for and a new
 * CONTEXT. Not while data is held back.
 */
void stream_pack(const struct stream *s, struct buffer *out);
struct stream *stream_unpack(struct unpack *in, void *context); /* NULL: no memory */

/* Bytes of memory of one that holds nothing back. */
size_t stream_size(void);

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
