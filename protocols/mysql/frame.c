/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"

/* Longer packets are taken as they come: of them only the length counts. */
#define WHOLE_MAX (4u << 20)

enum frame_status mysql_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame)
{
	const struct mysql_state *st = state;
	struct cursor c = *in;
	uint32_t len = cursor_le24(&c);

	(void)side;
	if (cursor_left(in) < MYSQL_HEADER_LEN)
		return FRAME_MORE;
	if (st->compressed) {
		frame->len = MYSQL_COMPRESSED_HEADER_LEN + (uint64_t)len;
		return FRAME_DONE;
	}
	frame->len = MYSQL_HEADER_LEN + (uint64_t)len;
	frame->in_parts = len > WHOLE_MAX;
	return FRAME_DONE;
}

static enum frame_status packet_frame(const void *state, enum side side, const struct cursor *in,
				      struct frame *frame)
{
	struct cursor c = *in;
	uint32_t len = cursor_le24(&c);

	(void)state;
	(void)side;
	if (cursor_left(in) < MYSQL_HEADER_LEN)
		return FRAME_MORE;
	frame->len = MYSQL_HEADER_LEN + (uint64_t)len;
	frame->in_parts = len > WHOLE_MAX;
	return FRAME_DONE;
}

/* ---- after a hole ---- */

static bool is_command_start(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c), command = cursor_u8(&c);

	return !c.failed && seq == 0 && len > 0 && len < MYSQL_PACKET_MAX &&
	       mysql_command_name(command) && command != MYSQL_SLEEP;
}

/* Packets whose numbers go up by one, at least three of them, or two up to the end. */
static bool is_server_run(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	unsigned packets = 0;
	uint8_t expected = 0;

	while (packets < 3 && cursor_left(&c) >= MYSQL_HEADER_LEN) {
		uint32_t len = cursor_le24(&c);
		uint8_t seq = cursor_u8(&c);

		if (!len || (packets && seq != expected))
			return false;
		packets++;
		expected = (uint8_t)(seq + 1);
		if (len > cursor_left(&c))
			return packets > 1;
		cursor_skip(&c, len);
	}
	return packets >= 3 || (packets == 2 && !cursor_left(&c));
}

/* An answer of one packet: OK or an error, up to the end. */
static bool is_single_answer(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c), first;

	if (c.failed || seq != 1 || len != cursor_left(&c) || len < 7)
		return false;
	first = cursor_u8(&c);
	return first == 0 || (first == 0xff && cursor_left(&c) > 8 && c.pos[2] == '#');
}

bool mysql_resync(void *state, enum side side, struct cursor *in)
{
	struct mysql_state *st = state;

	/* Nothing tells where compressed packets begin but their place. */
	if (st->compressed) {
		cursor_skip(in, cursor_left(in));
		return false;
	}
	for (; cursor_left(in) > MYSQL_HEADER_LEN; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);

		if (side == SIDE_CLIENT ? is_command_start(rest)
					: is_server_run(rest) || is_single_answer(rest))
			return true;
	}
	return false;
}

/* ---- packets ---- */

static void packet(void *state, const struct frame *frame)
{
	struct mysql_state *st = state;
	uint64_t len = frame->len - MYSQL_HEADER_LEN;
	bool more = st->goes_on[frame->side];
	struct span payload = {0};
	uint8_t seq;

	if (!frame->in_parts && frame->available < MYSQL_HEADER_LEN) {
		mysql_packets.lost(st, frame->side, frame->len);
		return;
	}
	st->goes_on[frame->side] = len == MYSQL_PACKET_MAX;
	/* The rest of a long one belongs to what began it. */
	if (more)
		return;
	/* Of one in parts the payload isn't kept, nor its header. */
	seq = frame->in_parts ? 1 : frame->data[3];
	if (!frame->in_parts)
		payload = span_of(frame->data + MYSQL_HEADER_LEN,
				  frame->available - MYSQL_HEADER_LEN);
	if (frame->side == SIDE_CLIENT)
		mysql_take_client(st, frame, frame->in_parts ? 0 : seq, payload, len);
	else
		mysql_take_server(st, frame, seq, payload, len);
}

static void packet_part(void *state, const struct frame *frame)
{
	(void)state;
	(void)frame;
}

static void packets_lost(void *state, enum side side, uint64_t missing)
{
	struct mysql_state *st = state;

	(void)missing;
	st->goes_on[side] = false;
	st->server_lost = true;
	if (st->oldest && st->oldest->stage != MYSQL_STAGE_BEGIN && side == SIDE_SERVER) {
		st->oldest->lost = true;
		st->oldest->stage = MYSQL_STAGE_SKIP;
	}
}

const struct framing mysql_packets = {
	.frame = packet_frame,
	.resync = mysql_resync,
	.message = packet,
	.part = packet_part,
	.lost = packets_lost,
};
