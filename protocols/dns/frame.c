/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/frame.h"

#include "protocols/dns/number.h"
#include "protocols/dns/shape.h"

/* The header is enough to see that a length can't be one; malformed messages are still messages. */
enum frame_status dns_frame(void *state, enum side side, struct cursor *in, struct frame *frame)
{
	struct dns_header header;
	size_t len = cursor_be16(in);

	(void)state;
	(void)side;
	if (in->failed)
		return FRAME_MORE;
	if (len < DNS_HEADER_LEN)
		return FRAME_BAD;
	dns_header_read(in, &header);
	if (in->failed)
		return FRAME_MORE;
	if (!dns_number_name(&dns_opcodes, (uint16_t)dns_opcode(&header)))
		return FRAME_BAD;
	frame->len = DNS_TCP_PREFIX + len;
	return FRAME_DONE;
}

enum guess {
	GUESS_NO,
	GUESS_YES,
	GUESS_MORE /* too little is there to say */
};

/* Whether a frame of this side starts at AT. */
static enum guess guess_frame(struct span at, enum side side)
{
	struct cursor c = cursor_of(at.data, at.len);
	size_t len = cursor_be16(&c);
	size_t left = cursor_left(&c);
	struct span body = span_of(c.pos, left < len ? left : len);
	struct dns_shape shape;

	if (c.failed)
		return GUESS_MORE;
	if (len < DNS_HEADER_LEN)
		return GUESS_NO;
	if (left < DNS_HEADER_LEN)
		return GUESS_MORE;
	shape = dns_shape_of(body, len);
	if (shape.grade < DNS_GRADE_HEADER ||
	    (shape.header.flags & DNS_QR ? SIDE_SERVER : SIDE_CLIENT) != side)
		return GUESS_NO;
	if (shape.grade >= DNS_GRADE_WHOLE)
		return GUESS_YES;
	if (left >= len)
		return GUESS_NO;
	if (shape.grade == DNS_GRADE_QUESTION)
		return GUESS_YES;
	/* The first record is at most a name, ten octets and, for EDNS, what a name can't be. */
	return left < DNS_HEADER_LEN + 255 + 10 ? GUESS_MORE : GUESS_NO;
}

/*
 * The first place that surely is a frame. While there is none, what may turn out to be one stays;
 * it doesn't hide a sure one behind it, for the end may come before the rest does.
 */
bool dns_resync(void *state, enum side side, struct cursor *in)
{
	const uint8_t *maybe = NULL;

	(void)state;
	for (; cursor_left(in) > 0; cursor_skip(in, 1)) {
		enum guess guess = guess_frame(cursor_rest(in), side);

		if (guess == GUESS_YES)
			return true;
		if (guess == GUESS_MORE && !maybe)
			maybe = in->pos;
	}
	if (maybe)
		in->pos = maybe;
	return false;
}
