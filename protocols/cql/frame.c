/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"

/* ---- frames ---- */

static unsigned version_of(const struct cql_state *st, enum side side)
{
	return st->version[side] ? st->version[side] : st->version[side_opposite(side)];
}

/*
 * Whether a segment begins there is told by its checksum alone: up to READY there are none, and
 * who comes later doesn't know where that was.
 */
static bool begins_segment(const struct cql_state *st, enum side side, struct span bytes,
			   struct cql_segment *segment)
{
	unsigned version = version_of(st, side);
	enum cql_segment_form form = CQL_SEGMENT_ANY;

	if (version && !cql_has_segments(version))
		return false;
	if (st->compression == CQL_COMPRESSION_NONE)
		form = CQL_SEGMENT_PLAIN;
	else if (st->compression == CQL_COMPRESSION_LZ4)
		form = CQL_SEGMENT_LZ4;
	return cql_segment_read(bytes, form, segment);
}

enum frame_status cql_frame(const void *state, enum side side, const struct cursor *in,
			    struct frame *frame)
{
	struct cursor c = *in;
	struct cql_segment segment;
	struct cql_header header;

	/* No frame is shorter than this, of either kind. */
	if (cursor_left(in) < CQL_HEADER_LEN)
		return FRAME_MORE;
	if (begins_segment(state, side, cursor_rest(in), &segment)) {
		frame->kind = CQL_FRAME_SEGMENT;
		frame->len = (uint64_t)segment.header_len + segment.len + CQL_SEGMENT_TRAILER_LEN;
		return FRAME_DONE;
	}
	if (!cql_header_read(&c, &header) || header.response != (side == SIDE_SERVER))
		return FRAME_BAD;
	frame->kind = CQL_FRAME_ENVELOPE;
	frame->len = CQL_HEADER_LEN + (uint64_t)header.len;
	frame->in_parts = header.len > CQL_PART_MIN;
	return FRAME_DONE;
}

/* ---- after a hole ---- */

/* Whether more may follow the message of an error. */
static bool has_details(int32_t code)
{
	switch (code) {
	case CQL_ERROR_SERVER:
	case CQL_ERROR_PROTOCOL:
	case CQL_ERROR_AUTHENTICATION:
	case CQL_ERROR_OVERLOADED:
	case CQL_ERROR_BOOTSTRAPPING:
	case CQL_ERROR_TRUNCATE:
	case CQL_ERROR_SYNTAX:
	case CQL_ERROR_UNAUTHORIZED:
	case CQL_ERROR_INVALID:
	case CQL_ERROR_CONFIG:
		return false;
	default:
		return true;
	}
}

/* What today's peers don't send is taken for none, though a version to come may. */
static enum cql_fit response_fit(const struct cql_header *header, struct span body)
{
	struct cql_response r;

	cql_response_read(header, body, &r);
	if (r.fit == CQL_WHOLE && r.beyond)
		return CQL_BAD;
	if (r.fit != CQL_CUT && header->opcode == CQL_ERROR &&
	    (!cql_error_name(r.error_code) || (r.details.len && !has_details(r.error_code))))
		return CQL_BAD;
	return r.fit;
}

static enum cql_fit request_fit(const struct cql_header *header, struct span body)
{
	struct cql_request r;

	cql_request_read(header, body, &r);
	if (r.fit == CQL_WHOLE && r.beyond)
		return CQL_BAD;
	if (r.fit != CQL_BAD && r.query.flags & ~(uint32_t)CQL_QUERY_FLAGS)
		return CQL_BAD;
	return r.fit;
}

enum cql_fit cql_body_fit(const struct cql_header *header, struct span body)
{
	return header->response ? response_fit(header, body) : request_fit(header, body);
}

/* Of a body so much is read to judge whether it is one. */
#define LOOKED_AT_MAX 4096

/* Whether what ends such a message has no length of its own, and so is never seen to be cut. */
static bool is_open(unsigned opcode)
{
	return opcode == CQL_RESULT || opcode == CQL_ERROR || opcode == CQL_EVENT;
}

bool cql_is_envelope(struct span bytes, enum side side, unsigned version, struct cql_header *header)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct span body;
	enum cql_fit fit;

	if (!cql_header_read(&c, header) || header->response != (side == SIDE_SERVER) ||
	    (version && header->version != version) || !cql_header_is_usual(header))
		return false;
	body = cursor_rest(&c);
	if (body.len > header->len)
		body.len = header->len;
	if (header->flags & CQL_FLAG_COMPRESSED)
		return true;
	if (body.len > LOOKED_AT_MAX)
		body.len = LOOKED_AT_MAX;
	fit = cql_body_fit(header, body);
	if (body.len == header->len || fit == CQL_BAD)
		return fit == CQL_WHOLE;
	return fit == CQL_CUT || is_open(header->opcode);
}

/* One that is whole has another behind it, or is the last that is there. */
static bool is_followed(struct span bytes, enum side side, const struct cql_header *first)
{
	uint64_t len = CQL_HEADER_LEN + (uint64_t)first->len;
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct cql_header next;

	if (bytes.len < len + CQL_HEADER_LEN)
		return true;
	cursor_skip(&c, (size_t)len);
	return cql_header_read(&c, &next) && next.response == (side == SIDE_SERVER) &&
	       next.version == first->version && cql_header_is_usual(&next);
}

bool cql_resync(void *state, enum side side, struct cursor *in)
{
	struct cql_state *st = state;

	for (; cursor_left(in) >= CQL_HEADER_LEN; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);
		struct cql_segment segment;
		struct cql_header header;

		if (begins_segment(st, side, rest, &segment))
			return true;
		if (cql_is_envelope(rest, side, version_of(st, side), &header) &&
		    is_followed(rest, side, &header))
			return true;
	}
	return false;
}
