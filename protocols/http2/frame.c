/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/state.h"

/* Longer DATA frames are taken as they come; of the others all is needed at once. */
#define WHOLE_MAX (64u << 10)

/* As many frames in a row have to be valid before the first of them is believed. */
#define CHAIN 3

static bool at_preface(struct span bytes)
{
	size_t len = bytes.len < HTTP2_PREFACE_LEN ? bytes.len : HTTP2_PREFACE_LEN;

	return len && !memcmp(bytes.data, HTTP2_PREFACE, len);
}

enum frame_status http2_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame)
{
	struct span bytes = cursor_rest(in);
	struct http2_header h;

	(void)state;
	/* A header can't begin like this: its frame would be longer than settings allow. */
	if (side == SIDE_CLIENT && at_preface(bytes)) {
		if (bytes.len < HTTP2_PREFACE_LEN)
			return FRAME_MORE;
		frame->len = HTTP2_PREFACE_LEN;
		frame->kind = HTTP2_KIND_PREFACE;
		return FRAME_DONE;
	}
	if (bytes.len < HTTP2_HEADER_LEN)
		return FRAME_MORE;
	h = http2_header_read((const uint8_t *)bytes.data);
	if (!http2_header_valid(&h, true))
		return FRAME_BAD;
	frame->len = HTTP2_HEADER_LEN + (uint64_t)h.len;
	frame->kind = HTTP2_KIND_FRAME;
	frame->in_parts = h.type == HTTP2_DATA && h.len > WHOLE_MAX;
	return FRAME_DONE;
}

/*
 * Whether frames follow each other from BYTES on: as many as CHAIN, or to just where BYTES end. One
 * that alone fits the end proves little unless it is of a kind that leaves no room for chance.
 */
static bool at_frames(struct span bytes)
{
	unsigned frames = 0, telling = 0;

	while (frames < CHAIN) {
		struct http2_header h;

		if (bytes.len < HTTP2_HEADER_LEN)
			break;
		h = http2_header_read((const uint8_t *)bytes.data);
		if (!http2_header_valid(&h, false) || h.len > WHOLE_MAX)
			return false;
		frames++;
		telling += h.type != HTTP2_DATA || h.stream < 1 << 20;
		if (bytes.len - HTTP2_HEADER_LEN < h.len)
			return frames > 1 && telling > 1;
		bytes = span_of(bytes.data + HTTP2_HEADER_LEN + h.len,
				bytes.len - HTTP2_HEADER_LEN - h.len);
	}
	return frames == CHAIN || (frames && telling && !bytes.len);
}

bool http2_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	for (; cursor_left(in) >= HTTP2_HEADER_LEN; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);

		if (side == SIDE_CLIENT && rest.len >= HTTP2_PREFACE_LEN && at_preface(rest))
			return true;
		if (at_frames(rest))
			return true;
	}
	return false;
}
