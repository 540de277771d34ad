/* SPDX-License-Identifier: BSD-2-Clause */
#include <strings.h>

#include "protocols/mysql/state.h"
#include "protocols/value/json.h"
#include "protocols/value/note.h"

static struct value text_value(const struct buffer *text)
{
	return text->len ? value_text(buffer_span(text)) : (struct value){0};
}

static void fill_connection(struct mysql_state *st, const struct mysql_op *op, struct value *values)
{
	values[MYSQL_COLUMN_DATABASE] = text_value(&st->database);
	values[MYSQL_COLUMN_USER] = text_value(&st->user);
	values[MYSQL_COLUMN_SERVER_VERSION] = text_value(&st->version);
	if (st->greeted)
		values[MYSQL_COLUMN_CONNECTION_ID] = value_int(st->connection_id);
	if (op->command == MYSQL_LOGIN || op->command == MYSQL_CHANGE_USER)
		values[MYSQL_COLUMN_AUTH_PLUGIN] = text_value(&st->plugin);
}

/* ---- statements ---- */

/* A message of several statements: each result has its own; else the text is that of all. */
static struct span statement_of(struct mysql_op *op, struct span text)
{
	size_t at = 0;
	struct span first = mysql_next_statement(text, &at), next;
	bool many = mysql_next_statement(text, &at).len != 0;

	if (!many)
		return first.len ? first : text;
	next = mysql_next_statement(text, &op->part_at);
	return next;
}

static void fill_query(struct mysql_state *st, struct mysql_op *op, struct value *values)
{
	struct span text = buffer_span(&op->text);

	buffer_clear(&st->json);
	mysql_attributes(st, &text, &st->json);
	if (st->json.len && !st->json.failed)
		values[MYSQL_COLUMN_ATTRIBUTES] = value_json(buffer_span(&st->json));
	values[MYSQL_COLUMN_STATEMENT] = value_text(statement_of(op, text));
}

static void fill_bulk(struct mysql_state *st, struct mysql_op *op, struct mysql_statement *s,
		      struct value *values)
{
	bool cut = false;

	if (mysql_bulk_params(st, op, s, session_keep(st->session), &cut) && !op->cut)
		values[MYSQL_COLUMN_PARAMS] = value_json(buffer_span(&st->json));
	else
		note_append(&st->note, "its parameters can't be read");
	if (cut)
		note_append(&st->note, "not all of its rows of parameters are shown");
}

static void fill_execute(struct mysql_state *st, struct mysql_op *op, struct value *values)
{
	struct mysql_statement *s = mysql_statement_find(st, op->statement);

	values[MYSQL_COLUMN_STATEMENT_ID] = value_int(op->statement);
	if (!s || !s->text.len) {
		note_append(&st->note, "prepared before the recording began, or in what was lost");
		return;
	}
	values[MYSQL_COLUMN_STATEMENT] = value_text(buffer_span(&s->text));
	if (op->command == MYSQL_BULK_EXECUTE && !op->results)
		fill_bulk(st, op, s, values);
	if (op->command != MYSQL_EXECUTE || op->results)
		return;
	if (!mysql_params(st, op, s) || op->cut) {
		note_append(&st->note,
			    "its parameters can't be read: their types were bound before, or bytes "
			    "are missing");
		return;
	}
	if (st->json.len > 2) {
		values[MYSQL_COLUMN_PARAMS] = value_json(buffer_span(&st->json));
		values[MYSQL_COLUMN_BOUND] = value_text(buffer_span(&st->bound));
	}
	buffer_clear(&s->long_data);
}

static void fill_statement(struct mysql_state *st, struct mysql_op *op, struct value *values)
{
	switch (op->command) {
	case MYSQL_QUERY:
		fill_query(st, op, values);
		break;
	case MYSQL_PREPARE:
		values[MYSQL_COLUMN_STATEMENT] = value_text(buffer_span(&op->text));
		if (op->statement)
			values[MYSQL_COLUMN_STATEMENT_ID] = value_int(op->statement);
		break;
	case MYSQL_EXECUTE:
	case MYSQL_BULK_EXECUTE:
	case MYSQL_FETCH:
	case MYSQL_RESET:
		fill_execute(st, op, values);
		break;
	case MYSQL_INIT_DB:
	case MYSQL_FIELD_LIST:
		values[MYSQL_COLUMN_STATEMENT] = value_text(span_of(
			op->text.data, op->text.len ? strnlen(op->text.data, op->text.len) : 0));
		break;
	default:
		break;
	}
	if (op->cut)
		note_append(&st->note, "not all of the request is kept");
}

static void set_database(struct mysql_state *st, struct span name)
{
	buffer_clear(&st->database);
	buffer_append_span(&st->database, name);
}

/* Behind it the connection has another database. */
static void follow_database(struct mysql_state *st, const struct mysql_op *op,
			    const struct value *statement)
{
	struct span text = buffer_span(&op->text);

	if (op->command == MYSQL_INIT_DB) {
		set_database(st, text);
		return;
	}
	if (op->command != MYSQL_QUERY || statement->type != VALUE_TEXT)
		return;
	text = statement->text;
	if (text.len < 5 || strncasecmp(text.data, "use ", 4) != 0)
		return;
	text = span_of(text.data + 4, text.len - 4);
	while (text.len && (*text.data == ' ' || *text.data == '`'))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && (text.data[text.len - 1] == '`' || text.data[text.len - 1] == ' '))
		text.len--;
	set_database(st, text);
}

/* ---- results ---- */

static struct value list_value(const struct buffer *list, struct buffer *out)
{
	buffer_clear(out);
	buffer_append_char(out, '[');
	buffer_append_span(out, buffer_span(list));
	buffer_append_char(out, ']');
	return !out->failed ? value_json(buffer_span(out)) : (struct value){0};
}

static void fill_result(struct mysql_state *st, struct mysql_op *op, struct value *values)
{
	const struct mysql_columns *columns = &op->columns;
	struct mysql_statement *s;

	if (op->has_result && op->command != MYSQL_FIELD_LIST) {
		s = op->command == MYSQL_FETCH ? mysql_statement_find(st, op->statement) : NULL;
		columns = s ? &s->columns : columns;
		values[MYSQL_COLUMN_ROWS] = value_int((int64_t)op->rows);
		if (st->shows_rows)
			values[MYSQL_COLUMN_ROW_DATA] = json_list_end(&op->row_data);
	}
	if (op->has_result && columns->count)
		values[MYSQL_COLUMN_COLUMNS] = list_value(&columns->names, &st->names);
	if (op->rows_cut)
		note_append(&st->note, "not all of the rows is kept");
	if (op->infile.len) {
		values[MYSQL_COLUMN_INFILE] = text_value(&op->infile);
		values[MYSQL_COLUMN_INFILE_BYTES] = value_int((int64_t)op->infile_bytes);
	}
}

/* Types of binary log events ("Binlog Event"), MariaDB's own behind them: binlog_slot(). */
static const char *event_name(size_t type)
{
	static const char *const names[] = {
		[2] = "query",
		[3] = "stop",
		[4] = "rotate",
		[5] = "intvar",
		[13] = "rand",
		[14] = "user_var",
		[15] = "format_description",
		[16] = "xid",
		[19] = "table_map",
		[23] = "write_rows_v1",
		[24] = "update_rows_v1",
		[25] = "delete_rows_v1",
		[26] = "incident",
		[27] = "heartbeat",
		[29] = "rows_query",
		[30] = "write_rows",
		[31] = "update_rows",
		[32] = "delete_rows",
		[33] = "gtid",
		[34] = "anonymous_gtid",
		[35] = "previous_gtids",
		[38] = "transaction_context",
		[39] = "view_change",
		[40] = "transaction_payload",
		[50] = "annotate_rows",
		[51] = "binlog_checkpoint",
		[52] = "mariadb_gtid",
		[53] = "gtid_list",
		[54] = "start_encryption",
		[55] = "query_compressed",
		[56] = "write_rows_compressed_v1",
		[57] = "update_rows_compressed_v1",
		[58] = "delete_rows_compressed_v1",
		[59] = "write_rows_compressed",
		[60] = "update_rows_compressed",
		[61] = "delete_rows_compressed",
		[63] = "others",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static void fill_events(struct mysql_state *st, const struct mysql_op *op, struct value *values)
{
	size_t count = sizeof(op->binlog_events) / sizeof(op->binlog_events[0]);

	if (op->command != MYSQL_BINLOG_DUMP && op->command != MYSQL_BINLOG_DUMP_GTID)
		return;
	buffer_clear(&st->events);
	for (size_t type = 0; type < count; type++) {
		if (!op->binlog_events[type])
			continue;
		buffer_append_char(&st->events, st->events.len ? ',' : '{');
		if (event_name(type))
			buffer_printf(&st->events, "\"%s\":", event_name(type));
		else
			buffer_printf(&st->events, "\"event_%zu\":", type);
		buffer_append_u64(&st->events, op->binlog_events[type]);
	}
	if (!st->events.len)
		return;
	buffer_append_char(&st->events, '}');
	values[MYSQL_COLUMN_BINLOG_EVENTS] = value_json(buffer_span(&st->events));
}

static void fill_ok(const struct mysql_op *op, const struct mysql_ok *ok, struct value *values)
{
	if (!op->has_result && op->command != MYSQL_STATISTICS)
		values[MYSQL_COLUMN_AFFECTED] = value_int((int64_t)ok->affected);
	if (ok->insert_id)
		values[MYSQL_COLUMN_INSERT_ID] = value_int((int64_t)ok->insert_id);
	values[MYSQL_COLUMN_WARNINGS] = value_int(ok->warnings);
	if (ok->info.len)
		values[MYSQL_COLUMN_INFO] = value_text(ok->info);
}

static void fill_error(const struct mysql_error *error, struct value *values)
{
	values[MYSQL_COLUMN_ERROR_CODE] = value_int(error->code);
	if (error->sqlstate.len)
		values[MYSQL_COLUMN_SQLSTATE] = value_text(error->sqlstate);
	values[MYSQL_COLUMN_ERROR] = value_text(error->message);
}

static enum outcome outcome_of(const struct mysql_op *op, const struct mysql_end *end)
{
	if (end->error)
		return OUTCOME_ERROR;
	if (op->lost || end->missed || op->command == MYSQL_UNKNOWN)
		return OUTCOME_PARTIAL;
	if (end->unanswered)
		return op->answer_first == TIME_UNKNOWN ? OUTCOME_UNANSWERED : OUTCOME_PARTIAL;
	return OUTCOME_OK;
}

static void reset_result(struct mysql_op *op)
{
	mysql_columns_clear(&op->columns);
	buffer_clear(&op->row_data);
	op->rows = 0;
	op->rows_cut = op->has_result = false;
	op->req_bytes = op->resp_bytes = 0;
	op->results++;
	op->answer_first = TIME_UNKNOWN;
}

void mysql_emit(struct mysql_state *st, struct mysql_op *op, const struct mysql_end *end)
{
	struct value values[MYSQL_COLUMN_COUNT] = {0};
	bool has_request = op->command != MYSQL_UNKNOWN && op->first != TIME_UNKNOWN;
	struct record record = {
		.table = &mysql_table,
		.outcome = outcome_of(op, end),
		.request_first = op->first,
		.request_last = op->last,
		.response_first = op->answer_first,
		.response_last = op->answer_first == TIME_UNKNOWN ? TIME_UNKNOWN : op->answer_last,
		.side = has_request ? SIDE_CLIENT : SIDE_SERVER,
		.position = op->position,
		.values = values,
	};

	buffer_clear(&st->note);
	fill_connection(st, op, values);
	values[MYSQL_COLUMN_COMMAND] = value_word(span_text(mysql_command_name(op->command)));
	fill_statement(st, op, values);
	fill_result(st, op, values);
	fill_events(st, op, values);
	if (end->ok)
		fill_ok(op, end->ok, values);
	if (end->error)
		fill_error(end->error, values);
	if (end->note)
		note_append(&st->note, end->note);
	values[MYSQL_COLUMN_RESULT] = value_int(op->results + 1);
	values[MYSQL_COLUMN_REQ_BYTES] = value_int((int64_t)op->req_bytes);
	values[MYSQL_COLUMN_RESP_BYTES] = value_int((int64_t)op->resp_bytes);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
	if (end->ok && end->ok->database.len)
		set_database(st, end->ok->database);
	else if (end->ok)
		follow_database(st, op, &values[MYSQL_COLUMN_STATEMENT]);
	reset_result(op);
	mysql_op_settle(st, op);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define MYSQL_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	MYSQL_COLUMNS(MYSQL_COLUMN_ROW)
#undef MYSQL_COLUMN_ROW
};

static void append_count(struct buffer *out, int64_t count, const char *what)
{
	buffer_printf(out, " -> %lld %s%s", (long long)count, what, count == 1 ? "" : "s");
}

/* "SELECT 1 -> 1 row", "UPDATE ... -> 3 affected", "SELEKT -> ERROR 1064 You have an error". */
static void describe(const struct value *values, struct buffer *out)
{
	const struct value *statement = &values[MYSQL_COLUMN_STATEMENT];

	if (values[MYSQL_COLUMN_BOUND].type == VALUE_TEXT)
		statement = &values[MYSQL_COLUMN_BOUND];
	if (!span_is(values[MYSQL_COLUMN_COMMAND].text, "query") || statement->type != VALUE_TEXT)
		buffer_append_span(out, values[MYSQL_COLUMN_COMMAND].text);
	if (statement->type == VALUE_TEXT && statement->text.len)
		value_append_text(out, out->len ? " " : "", statement);
	if (span_is(values[MYSQL_COLUMN_COMMAND].text, "login"))
		value_append_text(out, " ", &values[MYSQL_COLUMN_USER]);
	if (values[MYSQL_COLUMN_ERROR_CODE].type == VALUE_INT) {
		buffer_printf(out, " -> ERROR %lld",
			      (long long)values[MYSQL_COLUMN_ERROR_CODE].integer);
		value_append_text(out, " ", &values[MYSQL_COLUMN_ERROR]);
	} else if (values[MYSQL_COLUMN_ROWS].type == VALUE_INT) {
		append_count(out, values[MYSQL_COLUMN_ROWS].integer, "row");
	} else if (values[MYSQL_COLUMN_AFFECTED].type == VALUE_INT &&
		   values[MYSQL_COLUMN_AFFECTED].integer) {
		append_count(out, values[MYSQL_COLUMN_AFFECTED].integer, "affected row");
	}
}

const struct table mysql_table = {
	.name = "mysql",
	.summary = "MySQL commands with their results, one row a result",
	.columns = columns,
	.column_count = MYSQL_COLUMN_COUNT,
	.describe = describe,
};
