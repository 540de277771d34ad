/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"
#include "protocols/tls/tls.h"

/* What of a request is kept: its text, or its parameters. */
#define TEXT_MAX (16u << 20)

static void set(struct buffer *kept, struct span value)
{
	buffer_clear(kept);
	buffer_append_span(kept, value);
}

/* ---- the beginning ---- */

static void take_login(struct mysql_state *st, const struct frame *frame, uint8_t seq,
		       struct span payload)
{
	struct mysql_login login;
	struct mysql_op *op;

	st->logged_in = true;
	if (!mysql_login_read(payload, &login))
		return;
	if (login.is_ssl_request) {
		st->logged_in = false;
		session_wrap(st->session, &protocol_tls);
		return;
	}
	/* What both can do is done; a greeting that was not seen forbids nothing. */
	st->capabilities = st->greeted ? st->capabilities & login.capabilities : login.capabilities;
	st->capabilities |= login.capabilities & MYSQL_CAP_QUERY_ATTRIBUTES;
	st->capabilities_known = true;
	st->eof_known = true;
	st->eof_deprecated = st->capabilities & MYSQL_CAP_DEPRECATE_EOF;
	set(&st->user, login.user);
	set(&st->database, login.database);
	set(&st->plugin, login.plugin);
	op = mysql_op_new(st, MYSQL_LOGIN, frame);
	if (!op)
		return;
	op->stage = MYSQL_STAGE_AUTH;
	op->next_seq = (uint8_t)(seq + 1);
}

/* ---- commands ---- */

static void keep_text(struct mysql_state *st, struct mysql_op *op, struct span text, uint64_t len)
{
	if (text.len < len || !mysql_room(st, &op->text, text.len, TEXT_MAX)) {
		op->cut = true;
		if (!mysql_room(st, &op->text, text.len, TEXT_MAX))
			return;
	}
	buffer_append_span(&op->text, text);
	mysql_op_settle(st, op);
}

static void take_long_data(struct mysql_state *st, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct mysql_statement *s = mysql_statement_get(st, cursor_le32(&c));
	uint16_t index = cursor_le16(&c);
	uint32_t len = (uint32_t)cursor_left(&c);

	if (c.failed || !s || !mysql_room(st, &s->long_data, len + 6, TEXT_MAX))
		return;
	buffer_append(&s->long_data, &index, sizeof(index));
	buffer_append(&s->long_data, &len, sizeof(len));
	buffer_append_span(&s->long_data, cursor_rest(&c));
	mysql_statement_settle(st, s);
}

static uint32_t id_of(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	return cursor_le32(&c);
}

/* Those that get no answer. */
static bool take_silent(struct mysql_state *st, unsigned command, struct span payload)
{
	struct mysql_statement *s;

	switch (command) {
	case MYSQL_QUIT:
		return true;
	case MYSQL_LONG_DATA:
		take_long_data(st, payload);
		return true;
	case MYSQL_CLOSE:
		mysql_statement_close(st, id_of(payload));
		return true;
	case MYSQL_RESET:
		s = mysql_statement_find(st, id_of(payload));
		if (s)
			buffer_clear(&s->long_data);
		return false;
	default:
		return false;
	}
}

static void take_change_user(struct mysql_state *st, struct mysql_op *op, struct span payload)
{
	struct mysql_login login;

	op->stage = MYSQL_STAGE_AUTH;
	if (!mysql_change_user_read(payload, st->capabilities, &login))
		return;
	set(&st->user, login.user);
	set(&st->database, login.database);
	set(&st->plugin, login.plugin);
}

static bool has_statement(unsigned command)
{
	return command == MYSQL_EXECUTE || command == MYSQL_FETCH || command == MYSQL_RESET ||
	       command == MYSQL_BULK_EXECUTE;
}

static void take_command(struct mysql_state *st, const struct frame *frame, struct span payload,
			 uint64_t len)
{
	unsigned command = payload.len ? (uint8_t)payload.data[0] : MYSQL_UNKNOWN;
	struct span rest = {0};
	struct mysql_op *op;

	if (payload.len > 1)
		rest = span_of(payload.data + 1, payload.len - 1);

	if (!mysql_command_name(command) || take_silent(st, command, rest))
		return;
	op = mysql_op_new(st, command, frame);
	if (!op)
		return;
	keep_text(st, op, rest, len ? len - 1 : 0);
	if (has_statement(command))
		op->statement = id_of(rest);
	if (command == MYSQL_CHANGE_USER)
		take_change_user(st, op, rest);
	else if (command == MYSQL_FIELD_LIST)
		op->stage = MYSQL_STAGE_FIELDS;
	else if (command == MYSQL_FETCH)
		op->stage = MYSQL_STAGE_ROWS;
}

/* Behind a hole a command says that what came before has had its answer. */
static void end_lost_answers(struct mysql_state *st)
{
	if (!st->server_lost)
		return;
	mysql_give_up(st);
	st->server_lost = false;
}

void mysql_take_client(struct mysql_state *st, const struct frame *frame, uint8_t seq,
		       struct span payload, uint64_t len)
{
	struct mysql_op *op = st->oldest;

	if (seq != 0 && (!st->logged_in || (!st->greeted && !op && mysql_is_login(payload)))) {
		take_login(st, frame, seq, payload);
		return;
	}
	if (op && seq != 0 && op->stage == MYSQL_STAGE_INFILE) {
		op->infile_bytes += len;
		op->req_bytes += frame->len;
		op->last = frame->ts_last;
		op->next_seq = (uint8_t)(seq + 1);
		if (!len)
			op->stage = MYSQL_STAGE_BEGIN;
		return;
	}
	/* What proves who the client is isn't looked at. */
	if (seq != 0)
		return;
	st->logged_in = true;
	end_lost_answers(st);
	take_command(st, frame, payload, len);
}
