/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_THRIFT_THEADER_H
#define SOCKTAPE_PROTOCOLS_THRIFT_THEADER_H

#include "protocols/codec/codec.h"
#include "protocols/thrift/wire.h"

/* Messages may be compressed several times; nobody does it more than once. */
#define THRIFT_TRANSFORMS_MAX 4

/*
 * What the transport "THeader" puts between a frame's length and its message
 * (doc/specs/HeaderFormat.md).
 */
struct thrift_theader {
	int32_t sequence_id;
	enum codec transforms[THRIFT_TRANSFORMS_MAX]; /* that were applied, one after the other */
	unsigned transform_count;
	bool opaque;	   /* something was done to the message that can't be undone */
	struct span infos; /* headers, and the padding behind them */
	size_t len;	   /* the message begins behind */
};

/* DONE, MORE or BAD. TEXT: what stands behind the frame's length. */
enum frame_status thrift_theader_read(struct span text, struct thrift_theader *header);

/* Appends the headers as a JSON object, with about LIMIT bytes at most; false: there are more. */
bool thrift_theader_json(const struct thrift_theader *header, struct buffer *out, size_t limit);

/* Appends the message in PAYLOAD, up to LIMIT bytes; false: not all of it could be had. */
bool thrift_theader_decode(const struct thrift_theader *header, struct codec_contexts *codecs,
			   struct span payload, struct buffer *out, size_t limit);

#endif
