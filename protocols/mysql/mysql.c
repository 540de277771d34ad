/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/mysql.h"

#include <stdlib.h>

#include "protocols/mysql/state.h"

static void *mysql_open(struct session *s)
{
	struct mysql_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->newest = &st->oldest;
	st->shows_rows = session_wants(s, &mysql_table, MYSQL_COLUMN_ROW_DATA);
	/* In the middle nobody logs in. */
	st->logged_in = st->undecided = session_midstream(s);
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

/* In the middle the first packets tell whether they are compressed: at last the client's. */
static void decide(struct mysql_state *st, const struct frame *frame)
{
	struct span payload;
	uint32_t plain_len;

	if (mysql_is_compressed(span_of(frame->data, frame->available), &payload, &plain_len))
		mysql_begin_compression(st);
	st->undecided = !st->compressed && frame->side == SIDE_SERVER;
}

static void mysql_message(void *state, const struct frame *frame)
{
	struct mysql_state *st = state;

	if (st->undecided)
		decide(st, frame);
	if (st->compressed) {
		mysql_take_compressed(st, frame);
		return;
	}
	session_tell_contents(st->session, frame->side, span_of(frame->data, frame->available),
			      frame->len - frame->available, false, frame->ts_last);
	mysql_packets.message(st, frame);
}

static void mysql_lost(void *state, enum side side, uint64_t missing)
{
	struct mysql_state *st = state;

	st->inner_lost[side] = st->compressed;
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
