/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/state.h"

/* First bytes of packets that are no data. */
#define PACKET_OK     0x00
#define PACKET_MORE   0x01 /* of authentication */
#define PACKET_FACTOR 0x02 /* another proof is wanted, too */
#define PACKET_INFILE 0xfb
#define PACKET_EOF    0xfe
#define PACKET_ERROR  0xff

#define EOF_LEN_MAX 9 /* longer ones are rows with a value of more than 16 MiB */

static uint8_t first_of(struct span payload)
{
	return payload.len ? (uint8_t)payload.data[0] : 0;
}

static bool is_old(const struct mysql_state *st)
{
	return st->capabilities_known && !(st->capabilities & MYSQL_CAP_PROTOCOL_41);
}

static struct mysql_ok ok_of(const struct mysql_state *st, struct span payload)
{
	return mysql_ok_read(payload, is_old(st));
}

static bool read_column(const struct mysql_state *st, struct span payload,
			struct mysql_column *column)
{
	return is_old(st) ? mysql_old_column_read(payload, column)
			  : mysql_column_read(payload, column);
}

/* How far a long statement of MariaDB has come: an error with a number that none has. */
static bool is_progress(struct span payload)
{
	return payload.len > 2 && first_of(payload) == PACKET_ERROR &&
	       (uint8_t)payload.data[1] == 0xff && (uint8_t)payload.data[2] == 0xff;
}

static bool is_eof(struct span payload, uint64_t len)
{
	return first_of(payload) == PACKET_EOF && len < EOF_LEN_MAX && payload.len;
}

/* ---- ends ---- */

static void end(struct mysql_state *st, const struct mysql_ok *ok, const struct mysql_error *error)
{
	mysql_emit(st, st->oldest, &(struct mysql_end){.ok = ok, .error = error});
	mysql_op_done(st);
}

/* A result is over; others of the same command may follow. */
static void end_result(struct mysql_state *st, const struct mysql_ok *ok)
{
	struct mysql_op *op = st->oldest;

	if (!(ok->status & MYSQL_STATUS_MORE_RESULTS)) {
		end(st, ok, NULL);
		return;
	}
	mysql_emit(st, op, &(struct mysql_end){.ok = ok});
	op->stage = MYSQL_STAGE_BEGIN;
}

static void end_with_error(struct mysql_state *st, struct span payload)
{
	struct mysql_error error = mysql_error_read(payload);

	/* What is to be executed without its id was not prepared. */
	if (st->oldest->command == MYSQL_PREPARE)
		st->last_prepared = 0;
	end(st, NULL, &error);
}

static bool may_compress(const struct mysql_state *st)
{
	return st->capabilities & (MYSQL_CAP_COMPRESS | MYSQL_CAP_ZSTD);
}

void mysql_give_up(struct mysql_state *st)
{
	while (st->oldest) {
		struct mysql_op *op = st->oldest;
		bool missed = st->server_lost || op->lost;

		/* Whether compression was agreed on stands in what is missing. */
		st->undecided |= op->command == MYSQL_LOGIN && may_compress(st);
		/* A dump goes on for ever. */
		if (op->stage == MYSQL_STAGE_BINLOG)
			mysql_emit(st, op, &(struct mysql_end){0});
		else if (op->command != MYSQL_UNKNOWN)
			mysql_emit(st, op,
				   &(struct mysql_end){.missed = missed, .unanswered = !missed});
		mysql_op_done(st);
	}
}

/* ---- authentication ---- */

static void begin_compression(struct mysql_state *st)
{
	if (may_compress(st))
		mysql_begin_compression(st);
}

static void take_auth(struct mysql_state *st, struct mysql_op *op, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	bool login = op->command == MYSQL_LOGIN;
	struct mysql_ok ok;

	switch (first_of(payload)) {
	case PACKET_OK:
		ok = ok_of(st, payload);
		end(st, &ok, NULL);
		if (login)
			begin_compression(st);
		else
			mysql_statements_close(st);
		break;
	case PACKET_ERROR:
		end_with_error(st, payload);
		break;
	case PACKET_EOF: /* another way to prove it */
	case PACKET_FACTOR:
		cursor_skip(&c, 1);
		buffer_clear(&st->plugin);
		buffer_append_span(&st->plugin, cursor_left(&c) ? cursor_until(&c, 0)
								: span_text("mysql_old_password"));
		break;
	default: /* PACKET_MORE: nothing that is for others' eyes */
		break;
	}
}

/* ---- prepared statements ---- */

static void take_prepared(struct mysql_state *st, struct mysql_op *op, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct mysql_statement *s;
	uint16_t columns, params;

	cursor_skip(&c, 1);
	op->statement = st->last_prepared = cursor_le32(&c);
	columns = cursor_le16(&c);
	params = cursor_le16(&c);
	mysql_statement_close(st, op->statement);
	s = mysql_statement_get(st, op->statement);
	if (s && !c.failed) {
		s->param_count = params;
		buffer_append_span(&s->text, buffer_span(&op->text));
		mysql_statement_settle(st, s);
	}
	op->definitions = params;
	op->columns_to_come = columns;
	op->stage = MYSQL_STAGE_DEFINITIONS;
	if (params)
		return;
	op->definitions = columns;
	op->columns_to_come = 0;
	if (!columns)
		end(st, NULL, NULL);
}

/* The definitions of a Prepare: those of the parameters, then those of the result. */
static void next_definitions(struct mysql_state *st, struct mysql_op *op)
{
	struct mysql_statement *s = mysql_statement_find(st, op->statement);

	if (op->columns_to_come) {
		mysql_columns_clear(&op->columns);
		op->definitions = op->columns_to_come;
		op->columns_to_come = 0;
		op->stage = MYSQL_STAGE_DEFINITIONS;
		return;
	}
	if (s) {
		struct mysql_columns old = s->columns;

		s->columns = op->columns;
		op->columns = old;
		mysql_statement_settle(st, s);
		mysql_op_settle(st, op);
	}
	end(st, NULL, NULL);
}

/* ---- results ---- */

/* The client's next packet has to be told from a command. */
static void ask_for_file(struct mysql_state *st, struct mysql_op *op, struct span payload)
{
	buffer_append_span(&op->infile, span_of(payload.data + 1, payload.len - 1));
	mysql_op_settle(st, op);
	op->stage = MYSQL_STAGE_INFILE;
}

/* MariaDB leaves the definitions of an EXECUTE out that the client has. */
static void reuse_columns(struct mysql_state *st, struct mysql_op *op)
{
	struct mysql_statement *s = mysql_statement_find(st, op->statement);

	if (!s)
		return;
	buffer_append_span(&op->columns.names, buffer_span(&s->columns.names));
	buffer_append_span(&op->columns.types, buffer_span(&s->columns.types));
	op->columns.count = s->columns.count;
}

static void begin_result(struct mysql_state *st, struct mysql_op *op, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint64_t count = mysql_lenenc(&c);

	if (c.failed || !count || count > UINT16_MAX) {
		op->stage = MYSQL_STAGE_SKIP;
		op->lost = true;
		return;
	}
	mysql_columns_clear(&op->columns);
	op->has_result = true;
	op->definitions = (size_t)count;
	op->stage = MYSQL_STAGE_DEFINITIONS;
	if (cursor_left(&c) == 1 && cursor_u8(&c) == 0) {
		reuse_columns(st, op);
		op->stage = MYSQL_STAGE_DEFINITIONS_END;
	}
}

/* MariaDB's own types are 160 and up; they are counted behind the others, from 50 on. */
static unsigned binlog_slot(uint8_t type)
{
	enum {
		MARIADB_FIRST = 160,
		MARIADB_LAST = 171,
		MARIADB_SLOT = 50,
		OTHERS = 63
	};

	if (type >= MARIADB_FIRST && type <= MARIADB_LAST)
		return MARIADB_SLOT + type - MARIADB_FIRST;
	return type < MARIADB_SLOT ? type : OTHERS;
}

#define EVENT_HEAD    19
#define EVENT_SIZE_AT 9

/* The size of the event at AT, as it says; 0: there is none. */
static uint32_t event_size(struct span payload, size_t at)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	if (payload.len < at + EVENT_HEAD)
		return 0;
	cursor_skip(&c, at + EVENT_SIZE_AT);
	return cursor_le32(&c);
}

#define SEMI_SYNC 0xef

/* A source that waits for its replicas to have an event says so before it. */
static bool has_semi_sync(struct span payload, uint64_t len)
{
	return payload.len > 2 && (uint8_t)payload.data[1] == SEMI_SYNC &&
	       event_size(payload, 1) != len - 1 && event_size(payload, 3) == len - 3;
}

/* OK, then the head of an event: time, type and so on ("Replication Protocol"). */
static void take_binlog(struct mysql_state *st, struct mysql_op *op, struct span payload,
			uint64_t len)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint8_t type;

	if (first_of(payload) == PACKET_ERROR) {
		end_with_error(st, payload);
		return;
	}
	if (is_eof(payload, len)) {
		end(st, NULL, NULL);
		return;
	}
	cursor_skip(&c, has_semi_sync(payload, len) ? 7 : 5);
	type = cursor_u8(&c);
	if (!c.failed)
		op->binlog_events[binlog_slot(type)]++;
}

static void take_begin(struct mysql_state *st, struct mysql_op *op, struct span payload,
		       uint64_t len)
{
	struct mysql_ok ok;

	if (op->command == MYSQL_STATISTICS && first_of(payload) != PACKET_ERROR) {
		ok = (struct mysql_ok){.info = payload};
		end(st, &ok, NULL);
		return;
	}
	switch (first_of(payload)) {
	case PACKET_ERROR:
		end_with_error(st, payload);
		break;
	case PACKET_OK:
		if (op->command == MYSQL_PREPARE) {
			take_prepared(st, op, payload);
		} else if (op->command == MYSQL_BINLOG_DUMP ||
			   op->command == MYSQL_BINLOG_DUMP_GTID) {
			op->stage = MYSQL_STAGE_BINLOG;
			take_binlog(st, op, payload, len);
		} else {
			ok = ok_of(st, payload);
			if (op->command == MYSQL_RESET_CONNECTION)
				mysql_statements_close(st);
			end_result(st, &ok);
		}
		break;
	case PACKET_INFILE:
		ask_for_file(st, op, payload);
		break;
	case PACKET_EOF:
		if (is_eof(payload, len)) { /* DEBUG and SET_OPTION of old servers */
			ok = mysql_eof_read(payload);
			end(st, &ok, NULL);
			break;
		}
		begin_result(st, op, payload);
		break;
	default:
		begin_result(st, op, payload);
		break;
	}
}

/* Behind all definitions. */
static void end_definitions(struct mysql_state *st, struct mysql_op *op)
{
	if (op->command == MYSQL_PREPARE)
		next_definitions(st, op);
	else
		op->stage = MYSQL_STAGE_ROWS;
}

static void take_definition(struct mysql_state *st, struct mysql_op *op, struct span payload)
{
	struct mysql_column column;

	if (first_of(payload) == PACKET_ERROR) {
		end_with_error(st, payload);
		return;
	}
	if (read_column(st, payload, &column))
		mysql_columns_add(&op->columns, &column);
	mysql_op_settle(st, op);
	if (--op->definitions)
		return;
	if (st->eof_known && st->eof_deprecated)
		end_definitions(st, op);
	else
		op->stage = MYSQL_STAGE_DEFINITIONS_END;
}

static void take_rows(struct mysql_state *st, struct mysql_op *op, struct span payload,
		      uint64_t len);

static bool is_cursor(const struct mysql_op *op, const struct mysql_ok *ok)
{
	return ok->status & MYSQL_STATUS_CURSOR && op->command == MYSQL_EXECUTE;
}

static void end_with_cursor(struct mysql_state *st, struct mysql_op *op, const struct mysql_ok *ok)
{
	mysql_emit(st, op, &(struct mysql_end){.ok = ok, .note = "a cursor: rows come with fetch"});
	mysql_op_done(st);
}

static void take_definitions_end(struct mysql_state *st, struct mysql_op *op, struct span payload,
				 uint64_t len)
{
	struct mysql_ok ok;

	if (!is_eof(payload, len) || (st->eof_known && st->eof_deprecated)) {
		/* No EOF is sent any more, which was not known till now. */
		if (!st->eof_known)
			st->eof_known = st->eof_deprecated = true;
		end_definitions(st, op);
		if (st->oldest == op)
			op->stage == MYSQL_STAGE_ROWS ? take_rows(st, op, payload, len)
						      : take_definition(st, op, payload);
		return;
	}
	st->eof_known = true;
	ok = mysql_eof_read(payload);
	if (is_cursor(op, &ok)) {
		end_with_cursor(st, op, &ok);
		return;
	}
	end_definitions(st, op);
}

static void take_rows(struct mysql_state *st, struct mysql_op *op, struct span payload,
		      uint64_t len)
{
	bool closes = first_of(payload) == PACKET_EOF && payload.len &&
		      (is_eof(payload, len) || (st->eof_deprecated && len < MYSQL_PACKET_MAX));
	struct mysql_ok ok;

	if (first_of(payload) == PACKET_ERROR && payload.len) {
		end_with_error(st, payload);
		return;
	}
	if (!closes) {
		mysql_take_row(st, op, payload, payload.len == len);
		return;
	}
	ok = st->eof_deprecated && len > 5 ? ok_of(st, payload) : mysql_eof_read(payload);
	if (is_cursor(op, &ok) && !op->rows)
		end_with_cursor(st, op, &ok);
	else
		end_result(st, &ok);
}

static void take_field(struct mysql_state *st, struct mysql_op *op, struct span payload,
		       uint64_t len)
{
	struct mysql_column column;
	struct mysql_ok ok;

	if (first_of(payload) == PACKET_ERROR) {
		end_with_error(st, payload);
	} else if (is_eof(payload, len)) {
		ok = mysql_eof_read(payload);
		op->has_result = true;
		end(st, &ok, NULL);
	} else if (read_column(st, payload, &column)) {
		op->rows++;
		mysql_columns_add(&op->columns, &column);
		mysql_op_settle(st, op);
	}
}

/* Bytes are missing: what ends a result ends this one. */
static void skip(struct mysql_state *st, struct mysql_op *op, struct span payload, uint64_t len)
{
	if (!is_eof(payload, len) && first_of(payload) != PACKET_ERROR)
		return;
	mysql_emit(st, op, &(struct mysql_end){.missed = true});
	mysql_op_done(st);
}

/* ---- whom a packet answers ---- */

/*
 * Where bytes are missing, a packet with the number that an answer begins with belongs to the
 * command that was asked last before it, and any other to an answer whose beginning is missing.
 */
static struct mysql_op *align(struct mysql_state *st, const struct frame *frame, uint8_t seq)
{
	struct mysql_op *last = NULL;

	for (struct mysql_op *op = st->oldest; op && op->first <= frame->ts_first; op = op->next)
		if (op->next_seq == seq)
			last = op;
	while (last && st->oldest != last) {
		mysql_emit(st, st->oldest, &(struct mysql_end){.missed = true});
		mysql_op_done(st);
	}
	if (last)
		st->server_lost = false;
	return last;
}

static struct mysql_op *answered(struct mysql_state *st, const struct frame *frame, uint8_t seq)
{
	struct mysql_op *op = st->oldest;

	if (op && op->answer_first != TIME_UNKNOWN && op->stage != MYSQL_STAGE_BEGIN &&
	    !(st->server_lost && seq == 1))
		return op;
	if (st->server_lost)
		return align(st, frame, seq);
	if (op && (op->next_seq == seq || op->results || op->answer_first != TIME_UNKNOWN))
		return op;
	/* An answer whose question was not seen. */
	if (op || seq != 1 || !st->logged_in)
		return NULL;
	op = mysql_op_new(st, MYSQL_UNKNOWN, frame);
	if (op)
		op->first = op->last = TIME_UNKNOWN;
	if (op)
		op->req_bytes = 0;
	return op;
}

static bool take_greeting(struct mysql_state *st, struct span payload)
{
	struct mysql_greeting greeting;

	if (!mysql_greeting_read(payload, &greeting))
		return false;
	st->greeted = true;
	st->logged_in = false;
	st->capabilities = greeting.capabilities;
	st->connection_id = greeting.connection_id;
	buffer_clear(&st->version);
	buffer_append_span(&st->version, greeting.version);
	buffer_clear(&st->plugin);
	buffer_append_span(&st->plugin, greeting.plugin);
	return true;
}

/*
 * An error that nobody asked for: the server doesn't even want to know who it is (COMMAND: a
 * login), or has waited long enough for the next command.
 */
static void take_refusal(struct mysql_state *st, const struct frame *frame, struct span payload,
			 unsigned command)
{
	struct mysql_error error = mysql_error_read(payload);
	struct mysql_op *op = mysql_op_new(st, command, frame);

	if (!op)
		return;
	op->answer_first = op->first;
	op->answer_last = op->last;
	op->first = op->last = TIME_UNKNOWN;
	op->req_bytes = 0;
	op->resp_bytes = frame->len;
	mysql_emit(st, op, &(struct mysql_end){.error = &error});
	mysql_op_done(st);
}

static bool is_farewell(struct span payload)
{
	return first_of(payload) == PACKET_ERROR && mysql_error_read(payload).sqlstate.len;
}

/* MariaDB's for what the client prepared just before, and has no answer to yet. */
#define LAST_PREPARED UINT32_MAX

void mysql_take_server(struct mysql_state *st, const struct frame *frame, uint8_t seq,
		       struct span payload, uint64_t len)
{
	struct mysql_op *op;

	if (!st->logged_in && !st->greeted) {
		if (first_of(payload) == PACKET_ERROR && payload.len)
			take_refusal(st, frame, payload, MYSQL_LOGIN);
		else
			take_greeting(st, payload);
		return;
	}
	/* In the middle, as it seemed; but only that the connection's beginning was not seen. */
	if (!st->greeted && !st->oldest && seq == 0 && take_greeting(st, payload))
		return;
	if (!st->oldest && seq == 0 && is_farewell(payload)) {
		take_refusal(st, frame, payload, MYSQL_UNKNOWN);
		return;
	}
	op = answered(st, frame, seq);
	if (!op)
		return;
	if (op->statement == LAST_PREPARED)
		op->statement = st->last_prepared;
	if (op->answer_first == TIME_UNKNOWN)
		op->answer_first = frame->ts_first;
	op->answer_last = frame->ts_last;
	op->resp_bytes += frame->len;
	if (is_progress(payload))
		return;
	switch (op->stage) {
	case MYSQL_STAGE_AUTH:
		take_auth(st, op, payload);
		break;
	case MYSQL_STAGE_BEGIN:
	case MYSQL_STAGE_INFILE:
		take_begin(st, op, payload, len);
		break;
	case MYSQL_STAGE_DEFINITIONS:
		take_definition(st, op, payload);
		break;
	case MYSQL_STAGE_DEFINITIONS_END:
		take_definitions_end(st, op, payload, len);
		break;
	case MYSQL_STAGE_ROWS:
		take_rows(st, op, payload, len);
		break;
	case MYSQL_STAGE_FIELDS:
		take_field(st, op, payload, len);
		break;
	case MYSQL_STAGE_BINLOG:
		take_binlog(st, op, payload, len);
		break;
	case MYSQL_STAGE_SKIP:
		skip(st, op, payload, len);
		break;
	}
}
