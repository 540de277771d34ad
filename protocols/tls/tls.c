/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/tls/tls.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/tls/ssl2.h"
#include "protocols/tls/state.h"

static void *tls_open(struct session *s)
{
	struct tls_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->finished = TIME_UNKNOWN;
	for (int side = 0; side < 2; side++)
		st->first[side] = st->last[side] = TIME_UNKNOWN;
	tls_recharge(st);
	return st;
}

static void tls_close(void *state)
{
	struct tls_state *st = state;

	if (!st)
		return;
	tls_free_texts(st);
	budget_give(session_budget(st->session), st->charged);
	tls_decrypt_free(st->decrypt);
	free(st);
}

/* ---- records ---- */

static bool is_header(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint8_t type = cursor_u8(&c);
	uint16_t version = cursor_be16(&c), len = cursor_be16(&c);

	return !c.failed && type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_HEARTBEAT &&
	       version >= 0x0300 && version <= 0x0304 && len <= TLS_RECORD_MAX;
}

static enum frame_status ssl2_frame(struct span bytes, struct frame *frame)
{
	size_t len = tls_ssl2_record_len(bytes);

	if (!len)
		return FRAME_MORE;
	frame->kind = TLS_SSL2_RECORD;
	frame->len = len;
	return FRAME_DONE;
}

/* Whether the first record of SIDE is one of SSL 2.0. */
static enum start begins_as_ssl2(const struct tls_state *st, enum side side, struct span bytes)
{
	if (st->first[side] != TIME_UNKNOWN || (side == SIDE_SERVER && !st->has_client_hello))
		return START_NOT;
	return tls_ssl2_begins(bytes, side == SIDE_SERVER);
}

static enum frame_status tls_frame(const void *state, enum side side, const struct cursor *in,
				   struct frame *frame)
{
	const struct tls_state *st = state;
	struct cursor c = *in;
	enum start ssl2;

	if (st->ssl2)
		return ssl2_frame(cursor_rest(in), frame);
	if (cursor_left(in) < TLS_RECORD_HEADER_LEN)
		return FRAME_MORE;
	ssl2 = begins_as_ssl2(st, side, cursor_rest(in));
	if (ssl2 != START_NOT)
		return ssl2 == START_SURELY ? ssl2_frame(cursor_rest(in), frame) : FRAME_MORE;
	if (!is_header(cursor_rest(in)))
		return FRAME_BAD;
	frame->kind = cursor_u8(&c);
	cursor_skip(&c, 2);
	frame->len = TLS_RECORD_HEADER_LEN + (uint64_t)cursor_be16(&c);
	/* Without keys nobody looks into it. */
	frame->in_parts = frame->kind == TLS_APPLICATION_DATA && !tls_has_keys(state);
	return FRAME_DONE;
}

static bool tls_resync(void *state, enum side side, struct cursor *in)
{
	const struct tls_state *st = state;

	(void)side;
	/* Nothing tells where one of SSL 2.0 begins. */
	if (st->ssl2)
		cursor_skip(in, cursor_left(in));
	for (; cursor_left(in) >= 2 * TLS_RECORD_HEADER_LEN; cursor_skip(in, 1)) {
		struct span rest = cursor_rest(in);
		size_t len;

		if (!is_header(rest))
			continue;
		len = TLS_RECORD_HEADER_LEN + ((size_t)(uint8_t)rest.data[3] << 8) +
		      (uint8_t)rest.data[4];
		/* Another one behind it, or it ends what is there. */
		if (len == rest.len ||
		    (len < rest.len && is_header(span_of(rest.data + len, rest.len - len))))
			return true;
	}
	return false;
}

/* The client sends no more than its last word and data under the new keys. */
static void finish_handshake(struct tls_state *st, const struct frame *frame)
{
	if (st->done || !st->has_server_hello)
		return;
	st->done = true;
	st->finished = frame->ts_last;
}

#define SSL2_HEADER_LEN 2

static void take_encrypted(struct tls_state *st, const struct frame *frame, size_t header_len)
{
	struct tls_side *side = &st->sides[frame->side];

	side->records++;
	side->bytes += frame->len - header_len;
	if (frame->side == SIDE_CLIENT)
		finish_handshake(st, frame);
}

/* In TLS 1.3 a ChangeCipherSpec means nothing (RFC 8446, appendix D.4). */
static bool is_for_middleboxes(const struct tls_state *st, enum side side)
{
	if (st->version)
		return st->version >= 0x0304;
	/* Before it is answered no client changes its keys but to send early data. */
	return side == SIDE_CLIENT && st->has_client_hello && !st->sides[SIDE_SERVER].lost;
}

static void change_cipher(struct tls_state *st, const struct frame *frame)
{
	struct tls_side *side = &st->sides[frame->side];

	side->ccs++;
	if (is_for_middleboxes(st, frame->side)) {
		if (st->decrypt)
			tls_decrypt_plain(st->decrypt, frame);
		return;
	}
	side->encrypted = true;
	if (st->decrypt)
		tls_decrypt_change_cipher(st->decrypt, frame);
}

/* An alert, or a part of the handshake. */
static void take_word(struct tls_state *st, const struct frame *frame)
{
	struct tls_side *side = &st->sides[frame->side];
	struct span payload = {0};

	if (frame->available > TLS_RECORD_HEADER_LEN)
		payload = span_of(frame->data + TLS_RECORD_HEADER_LEN,
				  frame->available - TLS_RECORD_HEADER_LEN);
	if (side->encrypted && st->version < 0x0304) {
		/* Finished: the last word of TLS 1.2. */
		if (frame->kind == TLS_HANDSHAKE && frame->side == SIDE_CLIENT)
			finish_handshake(st, frame);
		if (tls_can_open(st))
			tls_open_record(st, frame);
		return;
	}
	if (frame->lost || frame->cut) {
		side->lost |= frame->kind == TLS_HANDSHAKE;
		return;
	}
	if (tls_can_open(st))
		tls_decrypt_plain(st->decrypt, frame);
	if (frame->kind == TLS_HANDSHAKE)
		tls_take_handshake(st, frame, payload, false);
	else
		tls_take_alert(st, frame->side, payload, false);
}

static void take_ssl2(struct tls_state *st, const struct frame *frame)
{
	struct span record = span_of(frame->data, frame->available);

	if (!st->ssl2 && frame->side == SIDE_CLIENT)
		tls_take_ssl2_client_hello(st, record);
	else if (!st->ssl2)
		tls_take_ssl2_server_hello(st, record);
	else
		take_encrypted(st, frame, SSL2_HEADER_LEN);
}

/* Where the handshake was not seen, any record is the first that is known of the connection. */
static void note_first(struct tls_state *st, const struct frame *frame)
{
	if (st->first[frame->side] != TIME_UNKNOWN)
		return;
	st->first[frame->side] = st->last[frame->side] = frame->ts_first;
	st->position[frame->side] = frame->offset;
}

static void tls_message(void *state, const struct frame *frame)
{
	struct tls_state *st = state;

	note_first(st, frame);
	switch (frame->kind) {
	case TLS_APPLICATION_DATA:
		take_encrypted(st, frame, TLS_RECORD_HEADER_LEN);
		if (!frame->in_parts && tls_can_open(st))
			tls_open_record(st, frame);
		break;
	case TLS_CHANGE_CIPHER_SPEC:
		change_cipher(st, frame);
		break;
	case TLS_ALERT:
	case TLS_HANDSHAKE:
		take_word(st, frame);
		tls_recharge(st);
		break;
	case TLS_SSL2_RECORD:
		take_ssl2(st, frame);
		tls_recharge(st);
		break;
	default:
		break;
	}
}

/* Nobody looks into what is encrypted. */
static void tls_part(void *state, const struct frame *frame)
{
	(void)state;
	(void)frame;
}

static void tls_lost(void *state, enum side side, uint64_t missing)
{
	struct tls_state *st = state;

	/* Nothing is missing, nothing came before: a server that doesn't speak TLS. */
	if (side == SIDE_SERVER && missing == 0 && st->has_client_hello &&
	    st->first[SIDE_SERVER] == TIME_UNKNOWN)
		st->answered_in_clear = true;
	/* Of what is encrypted it can be seen later whether it went well. */
	st->sides[side].lost |= !st->done && !st->sides[side].encrypted;
	st->sides[side].missing |= missing != 0;
	buffer_clear(&st->sides[side].message);
}

static void tls_finish(void *state)
{
	tls_finish_opened(state);
	tls_emit(state);
	tls_tell(state);
}

static const uint16_t ports[] = {443, 8443, 993, 995, 465, 853, 0};

static const struct table *const tables[] = {&tls_table, NULL};

const struct protocol protocol_tls = {
	.name = "tls",
	.summary = "TLS handshakes, and how much went through",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.encrypts = true,
	.infer = tls_infer,
	.starts = tls_starts,
	.open = tls_open,
	.close = tls_close,
	.pack = tls_pack,
	.unpack = tls_unpack,
	.framing =
		{
			.frame = tls_frame,
			.resync = tls_resync,
			.message = tls_message,
			.part = tls_part,
			.lost = tls_lost,
		},
	.finish = tls_finish,
};
