/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"

/* Longer packets are taken as they come: of them only the length counts. */
#define WHOLE_MAX (4u << 20)

/*
 * What nobody asked for isn't this long: a client begins with 0, and a server goes on with the
 * number behind the command's.
 */
static bool is_plausible(const struct mysql_state *st, enum side side, uint32_t len, uint8_t seq)
{
	const struct mysql_op *op = st->oldest;

	if (len <= WHOLE_MAX || st->goes_on[side])
		return true;
	if (side == SIDE_CLIENT)
		return seq == 0 || (op && op->stage == MYSQL_STAGE_INFILE);
	return op && (op->stage != MYSQL_STAGE_BEGIN || seq == op->next_seq || op->results);
}

/* So much of a packet is waited for to know whether it is compressed. */
#define TELLING_MAX (64u << 10)

/* False: more bytes will tell whether the packet that begins here is compressed. */
static bool tells_compression(struct span bytes, bool *compressed)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c), plain_len;
	struct span payload;

	*compressed = mysql_is_compressed(bytes, &payload, &plain_len);
	if (*compressed || len > TELLING_MAX || bytes.len >= MYSQL_COMPRESSED_HEADER_LEN + len)
		return true;
	/* A short one that ends where it should isn't, nor one whose data would begin otherwise. */
	return bytes.len == MYSQL_HEADER_LEN + len ||
	       (bytes.len >= MYSQL_COMPRESSED_HEADER_LEN + 2 && plain_len);
}

enum frame_status mysql_frame(const void *state, enum side side, const struct cursor *in,
			      struct frame *frame)
{
	const struct mysql_state *st = state;
	struct cursor c = *in;
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c);
	bool compressed = st->compressed;

	if (cursor_left(in) < MYSQL_HEADER_LEN)
		return FRAME_MORE;
	if (st->undecided && !tells_compression(cursor_rest(in), &compressed))
		return FRAME_MORE;
	if (compressed) {
		uint32_t plain_len = cursor_le24(&c);

		if (c.failed)
			return FRAME_MORE;
		/* What gets longer by it, gets little longer. */
		if (plain_len && len > 2 * (uint64_t)plain_len + 1024)
			return FRAME_BAD;
		frame->len = MYSQL_COMPRESSED_HEADER_LEN + (uint64_t)len;
		return FRAME_DONE;
	}
	if (!is_plausible(st, side, len, seq))
		return FRAME_BAD;
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
	       mysql_command_name(command) && command != MYSQL_SLEEP && command != MYSQL_CLONE &&
	       command != MYSQL_GROUP_REPLICATION;
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

#define SEQ_LIKELY_MAX 8

/* An answer of one packet: OK or an error, up to the end. */
static bool is_single_answer(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c), first;

	/* A login is answered with a higher number. */
	if (c.failed || !seq || seq > SEQ_LIKELY_MAX || len != cursor_left(&c) || len < 7)
		return false;
	first = cursor_u8(&c);
	return first == 0 || (first == 0xff && cursor_left(&c) > 8 && c.pos[2] == '#');
}

static bool packet_resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	for (; cursor_left(in) > MYSQL_HEADER_LEN; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);

		if (side == SIDE_CLIENT ? is_command_start(rest)
					: is_server_run(rest) || is_single_answer(rest))
			return true;
	}
	return false;
}

/* One, and behind it another one, or the end. */
static bool at_compressed(struct span bytes)
{
	struct span payload;
	uint32_t plain_len;
	size_t len;

	if (!mysql_is_compressed(bytes, &payload, &plain_len))
		return false;
	len = (size_t)(payload.data - bytes.data) + payload.len;
	bytes = span_of(bytes.data + len, bytes.len - len);
	return !bytes.len || mysql_is_compressed(bytes, &payload, &plain_len);
}

static bool resync_compressed(struct cursor *in)
{
	for (; cursor_left(in) > MYSQL_COMPRESSED_HEADER_LEN; cursor_skip(in, 1))
		if (at_compressed(cursor_rest(in)))
			return true;
	return false;
}

bool mysql_resync(void *state, enum side side, struct cursor *in)
{
	const struct mysql_state *st = state;

	return st->compressed ? resync_compressed(in) : packet_resync(state, side, in);
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
	struct mysql_op *op = st->oldest;

	(void)missing;
	st->goes_on[side] = false;
	st->server_lost = true;
	if (!op || side != SIDE_SERVER)
		return;
	/* Who logs in is told to be in, whatever was said before. */
	op->lost |= op->stage != MYSQL_STAGE_BEGIN && op->answer_first != TIME_UNKNOWN;
	if (op->stage == MYSQL_STAGE_BEGIN || op->stage == MYSQL_STAGE_AUTH)
		return;
	op->lost = true;
	op->stage = MYSQL_STAGE_SKIP;
}

const struct framing mysql_packets = {
	.frame = packet_frame,
	.resync = packet_resync,
	.message = packet,
	.part = packet_part,
	.lost = packets_lost,
};
