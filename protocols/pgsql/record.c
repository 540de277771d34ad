/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/knowledge.h"
#include "protocols/pgsql/state.h"
#include "protocols/value/json.h"
#include "protocols/value/note.h"
#include "protocols/value/size.h"

/* ---- notes ---- */

/* ---- values ---- */

static const char *const operations[] = {
	[PGSQL_STARTUP] = "startup", [PGSQL_QUERY] = "query",	    [PGSQL_PARSE] = "prepare",
	[PGSQL_BIND] = "bind",	     [PGSQL_DESCRIBE] = "describe", [PGSQL_EXECUTE] = "execute",
	[PGSQL_CLOSE] = "close",     [PGSQL_SYNC] = "sync",	    [PGSQL_FUNCTION] = "function",
	[PGSQL_GAP] = "unknown",
};

static void fill_connection(struct pgsql_state *st, struct value *values)
{
	if (st->database)
		values[PGSQL_COLUMN_DATABASE] = value_text(pgsql_span(st->database));
	if (st->user)
		values[PGSQL_COLUMN_USER] = value_text(pgsql_span(st->user));
	if (st->application)
		values[PGSQL_COLUMN_APPLICATION] = value_text(pgsql_span(st->application));
	if (st->pid)
		values[PGSQL_COLUMN_BACKEND_PID] = value_int(st->pid);
}

static void fill_status(char status, struct value *values)
{
	const char *word = status == 'I' ? "idle" : status == 'T' ? "open" : "failed";

	if (status)
		values[PGSQL_COLUMN_TRANSACTION] = value_word(span_text(word));
}

/* The statement and the parameters of an execution. */
static void fill_portal(struct pgsql_state *st, const struct pgsql_portal *portal,
			struct value *values)
{
	struct pgsql_known known = pgsql_statement_of(st, portal);
	struct span name = pgsql_span(portal->statement);

	values[PGSQL_COLUMN_PORTAL] = value_text(pgsql_span(portal->name));
	if (portal->bind)
		values[PGSQL_COLUMN_PREPARED] = value_text(name);
	if (known.inferred)
		note_append(&st->note, "the statement's text is inferred from another connection");
	if (!known.found) {
		if (!portal->bind)
			note_append(&st->note, "its Bind was not seen");
		else if (name.len)
			note_append(&st->note, session_unresolved(st->session));
		else
			note_append(&st->note,
				    "prepared before the recording began, or in what was lost");
	}
	/* Copies: what was recalled is borrowed only until the next question. */
	buffer_clear(&st->error_text);
	buffer_append_span(&st->error_text, known.text);
	if (known.found)
		values[PGSQL_COLUMN_STATEMENT] = value_text(buffer_span(&st->error_text));
	if (!portal->bind)
		return;
	buffer_clear(&st->json);
	pgsql_params(pgsql_span(portal->bind), pgsql_types_of(st, portal, known.types),
		     session_keep(st->session), &st->json);
	if (st->json.len > 2)
		values[PGSQL_COLUMN_PARAMS] = value_json(buffer_span(&st->json));
}

static void fill_function(struct pgsql_state *st, struct span call, struct value *values)
{
	buffer_clear(&st->error_text);
	pgsql_function_name(call, &st->error_text);
	values[PGSQL_COLUMN_FUNCTION] = value_text(buffer_span(&st->error_text));
	buffer_clear(&st->json);
	pgsql_function_params(call, session_keep(st->session), &st->json);
	if (st->json.len > 2)
		values[PGSQL_COLUMN_PARAMS] = value_json(buffer_span(&st->json));
}

static void fill_startup(struct pgsql_state *st, struct value *values)
{
	if (st->mechanism)
		values[PGSQL_COLUMN_AUTH_METHOD] = value_text(pgsql_span(st->mechanism));
	else if (st->auth)
		values[PGSQL_COLUMN_AUTH_METHOD] = value_text(span_text(st->auth));
	if (st->negotiated.len)
		note_append_span(&st->note, buffer_span(&st->negotiated));
}

static void fill_statement(struct pgsql_state *st, struct pgsql_op *op, struct value *values)
{
	struct span text = pgsql_span(op->text);
	struct pgsql_known parse;

	switch (op->kind) {
	case PGSQL_QUERY:
		text = pgsql_next_statement(text, &op->statement_at);
		/* An empty one is a statement, too. */
		values[PGSQL_COLUMN_STATEMENT] = value_text(text);
		break;
	case PGSQL_PARSE:
		parse = pgsql_parse_read(text);
		values[PGSQL_COLUMN_STATEMENT] = value_text(parse.text);
		if (text.len)
			text.len = strnlen(text.data, text.len);
		values[PGSQL_COLUMN_PREPARED] = value_text(text);
		break;
	case PGSQL_FUNCTION:
		fill_function(st, text, values);
		break;
	case PGSQL_CLOSE:
	case PGSQL_DESCRIBE:
		values[op->target == 'P' ? PGSQL_COLUMN_PORTAL : PGSQL_COLUMN_PREPARED] =
			value_text(text);
		break;
	default:
		break;
	}
	if (op->portal && (op->kind == PGSQL_EXECUTE || op->kind == PGSQL_BIND))
		fill_portal(st, op->portal, values);
}

/* The number at the end of a tag. */
static int64_t count_of(struct span tag)
{
	int64_t count = 0, unit = 1;

	while (tag.len && tag.data[tag.len - 1] >= '0' && tag.data[tag.len - 1] <= '9' &&
	       unit < INT64_MAX / 100) {
		count += unit * (tag.data[--tag.len] - '0');
		unit *= 10;
	}
	return unit == 1 ? -1 : count;
}

static bool begins(struct span tag, const char *word)
{
	size_t len = strlen(word);

	return tag.len >= len && !memcmp(tag.data, word, len);
}

static void fill_tag(struct span tag, struct value *values)
{
	static const char *const changing[] = {"INSERT ", "UPDATE ", "DELETE ", "MERGE ", "COPY "};
	int64_t count = count_of(tag);

	if (!tag.len)
		return;
	values[PGSQL_COLUMN_COMMAND] = value_text(tag);
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]) && count >= 0; i++)
		if (begins(tag, changing[i]))
			values[PGSQL_COLUMN_AFFECTED] = value_int(count);
}

static void append_lsn(struct buffer *out, uint64_t lsn)
{
	buffer_printf(out, "%X/%X", (uint32_t)(lsn >> 32), (uint32_t)lsn);
}

static void fill_columns(struct pgsql_state *st, struct span columns, struct value *values)
{
	buffer_clear(&st->columns_json);
	if (!columns.len || !session_wants(st->session, &pgsql_table, PGSQL_COLUMN_COLUMNS))
		return;
	pgsql_column_names(columns, &st->columns_json);
	values[PGSQL_COLUMN_COLUMNS] = value_json(buffer_span(&st->columns_json));
}

static void fill_result(struct pgsql_state *st, struct pgsql_op *op, const struct pgsql_end *end,
			struct value *values)
{
	struct span columns = pgsql_span(op->columns);

	if (!op->columns && op->portal && op->kind == PGSQL_EXECUTE)
		columns = pgsql_columns_of(st, op->portal);
	if (op->rows || (columns.len && begins(end->tag, "SELECT")) || op->columns) {
		values[PGSQL_COLUMN_ROWS] = value_int((int64_t)op->rows);
		if (st->shows_rows)
			values[PGSQL_COLUMN_ROW_DATA] = json_list_end(&op->row_data);
		fill_columns(st, columns, values);
	}
	if (op->rows_cut)
		note_append(&st->note, "not all of the rows is kept");
	if (op->notices.len)
		values[PGSQL_COLUMN_NOTICES] = json_list_end(&op->notices);
}

static void fill_copy(struct pgsql_state *st, const struct pgsql_op *op, struct buffer positions[2],
		      struct value *values)
{
	if (!op->copy)
		return;
	values[PGSQL_COLUMN_COPY_ROWS] = value_int((int64_t)op->copy_rows);
	values[PGSQL_COLUMN_COPY_BYTES] = value_int((int64_t)op->copy_bytes);
	if (op->copy != 'W')
		values[PGSQL_COLUMN_COPY_DATA] = value_text(buffer_span(&op->copy_data));
	if (op->copy_cut)
		note_append(&st->note, "not all of the copied data is kept");
	if (!op->lsn_last)
		return;
	append_lsn(&positions[0], op->lsn_first);
	append_lsn(&positions[1], op->lsn_last);
	values[PGSQL_COLUMN_LSN_FIRST] = value_text(buffer_span(&positions[0]));
	values[PGSQL_COLUMN_LSN_LAST] = value_text(buffer_span(&positions[1]));
}

static void fill_error(const struct pgsql_error *error, struct value *values)
{
	values[PGSQL_COLUMN_SEVERITY] = value_text_if(error->severity);
	values[PGSQL_COLUMN_SQLSTATE] = value_text_if(error->sqlstate);
	values[PGSQL_COLUMN_ERROR] = value_text_if(error->message);
	values[PGSQL_COLUMN_DETAIL] = value_text_if(error->detail);
	values[PGSQL_COLUMN_HINT] = value_text_if(error->hint);
}

/* ---- records ---- */

/* Behind a hole the tag counts rows that did not come, or data that did not, to its end. */
static bool lacks_data(const struct pgsql_op *op, const struct pgsql_end *end)
{
	int64_t count = count_of(end->tag);

	if (begins(end->tag, "COPY "))
		return op->copy ? op->copy == 'G' && !op->copy_over : op->after_hole;
	return begins(end->tag, "SELECT ") && (op->after_hole || op->columns) &&
	       count != (int64_t)op->rows;
}

/* As psql does, which asks its user then, and connects anew: nothing of it is missing. */
static bool is_left_at_proof(const struct pgsql_op *op, const struct pgsql_end *end)
{
	return op->proof_due && end->lost && !end->missed && !op->lost;
}

static enum outcome outcome_of(const struct pgsql_op *op, const struct pgsql_end *end)
{
	if (end->error || end->skipped)
		return OUTCOME_ERROR;
	if (is_left_at_proof(op, end))
		return OUTCOME_UNANSWERED;
	if (op->lost || end->missed || lacks_data(op, end) ||
	    (end->lost && op->answer_first != TIME_UNKNOWN))
		return OUTCOME_PARTIAL;
	return end->lost ? OUTCOME_UNANSWERED : OUTCOME_OK;
}

/* Ready for the next statement of a QUERY. */
static void reset_result(struct pgsql_state *st, struct pgsql_op *op)
{
	pgsql_unref(st, op->columns);
	op->columns = NULL;
	op->rows = op->copy_bytes = op->copy_rows = 0;
	op->resp_bytes = op->req_bytes = 0;
	op->rows_cut = op->copy_cut = false;
	op->copy = 0;
	op->copy_over = op->after_hole = false;
	buffer_clear(&op->row_data);
	buffer_clear(&op->notices);
	buffer_clear(&op->copy_data);
	op->answer_first = TIME_UNKNOWN;
	op->statements++;
}

void pgsql_emit(struct pgsql_state *st, struct pgsql_op *op, const struct pgsql_end *end)
{
	struct value values[PGSQL_COLUMN_COUNT] = {0};
	struct buffer positions[2] = {0};
	struct record record = {
		.table = &pgsql_table,
		.outcome = outcome_of(op, end),
		.request_first = op->first,
		.request_last = op->last,
		.response_first = op->answer_first,
		.response_last = op->answer_first == TIME_UNKNOWN ? TIME_UNKNOWN : op->answer_last,
		.side = SIDE_CLIENT,
		.position = op->position,
		.values = values,
	};

	buffer_clear(&st->note);
	fill_connection(st, values);
	fill_status(op->status, values);
	values[PGSQL_COLUMN_OPERATION] = value_word(span_text(operations[op->kind]));
	fill_statement(st, op, values);
	if (op->kind == PGSQL_STARTUP)
		fill_startup(st, values);
	fill_tag(end->tag, values);
	fill_result(st, op, end, values);
	fill_copy(st, op, positions, values);
	if (end->error)
		fill_error(end->error, values);
	if (end->error && op->kind == PGSQL_SYNC)
		note_append(&st->note, "what was done since the last one is undone");
	if (end->skipped)
		note_append(&st->note, "not run: an error before it, up to Sync");
	if (is_left_at_proof(op, end))
		note_append(&st->note,
			    "asked for its password or another proof, the client said no more");
	if (end->suspended)
		note_append(&st->note, "suspended: there are more rows");
	values[PGSQL_COLUMN_REQ_BYTES] = value_int((int64_t)op->req_bytes);
	values[PGSQL_COLUMN_RESP_BYTES] = value_int((int64_t)op->resp_bytes);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
	buffer_free(&positions[0]);
	buffer_free(&positions[1]);
	reset_result(st, op);
	pgsql_op_settle(st, op);
}

/* A message that stands alone. */
static void emit_alone(struct pgsql_state *st, const struct frame *frame, const char *operation,
		       enum outcome outcome, struct value *values)
{
	bool server = frame->side == SIDE_SERVER;
	struct record record = {
		.table = &pgsql_table,
		.outcome = outcome,
		.request_first = server ? TIME_UNKNOWN : frame->ts_first,
		.request_last = server ? TIME_UNKNOWN : frame->ts_last,
		.response_first = server ? frame->ts_first : TIME_UNKNOWN,
		.response_last = server ? frame->ts_last : TIME_UNKNOWN,
		.side = frame->side,
		.position = frame->offset,
		.note = buffer_span(&st->note),
		.values = values,
	};

	values[PGSQL_COLUMN_OPERATION] = value_word(span_text(operation));
	values[server ? PGSQL_COLUMN_RESP_BYTES : PGSQL_COLUMN_REQ_BYTES] = value_int(
		(int64_t)frame->len);
	session_emit(st->session, &record);
}

void pgsql_emit_notification(struct pgsql_state *st, const struct frame *frame, uint32_t pid,
			     struct span channel, struct span payload)
{
	struct value values[PGSQL_COLUMN_COUNT] = {0};

	buffer_clear(&st->note);
	fill_connection(st, values);
	values[PGSQL_COLUMN_CHANNEL] = value_text(channel);
	values[PGSQL_COLUMN_PAYLOAD] = value_text(payload);
	values[PGSQL_COLUMN_BACKEND_PID] = value_int(pid);
	emit_alone(st, frame, "notification", OUTCOME_OK, values);
}

void pgsql_emit_notice(struct pgsql_state *st, const struct frame *frame,
		       const struct pgsql_error *notice)
{
	struct value values[PGSQL_COLUMN_COUNT] = {0};

	buffer_clear(&st->note);
	fill_connection(st, values);
	fill_error(notice, values);
	emit_alone(st, frame, "notice", OUTCOME_OK, values);
}

void pgsql_emit_cancel(struct pgsql_state *st, const struct frame *frame, struct span pid_and_key)
{
	struct value values[PGSQL_COLUMN_COUNT] = {0};
	struct cursor c = cursor_of(pid_and_key.data, pid_and_key.len);

	buffer_clear(&st->note);
	pgsql_recall_backend(st, pid_and_key);
	fill_connection(st, values);
	values[PGSQL_COLUMN_BACKEND_PID] = value_int(cursor_be32(&c));
	/* It is never answered. */
	emit_alone(st, frame, "cancel", OUTCOME_OK, values);
}

void pgsql_emit_gss(struct pgsql_state *st, const struct frame *frame)
{
	struct value values[PGSQL_COLUMN_COUNT] = {0};

	buffer_clear(&st->note);
	note_append(&st->note, "GSS encrypts what follows: it can't be read");
	emit_alone(st, frame, "gss", OUTCOME_OK, values);
}

void pgsql_emit_orphan(struct pgsql_state *st, const struct frame *frame,
		       const struct pgsql_end *end)
{
	struct value values[PGSQL_COLUMN_COUNT] = {0};
	bool fatal = end->error && !span_is(end->error->severity, "ERROR");

	buffer_clear(&st->note);
	fill_connection(st, values);
	fill_tag(end->tag, values);
	if (end->error)
		fill_error(end->error, values);
	/* The server may end a connection that asked nothing. */
	if (!fatal)
		note_append(&st->note, "what it answers was not seen");
	emit_alone(st, frame, "unknown", fatal ? OUTCOME_ERROR : OUTCOME_PARTIAL, values);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define PGSQL_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	PGSQL_COLUMNS(PGSQL_COLUMN_ROW)
#undef PGSQL_COLUMN_ROW
};

/* "SELECT 1 -> 1 row", "INSERT ... -> INSERT 0 1", "SELEKT 1 -> ERROR 42601 syntax error". */
static void describe(const struct value *values, struct buffer *out)
{
	const struct value *statement = &values[PGSQL_COLUMN_STATEMENT];

	if (statement->type == VALUE_TEXT && statement->text.len)
		buffer_append_span(out, statement->text);
	else
		buffer_append_span(out, values[PGSQL_COLUMN_OPERATION].text);
	if (values[PGSQL_COLUMN_PARAMS].type == VALUE_JSON) {
		buffer_append_char(out, ' ');
		buffer_append_span(out, values[PGSQL_COLUMN_PARAMS].text);
	}
	value_append_text(out, " ", &values[PGSQL_COLUMN_FUNCTION]);
	if (span_is(values[PGSQL_COLUMN_OPERATION].text, "startup")) {
		value_append_text(out, " ", &values[PGSQL_COLUMN_USER]);
		value_append_text(out, "@", &values[PGSQL_COLUMN_DATABASE]);
	}
	value_append_text(out, " ", &values[PGSQL_COLUMN_CHANNEL]);
	value_append_text(out, " ", &values[PGSQL_COLUMN_PAYLOAD]);
	if (values[PGSQL_COLUMN_SQLSTATE].type == VALUE_TEXT) {
		value_append_text(out, " -> ", &values[PGSQL_COLUMN_SEVERITY]);
		value_append_text(out, " ", &values[PGSQL_COLUMN_SQLSTATE]);
		value_append_text(out, " ", &values[PGSQL_COLUMN_ERROR]);
	} else if (values[PGSQL_COLUMN_ROWS].type == VALUE_INT) {
		int64_t rows = values[PGSQL_COLUMN_ROWS].integer;

		buffer_printf(out, " -> %lld %s", (long long)rows, rows == 1 ? "row" : "rows");
	} else {
		value_append_text(out, " -> ", &values[PGSQL_COLUMN_COMMAND]);
	}
}

const struct table pgsql_table = {
	.name = "pgsql",
	.summary = "PostgreSQL statements with their results, one row a statement",
	.columns = columns,
	.column_count = PGSQL_COLUMN_COUNT,
	.describe = describe,
};
