/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"
#include "protocols/value/json.h"

/* ---- whom a message answers ---- */

#define KIND(kind) (1u << PGSQL_##kind)

#define STATEMENTS (KIND(QUERY) | KIND(EXECUTE))

static bool is_of(const struct pgsql_op *op, unsigned kinds)
{
	return kinds >> op->kind & 1;
}

static void give_up_oldest(struct pgsql_state *st)
{
	struct pgsql_op *op = st->oldest;

	if (!op->answered && is_of(op, STATEMENTS | KIND(STARTUP) | KIND(FUNCTION)))
		pgsql_emit(st, op, &(struct pgsql_end){.lost = true, .missed = st->server_lost});
	pgsql_op_done(st);
}

void pgsql_give_up(struct pgsql_state *st)
{
	while (st->oldest)
		give_up_oldest(st);
}

/* Whether what was lost of the client lies before OP for sure: OP was asked before this answer. */
static bool gap_is_over(const struct pgsql_op *gap, unsigned kinds, const struct frame *frame)
{
	return gap->next && is_of(gap->next, kinds) && frame->ts_first >= gap->next->first;
}

static bool ends_turn(const struct pgsql_op *op)
{
	return is_of(op, KIND(SYNC) | KIND(QUERY) | KIND(STARTUP) | KIND(FUNCTION));
}

/*
 * Behind a hole of the server an answer belongs to the last turn that was asked before it: clients
 * wait for their answers, but for pipelines. In that turn it is for the first that it fits.
 */
static struct pgsql_op *aligned(struct pgsql_state *st, unsigned kinds, const struct frame *frame)
{
	struct pgsql_op *found = NULL;
	bool begins = true, in_turn = false;

	for (struct pgsql_op *op = st->oldest; op; op = op->next) {
		if (begins && op->first > frame->ts_first)
			break;
		in_turn &= !begins;
		if (is_of(op, kinds) && !in_turn) {
			found = op;
			in_turn = true;
		}
		begins = ends_turn(op);
	}
	while (found && st->oldest != found)
		give_up_oldest(st);
	return found;
}

/*
 * The op that a message for one of KINDS answers; NULL: what was asked is not known. Only where
 * bytes are missing may it be another than the oldest.
 */
static struct pgsql_op *front(struct pgsql_state *st, unsigned kinds, const struct frame *frame)
{
	struct pgsql_op *op = st->oldest;

	if (op && op->kind == PGSQL_GAP && gap_is_over(op, kinds, frame)) {
		pgsql_op_done(st);
		op = st->oldest;
	}
	if (op && st->server_lost) {
		op = aligned(st, kinds, frame);
		if (op) {
			st->server_lost = false;
			op->after_hole = op->answer_first == TIME_UNKNOWN;
			op->lost |= op->kind == PGSQL_STARTUP;
		}
	}
	if (!op || !is_of(op, kinds))
		return NULL;
	if (op->answer_first == TIME_UNKNOWN)
		op->answer_first = frame->ts_first;
	op->answer_last = frame->ts_last;
	op->resp_bytes += frame->len;
	op->lost |= frame->lost && !frame->cut;
	return op;
}

/* An answer that says nothing but that something was done. */
static void done(struct pgsql_state *st, unsigned kinds, const struct frame *frame)
{
	if (front(st, kinds, frame))
		pgsql_op_done(st);
}

/* ---- extended queries ---- */

/* Whether the client has already asked to run what it prepares. */
static bool runs_soon(const struct pgsql_op *op)
{
	for (op = op->next; op && op->kind != PGSQL_SYNC; op = op->next)
		if (op->kind == PGSQL_BIND)
			return true;
	return false;
}

static void take_parse_complete(struct pgsql_state *st, const struct frame *frame)
{
	struct pgsql_op *op = front(st, KIND(PARSE), frame);

	if (!op)
		return;
	if (!runs_soon(op))
		pgsql_emit(st, op, &(struct pgsql_end){0});
	pgsql_op_done(st);
}

static void take_parameter_types(struct pgsql_state *st, const struct frame *frame,
				 struct span payload)
{
	struct pgsql_op *op = front(st, KIND(DESCRIBE), frame);
	struct cursor c = cursor_of(payload.data, payload.len);
	struct span types;

	if (!op || op->target != 'S')
		return;
	cursor_skip(&c, 2);
	types = cursor_rest(&c);
	if (op->text && op->text->len) {
		pgsql_learn_types(st, pgsql_span(op->text), types);
		return;
	}
	pgsql_unref(st, st->unnamed_types);
	st->unnamed_types = pgsql_share(st, types);
}

static void keep_columns(struct pgsql_state *st, struct pgsql_shared **kept, struct span payload)
{
	pgsql_unref(st, *kept);
	*kept = pgsql_share(st, payload);
}

static void take_row_description(struct pgsql_state *st, const struct frame *frame,
				 struct span payload)
{
	struct pgsql_op *op = front(st, STATEMENTS | KIND(DESCRIBE), frame);

	if (!op)
		return;
	if (op->kind != PGSQL_DESCRIBE) {
		keep_columns(st, &op->columns, payload);
		return;
	}
	if (op->target == 'P' && op->portal)
		keep_columns(st, &op->portal->columns, payload);
	else if (op->text && op->text->len)
		pgsql_learn_columns(st, pgsql_span(op->text), payload);
	else
		keep_columns(st, &st->unnamed_columns, payload);
	pgsql_op_done(st);
}

/* ---- results ---- */

static void complete(struct pgsql_state *st, const struct frame *frame, const struct pgsql_end *end)
{
	struct pgsql_op *op = front(st, STATEMENTS, frame);

	if (!op) {
		pgsql_emit_orphan(st, frame, end);
		return;
	}
	pgsql_emit(st, op, end);
	op->answered = true;
	if (op->kind == PGSQL_EXECUTE)
		pgsql_op_done(st);
}

/* What sends the log says that the copy is complete, and then that the command is: one statement.
 */
static bool is_said_again(const struct pgsql_op *op, struct span tag)
{
	return op && op->kind == PGSQL_QUERY && op->answered && span_is(tag, "START_REPLICATION");
}

static void take_complete(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct span tag = cursor_until(&c, 0);

	if (!is_said_again(st->oldest, tag))
		complete(st, frame, &(struct pgsql_end){.tag = tag});
}

static void begin_copy(struct pgsql_state *st, const struct frame *frame, char type)
{
	struct pgsql_op *op = front(st, STATEMENTS, frame);

	if (!op)
		return;
	op->copy = type;
	op->copy_over = false;
	/* The client could not know: what it sends while it copies in is not looked at. */
	if (type != 'H')
		pgsql_op_drop_next(st, op, PGSQL_SYNC);
}

/* ---- errors ---- */

/*
 * What failed, to a person: the execution, though it may have been its Parse or Bind that the
 * server refused.
 */
static struct pgsql_op *representative(struct pgsql_op *op)
{
	struct pgsql_op *later = op;

	if (op->kind == PGSQL_QUERY || op->kind == PGSQL_EXECUTE)
		return op;
	while (later && later->kind != PGSQL_SYNC && later->kind != PGSQL_EXECUTE)
		later = later->next;
	return later && later->kind == PGSQL_EXECUTE ? later : op;
}

static void take_error(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct pgsql_error error = pgsql_error_read(payload);
	const struct pgsql_end end = {.error = &error};
	unsigned kinds = STATEMENTS | KIND(STARTUP) | KIND(PARSE) | KIND(BIND) | KIND(DESCRIBE) |
			 KIND(CLOSE) | KIND(FUNCTION) | KIND(SYNC);
	struct pgsql_op *op = front(st, kinds, frame), *shown;

	if (!op) {
		pgsql_emit_orphan(st, frame, &end);
		return;
	}
	shown = representative(op);
	shown->answer_first = op->answer_first;
	shown->answer_last = op->answer_last;
	pgsql_emit(st, shown, &end);
	op->answered = shown->answered = true;
	if (op->kind != PGSQL_QUERY && op->kind != PGSQL_FUNCTION)
		st->skipping = true;
}

static void take_notice(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct pgsql_error notice = pgsql_error_read(payload);
	struct pgsql_op *op = st->oldest;

	if (!op || op->kind == PGSQL_GAP) {
		pgsql_emit_notice(st, frame, &notice);
		return;
	}
	if (!pgsql_op_room(st, &op->notices, notice.message.len + 64))
		return;
	json_list_next(&op->notices);
	buffer_append_text(&op->notices, "{\"severity\":");
	json_append_string(&op->notices, notice.severity);
	buffer_append_text(&op->notices, ",\"sqlstate\":");
	json_append_string(&op->notices, notice.sqlstate);
	buffer_append_text(&op->notices, ",\"message\":");
	json_append_string(&op->notices, notice.message);
	buffer_append_char(&op->notices, '}');
	pgsql_op_settle(st, op);
}

/* ---- the ends of turns ---- */

static void end_op(struct pgsql_state *st, struct pgsql_op *op)
{
	if (op->answered)
		return;
	if (op->kind == PGSQL_EXECUTE)
		pgsql_emit(st, op,
			   &(struct pgsql_end){.skipped = st->skipping, .lost = !st->skipping});
	else if (op->kind == PGSQL_STARTUP)
		pgsql_emit(st, op, &(struct pgsql_end){0});
	else if (op->kind == PGSQL_QUERY || op->kind == PGSQL_FUNCTION)
		pgsql_emit(st, op, &(struct pgsql_end){.lost = true});
}

/* Everything up to what asked for it is over. */
static void take_ready(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	unsigned asks = KIND(SYNC) | KIND(QUERY) | KIND(STARTUP) | KIND(FUNCTION);
	struct pgsql_op *op = st->oldest;
	bool last = false;

	st->status = payload.len ? *payload.data : 0;
	if (op && op->kind == PGSQL_GAP && !gap_is_over(op, asks | STATEMENTS, frame))
		return;
	while (op && !is_of(op, asks))
		op = op->next;
	if (!op)
		return;
	op->answer_last = frame->ts_last;
	if (op->kind == PGSQL_STARTUP) {
		op->answer_first = op->answer_first == TIME_UNKNOWN ? frame->ts_first
								    : op->answer_first;
		op->resp_bytes += frame->len;
	}
	while (!last) {
		last = st->oldest == op;
		end_op(st, st->oldest);
		pgsql_op_done(st);
	}
	st->skipping = false;
	/* They end with the transaction; what is asked already may have opened others. */
	if (st->status == 'I' && !st->oldest)
		pgsql_portals_close(st);
}

static void take_startup_answer(struct pgsql_state *st, const struct frame *frame)
{
	front(st, KIND(STARTUP), frame);
}

/* The server proves itself, and wants nothing more: AuthenticationSASLFinal. */
#define AUTH_SASL_FINAL 12

/* Which proof the server wants (its manual, "Message Formats": Authentication...). */
static void take_authentication(struct pgsql_state *st, const struct frame *frame,
				struct span payload)
{
	static const char *const methods[] = {
		[0] = "none", [2] = "kerberos", [3] = "password", [5] = "md5",
		[6] = "scm",  [7] = "gss",	[9] = "sspi",	  [10] = "sasl",
	};
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t code = cursor_be32(&c);

	take_startup_answer(st, frame);
	if (st->oldest && st->oldest->kind == PGSQL_STARTUP)
		st->oldest->proof_due = code && code != AUTH_SASL_FINAL;
	st->chooses = code == 10;
	if (code >= sizeof(methods) / sizeof(methods[0]) || !methods[code] || c.failed)
		return;
	/* At last it says that it is content, which is none only where nothing was asked. */
	if (code || (!st->auth && !(st->oldest && st->oldest->lost)))
		st->auth = methods[code];
}

/* NegotiateProtocolVersion: what the client asked for is more than the server can. */
static void take_negotiation(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t version = cursor_be32(&c), count = cursor_be32(&c);

	take_startup_answer(st, frame);
	if (c.failed)
		return;
	buffer_clear(&st->negotiated);
	buffer_printf(&st->negotiated, "the server speaks protocol 3.%u", version & 0xffff);
	for (bool first = true; count > 0 && cursor_left(&c); count--, first = false) {
		buffer_append_text(&st->negotiated, first ? ", and doesn't know " : ", ");
		buffer_append_span(&st->negotiated, cursor_until(&c, 0));
	}
}

static void take_parameter(struct pgsql_state *st, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	if (!span_is(cursor_until(&c, 0), "application_name"))
		return;
	pgsql_unref(st, st->application);
	st->application = pgsql_share(st, cursor_until(&c, 0));
}

static void take_notification(struct pgsql_state *st, const struct frame *frame,
			      struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t pid = cursor_be32(&c);
	struct span channel = cursor_until(&c, 0);

	pgsql_emit_notification(st, frame, pid, channel, cursor_until(&c, 0));
}

static void take_data(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct pgsql_op *op = front(st, STATEMENTS, frame);

	if (op)
		pgsql_take_row(st, op, payload, payload.len + PGSQL_HEADER_LEN == frame->len);
}

static void take_copy_data(struct pgsql_state *st, const struct frame *frame, struct span payload)
{
	struct pgsql_op *op = front(st, STATEMENTS, frame);

	if (op)
		pgsql_take_copy(st, op, SIDE_SERVER, payload, frame->len - PGSQL_HEADER_LEN);
}

void pgsql_take_server(struct pgsql_state *st, const struct frame *frame, uint8_t type,
		       struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct pgsql_op *op;

	switch (type) {
	case '1':
		take_parse_complete(st, frame);
		break;
	case '2':
		done(st, KIND(BIND), frame);
		break;
	case '3':
		done(st, KIND(CLOSE), frame);
		break;
	case 'n':
		done(st, KIND(DESCRIBE), frame);
		break;
	case 't':
		take_parameter_types(st, frame, payload);
		break;
	case 'T':
		take_row_description(st, frame, payload);
		break;
	case 'D':
		take_data(st, frame, payload);
		break;
	case 'C':
		take_complete(st, frame, payload);
		break;
	case 'I':
		complete(st, frame, &(struct pgsql_end){0});
		break;
	case 's':
		complete(st, frame, &(struct pgsql_end){.suspended = true});
		break;
	case 'V':
		op = front(st, KIND(FUNCTION), frame);
		if (op) {
			pgsql_take_result(st, op, payload);
			pgsql_emit(st, op, &(struct pgsql_end){0});
			op->answered = true;
		}
		break;
	case 'G':
	case 'H':
	case 'W':
		begin_copy(st, frame, (char)type);
		break;
	case 'd':
		take_copy_data(st, frame, payload);
		break;
	case 'E':
		take_error(st, frame, payload);
		break;
	case 'N':
		take_notice(st, frame, payload);
		break;
	case 'Z':
		take_ready(st, frame, payload);
		break;
	case 'R':
		take_authentication(st, frame, payload);
		break;
	case 'v':
		take_negotiation(st, frame, payload);
		break;
	case 'S':
		take_startup_answer(st, frame);
		take_parameter(st, payload);
		break;
	case 'K':
		take_startup_answer(st, frame);
		st->pid = cursor_be32(&c);
		pgsql_learn_backend(st, payload);
		break;
	case 'A':
		take_notification(st, frame, payload);
		break;
	default: /* CopyDone */
		break;
	}
}
