/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/pgsql/state.h"

/* ---- the beginning ---- */

static void replace(struct pgsql_state *st, struct pgsql_shared **kept, struct span value)
{
	pgsql_unref(st, *kept);
	*kept = pgsql_share(st, value);
}

/* Names and values, then a zero. */
static void take_parameters(struct pgsql_state *st, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	cursor_skip(&c, 8);
	for (;;) {
		struct span name = cursor_until(&c, 0), value;

		if (c.failed || !name.len)
			return;
		value = cursor_until(&c, 0);
		if (span_is(name, "user"))
			replace(st, &st->user, value);
		else if (span_is(name, "database"))
			replace(st, &st->database, value);
		else if (span_is(name, "application_name"))
			replace(st, &st->application, value);
	}
}

void pgsql_take_startup(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t code;

	cursor_skip(&c, 4);
	code = cursor_be32(&c);
	if (code == PGSQL_SSL) {
		st->asked_ssl = true;
	} else if (code == PGSQL_GSS) {
		st->asked_gss = true;
	} else if (code == PGSQL_CANCEL) {
		pgsql_emit_cancel(st, frame, cursor_rest(&c));
	} else {
		st->started = true;
		st->auth = NULL;
		take_parameters(st, payload);
		/* A client that names none gets the one that is called as the user. */
		if (!st->database)
			st->database = pgsql_ref(st->user);
		pgsql_op_new(st, PGSQL_STARTUP, frame);
	}
}

/* ---- extended queries ---- */

/* A Parse's payload begins with its name. */
static bool is_named(const struct pgsql_shared *parse, struct span name)
{
	struct span payload = pgsql_span(parse);

	return payload.len > name.len && !payload.data[name.len] &&
	       memcmp(payload.data, name.data, name.len) == 0;
}

static void take_parse(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct span name = cursor_until(&c, 0);
	struct pgsql_op *op = pgsql_op_new(st, PGSQL_PARSE, frame);

	if (!op)
		return;
	op->text = pgsql_share(st, payload);
	if (c.failed)
		return;
	if (name.len) {
		/* What another of this name told isn't true any more. */
		pgsql_forget_statement(st, name);
		pgsql_learn_statement(st, name, payload);
		pgsql_unref(st, st->named);
		st->named = pgsql_ref(op->text);
		return;
	}
	pgsql_unref(st, st->unnamed);
	pgsql_unref(st, st->unnamed_types);
	pgsql_unref(st, st->unnamed_columns);
	st->unnamed = pgsql_ref(op->text);
	st->unnamed_types = st->unnamed_columns = NULL;
}

static void take_bind(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct span name = cursor_until(&c, 0), statement = cursor_until(&c, 0);
	struct pgsql_op *op = pgsql_op_new(st, PGSQL_BIND, frame);
	struct pgsql_portal *portal = op && !c.failed ? pgsql_portal_new(st) : NULL;

	if (!portal)
		return;
	portal->name = pgsql_share(st, name);
	if (statement.len) {
		portal->statement = pgsql_share(st, statement);
		if (is_named(st->named, statement))
			portal->parse = pgsql_ref(st->named);
	} else {
		portal->parse = pgsql_ref(st->unnamed);
		portal->types = pgsql_ref(st->unnamed_types);
		portal->columns = pgsql_ref(st->unnamed_columns);
	}
	portal->bind = pgsql_share(st, cursor_rest(&c));
	op->portal = portal;
	pgsql_portal_open(st, portal);
}

static struct pgsql_portal *use_portal(struct pgsql_state *st, struct span name)
{
	struct pgsql_portal *portal = pgsql_portal_find(st, name);

	if (portal) {
		portal->refs++;
		return portal;
	}
	/* Its Bind was not seen. */
	portal = pgsql_portal_new(st);
	if (portal)
		portal->name = pgsql_share(st, name);
	return portal;
}

static void take_execute(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct pgsql_op *op = pgsql_op_new(st, PGSQL_EXECUTE, frame);

	if (op)
		op->portal = use_portal(st, cursor_until(&c, 0));
}

static void take_target(struct pgsql_state *st, const struct frame *frame, enum pgsql_op_kind kind,
			struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct pgsql_op *op = pgsql_op_new(st, kind, frame);
	struct span name;

	if (!op)
		return;
	op->target = (char)cursor_u8(&c);
	name = cursor_until(&c, 0);
	op->text = pgsql_share(st, name);
	if (kind == PGSQL_DESCRIBE && op->target == 'P')
		op->portal = use_portal(st, name);
	if (kind == PGSQL_CLOSE && op->target == 'P')
		pgsql_portal_close(st, name);
	if (kind == PGSQL_CLOSE && op->target == 'S')
		pgsql_forget_statement(st, name);
}

/* ---- all of them ---- */

static void take_query(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct pgsql_op *op = pgsql_op_new(st, PGSQL_QUERY, frame);
	struct span text = cursor_until(&c, 0);

	if (op)
		op->text = pgsql_share(st, c.failed ? payload : text);
}

/*
 * Bytes of the server are missing, and the client, which waits for its answers, goes on: what it
 * asked before has had them.
 */
static void end_lost_answers(struct pgsql_state *st, const struct frame *frame, uint8_t type)
{
	bool begins = strchr("QPBDEF", type) != NULL;
	struct pgsql_op *last = st->oldest;

	if (!st->server_lost || !begins || frame->ts_first <= st->lost_ts)
		return;
	while (last && last->next)
		last = last->next;
	if (last && last->kind != PGSQL_SYNC && last->kind != PGSQL_QUERY)
		return;
	pgsql_give_up(st);
	st->server_lost = false;
}

static struct pgsql_op *copying(struct pgsql_state *st)
{
	struct pgsql_op *op = st->oldest;

	while (op && !op->copy)
		op = op->next;
	return op;
}

static void take_copy_of_client(struct pgsql_state *st, const struct frame *frame,
				struct span payload)
{
	struct pgsql_op *op = copying(st);

	if (!op)
		return;
	op->req_bytes += frame->len;
	op->last = frame->ts_last;
	pgsql_take_copy(st, op, SIDE_CLIENT, payload, frame->len - PGSQL_HEADER_LEN);
}

/* CopyDone or CopyFail. */
static void end_copy_of_client(struct pgsql_state *st, const struct frame *frame)
{
	struct pgsql_op *op = copying(st);

	if (!op)
		return;
	op->req_bytes += frame->len;
	op->last = frame->ts_last;
	op->copy_over = true;
}

/* While data is copied in, a server does not look at it (its manual, "COPY Operations"). */
static void take_sync(struct pgsql_state *st, const struct frame *frame)
{
	const struct pgsql_op *op = copying(st);

	if (!op || op->copy == 'H' || op->copy_over || op->answered)
		pgsql_op_new(st, PGSQL_SYNC, frame);
}

static void take_function(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct pgsql_op *op = pgsql_op_new(st, PGSQL_FUNCTION, frame);

	if (op)
		op->text = pgsql_share(st, payload);
}

/* Of SASL the mechanism stands before what is secret. */
static void take_proof(struct pgsql_state *st, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct span mechanism = cursor_until(&c, 0);

	if (st->oldest)
		st->oldest->proof_due = false;
	if (!st->chooses)
		return;
	st->chooses = false;
	if (!c.failed)
		replace(st, &st->mechanism, mechanism);
}

void pgsql_take_client(struct pgsql_state *st, const struct frame *frame, uint8_t type,
		       struct span payload)
{
	end_lost_answers(st, frame, type);
	switch (type) {
	case 'Q':
		take_query(st, frame, payload);
		break;
	case 'P':
		take_parse(st, frame, payload);
		break;
	case 'B':
		take_bind(st, frame, payload);
		break;
	case 'E':
		take_execute(st, frame, payload);
		break;
	case 'D':
		take_target(st, frame, PGSQL_DESCRIBE, payload);
		break;
	case 'C':
		take_target(st, frame, PGSQL_CLOSE, payload);
		break;
	case 'S':
		take_sync(st, frame);
		break;
	case 'F':
		take_function(st, frame, payload);
		break;
	case 'd':
		take_copy_of_client(st, frame, payload);
		break;
	case 'c':
	case 'f':
		end_copy_of_client(st, frame);
		break;
	case 'p':
		take_proof(st, payload);
		break;
	default: /* Flush, Terminate */
		break;
	}
}
