/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/frame.h"

#include "protocols/dns/exchange.h"
#include "protocols/dns/name.h"
#include "protocols/dns/number.h"
#include "protocols/dns/shape.h"

enum guess {
	GUESS_NO,
	GUESS_YES,
	GUESS_MORE /* too little is there to say */
};

/* The header and, when there is one, the longest record without its data. */
#define GUESS_BYTES (DNS_HEADER_LEN + DNS_NAME_MAX + 10)

/*
 * Whether a frame of this side starts at AT: by its header and its first record, so that it doesn't
 * matter how much of the rest is there.
 */
static enum guess guess_frame(struct span at, enum side side)
{
	struct cursor c = cursor_of(at.data, at.len);
	size_t len = cursor_be16(&c);
	size_t left = cursor_left(&c);
	struct dns_shape shape;

	if (c.failed)
		return GUESS_MORE;
	if (len < DNS_HEADER_LEN)
		return GUESS_NO;
	if (left < DNS_HEADER_LEN)
		return GUESS_MORE;
	shape = dns_shape_of(span_of(c.pos, left < len ? left : len), len);
	if (shape.grade < DNS_GRADE_HEADER ||
	    (shape.header.flags & DNS_QR ? SIDE_SERVER : SIDE_CLIENT) != side)
		return GUESS_NO;
	if (shape.grade == DNS_GRADE_QUESTION || shape.grade == DNS_GRADE_STRICT ||
	    len == DNS_HEADER_LEN)
		return GUESS_YES;
	return left < len && left < GUESS_BYTES ? GUESS_MORE : GUESS_NO;
}

/* Where frames follow each other, malformed messages are messages, too. */
static enum guess expect_frame(struct cursor in)
{
	struct dns_header header;
	size_t len = cursor_be16(&in);

	if (in.failed)
		return GUESS_MORE;
	if (len < DNS_HEADER_LEN)
		return GUESS_NO;
	dns_header_read(&in, &header);
	if (in.failed)
		return GUESS_MORE;
	return dns_number_name(&dns_opcodes, (uint16_t)dns_opcode(&header)) ? GUESS_YES : GUESS_NO;
}

enum frame_status dns_frame(const void *state, enum side side, const struct cursor *in,
			    struct frame *frame)
{
	bool synced = dns_exchange_synced(state, side);
	struct cursor len = *in;

	switch (synced ? expect_frame(*in) : guess_frame(cursor_rest(in), side)) {
	case GUESS_MORE:
		return FRAME_MORE;
	case GUESS_NO:
		return FRAME_BAD;
	case GUESS_YES:
		break;
	}
	frame->len = DNS_TCP_PREFIX + cursor_be16(&len);
	return FRAME_DONE;
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
