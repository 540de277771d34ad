/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/pgsql.h"

#include <stdlib.h>

#include "protocols/pgsql/state.h"
#include "protocols/tls/tls.h"

static void *pgsql_open(struct session *s)
{
	struct pgsql_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->newest = &st->oldest;
	st->shows_rows = session_wants(s, &pgsql_table, PGSQL_COLUMN_ROW_DATA);
	st->started = st->joined = session_midstream(s);
	return st;
}

static void pgsql_close(void *state)
{
	struct pgsql_state *st = state;

	if (!st)
		return;
	pgsql_free_all(st);
	free(st);
}

/* The byte that answers SSLRequest or GSSENCRequest. */
static void take_answer(struct pgsql_state *st, const struct frame *frame)
{
	bool agreed = frame->available && *frame->data != 'N';
	bool gss = st->asked_gss;

	st->asked_ssl = st->asked_gss = false;
	st->sealed = agreed && gss;
	if (st->sealed)
		pgsql_emit_gss(st, frame);
	else if (agreed)
		session_wrap(st->session, &protocol_tls);
}

static void pgsql_message(void *state, const struct frame *frame)
{
	struct pgsql_state *st = state;
	struct span payload = {0};
	uint8_t type;

	if (frame->side == SIDE_CLIENT)
		st->joined = false;
	if (frame->kind == PGSQL_FRAME_SEALED)
		return;
	if (frame->kind == PGSQL_FRAME_ANSWER) {
		take_answer(st, frame);
		return;
	}
	if (frame->kind == PGSQL_FRAME_STARTUP) {
		pgsql_take_startup(st, frame, span_of(frame->data, frame->available));
		return;
	}
	/* In parts: the type alone matters, which was CopyData's. */
	if (frame->in_parts)
		type = 'd';
	else if (!frame->available)
		return;
	else
		type = frame->data[0];
	if (!frame->in_parts && frame->available > PGSQL_HEADER_LEN)
		payload = span_of(frame->data + PGSQL_HEADER_LEN,
				  frame->available - PGSQL_HEADER_LEN);
	if (frame->side == SIDE_CLIENT)
		pgsql_take_client(st, frame, type, payload);
	else
		pgsql_take_server(st, frame, type, payload);
}

/* Of a CopyData that long only its length is kept. */
static void pgsql_part(void *state, const struct frame *frame)
{
	(void)state;
	(void)frame;
}

static void pgsql_lost(void *state, enum side side, uint64_t missing)
{
	struct pgsql_state *st = state;
	struct frame nothing = {.side = side, .ts_first = TIME_UNKNOWN, .ts_last = TIME_UNKNOWN};

	if (!missing || st->sealed)
		return;
	/* What the client was answered shows in what it does: TLS, or a startup. */
	if (side == SIDE_SERVER && (st->asked_ssl || st->asked_gss)) {
		session_switch(st->session, NULL);
		return;
	}
	if (side == SIDE_SERVER) {
		st->server_lost = true;
		st->status = 0;
		for (struct pgsql_op *op = st->oldest; op; op = op->next) {
			st->lost_ts = op->last > st->lost_ts ? op->last : st->lost_ts;
			op->lost |= op->answer_first != TIME_UNKNOWN;
			/* Those behind the oldest may have been asked when more was known. */
			if (op != st->oldest)
				op->status = 0;
		}
		return;
	}
	st->started = true;
	st->joined = false;
	for (struct pgsql_op *op = st->oldest; op; op = op->next)
		op->lost |= op->copy && op->copy != 'H';
	pgsql_op_new(st, PGSQL_GAP, &nothing);
}

static void pgsql_finish(void *state)
{
	pgsql_give_up(state);
}

static const uint16_t ports[] = {5432, 0};
static const char *const alpn[] = {"postgresql", NULL};

static const struct table *const tables[] = {&pgsql_table, NULL};

const struct protocol protocol_pgsql = {
	.name = "pgsql",
	.summary = "PostgreSQL statements with their results",
	.tables = tables,
	.ports = ports,
	.alpn = alpn,
	.stream = true,
	.infer = pgsql_infer,
	.open = pgsql_open,
	.close = pgsql_close,
	.framing =
		{
			.frame = pgsql_frame,
			.resync = pgsql_resync,
			.message = pgsql_message,
			.part = pgsql_part,
			.lost = pgsql_lost,
		},
	.finish = pgsql_finish,
	.pack = pgsql_pack,
	.unpack = pgsql_unpack,
};
