/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/mysql.h"

#include <stdlib.h>

#include "protocols/mysql/state.h"

/* A compressed packet grows to no more than what its length can say. */
#define PLAIN_MAX MYSQL_PACKET_MAX

static void *mysql_open(struct session *s)
{
	struct mysql_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->newest = &st->oldest;
	/* In the middle nobody logs in. */
	st->logged_in = session_midstream(s);
	return st;
}

static void mysql_close(void *state)
{
	struct mysql_state *st = state;

	if (!st)
		return;
	mysql_free_all(st);
	free(st);
}

static void take_plain(struct mysql_state *st, const struct frame *outer, struct span bytes)
{
	session_tell_contents(st->session, outer->side, bytes, 0, true, outer->ts_last);
	inner_bytes(st->inner, outer->side, bytes, outer);
}

static void take_hole(struct mysql_state *st, const struct frame *outer, uint64_t len)
{
	session_tell_contents(st->session, outer->side, (struct span){0}, len, true,
			      outer->ts_last);
	inner_hole(st->inner, outer->side, len, false, outer);
}

/* Some packets, or parts of them, compressed together. */
static void take_compressed(struct mysql_state *st, const struct frame *frame)
{
	struct cursor c = cursor_of(frame->data, frame->available);
	uint32_t plain_len;
	struct span bytes;
	enum codec_end end;

	cursor_skip(&c, 4);
	plain_len = cursor_le24(&c);
	bytes = cursor_rest(&c);
	if (c.failed || frame->lost || frame->cut) {
		take_hole(st, frame, plain_len ? plain_len : frame->len);
		return;
	}
	/* Short ones aren't worth it. */
	if (!plain_len) {
		take_plain(st, frame, bytes);
		return;
	}
	buffer_clear(&st->plain);
	end = codec_decode(&st->codecs,
			   st->capabilities & MYSQL_CAP_ZSTD &&
					   !(st->capabilities & MYSQL_CAP_COMPRESS)
				   ? CODEC_ZSTD
				   : CODEC_GZIP,
			   bytes, &st->plain, plain_len < PLAIN_MAX ? plain_len : PLAIN_MAX);
	take_plain(st, frame, buffer_span(&st->plain));
	if (end != CODEC_DONE && st->plain.len < plain_len)
		take_hole(st, frame, plain_len - st->plain.len);
}

static void mysql_message(void *state, const struct frame *frame)
{
	struct mysql_state *st = state;

	if (st->compressed) {
		take_compressed(st, frame);
		return;
	}
	session_tell_contents(st->session, frame->side, span_of(frame->data, frame->available),
			      frame->len - frame->available, false, frame->ts_last);
	mysql_packets.message(st, frame);
}

static void mysql_lost(void *state, enum side side, uint64_t missing)
{
	struct mysql_state *st = state;

	/* How much it was, once decompressed, nobody knows. */
	if (st->compressed)
		session_tell_contents(st->session, side, (struct span){0}, 1, true, 0);
	mysql_packets.lost(st, side, missing);
}

static void mysql_finish(void *state)
{
	struct mysql_state *st = state;

	if (st->inner)
		inner_finish(st->inner);
	mysql_give_up(st);
}

static void mysql_part(void *state, const struct frame *frame)
{
	(void)state;
	(void)frame;
}

static const uint16_t ports[] = {3306, 0};

static const struct table *const tables[] = {&mysql_table, NULL};

const struct protocol protocol_mysql = {
	.name = "mysql",
	.summary = "MySQL and MariaDB commands with their results",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = mysql_infer,
	.open = mysql_open,
	.close = mysql_close,
	.framing =
		{
			.frame = mysql_frame,
			.resync = mysql_resync,
			.message = mysql_message,
			.part = mysql_part,
			.lost = mysql_lost,
		},
	.finish = mysql_finish,
	.pack = mysql_pack,
	.unpack = mysql_unpack,
};
