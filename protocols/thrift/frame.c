/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/state.h"

/* With so many bytes of a message it can be told that it is one, but for long names. */
#define TELLTALE_LEN 64

static enum frame_status frame_framed(struct span data, struct frame *frame)
{
	struct cursor c = cursor_of(data.data, data.len);
	uint32_t len = cursor_be32(&c);

	if (c.failed)
		return FRAME_MORE;
	if (!len || len > THRIFT_FRAME_MAX)
		return FRAME_BAD;
	frame->len = 4 + (uint64_t)len;
	frame->kind = THRIFT_FRAMED;
	frame->in_parts = len > THRIFT_PIECE;
	return FRAME_DONE;
}

/* A message without its length: as far as the walk through its structure comes. */
static enum frame_status frame_plain(const struct thrift_walk *from, struct span data,
				     struct frame *frame)
{
	struct thrift_walk *walk = frame->memo;
	size_t pos = frame->scanned;
	struct thrift_head head;
	enum frame_status status;

	if (!pos && from->depth) {
		*walk = *from;
	} else if (!pos) {
		status = thrift_head_read(data, &head);
		if (status != FRAME_DONE)
			return status;
		thrift_walk_begin(walk, head.encoding);
		pos = head.len;
	}
	status = thrift_walk(walk, data, THRIFT_PIECE, &pos);
	frame->scanned = pos;
	frame->len = pos;
	frame->kind = walk->depth ? THRIFT_GOES_ON : 0;
	if (status != FRAME_BAD || walk->depth != THRIFT_DEPTH_MAX)
		return status;
	/* What came until then is told; where the next one begins has to be searched for. */
	frame->kind = THRIFT_TOO_DEEP;
	return FRAME_DONE;
}

/* Whether PAYLOAD, LEN long in all, is a message, maybe behind THeader or Finagle's structure. */
static enum frame_status check_payload(struct span payload, uint32_t len)
{
	struct thrift_theader theader;
	struct thrift_head head;
	struct thrift_body body;
	enum frame_status status;

	if (payload.len > len)
		payload.len = len;
	status = thrift_theader_read(payload, &theader);
	if (status == FRAME_DONE || (status == FRAME_MORE && payload.len < len))
		return status;
	status = thrift_head_read(payload, &head);
	/* There won't be more of it. */
	if (status == FRAME_MORE && payload.len == len)
		status = FRAME_BAD;
	if (status != FRAME_BAD || !payload.len)
		return status;
	if (thrift_body_read(payload, &body))
		return FRAME_DONE;
	return payload.len < len && payload.len < THRIFT_PIECE ? FRAME_MORE : FRAME_BAD;
}

/* The first message that is seen: is its length before it? */
static enum frame_status frame_first(const struct thrift_walk *walk, struct span data,
				     struct frame *frame)
{
	struct cursor c = cursor_of(data.data, data.len);
	struct thrift_head head;
	enum frame_status plain = thrift_head_read(data, &head), framed;
	uint32_t len = cursor_be32(&c);

	if (c.failed)
		return plain == FRAME_BAD ? FRAME_BAD : FRAME_MORE;
	framed = len && len <= THRIFT_FRAME_MAX ? check_payload(cursor_rest(&c), len) : FRAME_BAD;
	if (framed == FRAME_DONE)
		return frame_framed(data, frame);
	if (plain == FRAME_DONE)
		return frame_plain(walk, data, frame);
	return framed == FRAME_BAD && plain == FRAME_BAD ? FRAME_BAD : FRAME_MORE;
}

enum frame_status thrift_frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	const struct thrift_state *st = state;
	const struct thrift_walk *walk = &st->walk[side];
	struct span data = cursor_rest(in);

	if (st->framed[side])
		return frame_framed(data, frame);
	if (!data.len)
		return FRAME_MORE;
	if (walk->depth || frame->scanned)
		return frame_plain(walk, data, frame);
	return frame_first(walk, data, frame);
}

/* ---- after a loss ---- */

/* A message whose kind is that of SIDE. */
static enum frame_status check_message(struct span data, enum side side)
{
	struct thrift_head head;
	enum frame_status status = thrift_head_read(data, &head);

	if (status != FRAME_DONE)
		return status;
	if (head.encoding == THRIFT_BINARY_OLD &&
	    !thrift_struct_len(head.encoding, span_of(data.data + head.len, data.len - head.len)))
		return FRAME_BAD;
	if ((side == SIDE_CLIENT) != (head.kind == THRIFT_CALL || head.kind == THRIFT_ONEWAY))
		return FRAME_BAD;
	return FRAME_DONE;
}

/* A message behind THEADER; of one that is compressed nothing is known. */
static enum frame_status check_behind(const struct thrift_theader *theader, struct span payload,
				      enum side side)
{
	if (theader->transform_count || theader->opaque)
		return FRAME_DONE;
	return check_message(span_of(payload.data + theader->len, payload.len - theader->len),
			     side);
}

static enum frame_status check_framed(struct span data, enum side side)
{
	struct cursor c = cursor_of(data.data, data.len);
	uint32_t len = cursor_be32(&c);
	struct thrift_theader theader;
	struct thrift_body body;
	struct span payload = cursor_rest(&c);

	if (c.failed)
		return FRAME_MORE;
	if (!len || len > THRIFT_FRAME_MAX)
		return FRAME_BAD;
	if (payload.len > len)
		payload.len = len;
	if (check_message(payload, side) == FRAME_DONE)
		return FRAME_DONE;
	if (thrift_theader_read(payload, &theader) == FRAME_DONE)
		return check_behind(&theader, payload, side);
	/* A structure of Finagle's, with its ids first or empty. */
	if (payload.len && (payload.data[0] == THRIFT_STOP || payload.data[0] == THRIFT_I64) &&
	    thrift_body_read(payload, &body) && body.header.len)
		return FRAME_DONE;
	return payload.len < len && payload.len < TELLTALE_LEN ? FRAME_MORE : FRAME_BAD;
}

bool thrift_resync(void *state, enum side side, struct cursor *in)
{
	const struct thrift_state *st = state;

	for (; cursor_left(in); cursor_skip(in, 1)) {
		struct span data = cursor_rest(in);
		bool plain = data.data[0] == '\x80' || data.data[0] == '\x82';
		enum frame_status status;

		if (st->framed[side] || !plain)
			status = check_framed(data, side);
		else
			status = check_message(data, side);
		if (status == FRAME_DONE)
			return true;
		/* Enough of the rest to tell is waited for. */
		if (status == FRAME_MORE && data.len < TELLTALE_LEN)
			return false;
	}
	return false;
}
