/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "protocols/thrift/state.h"
#include "protocols/value/note.h"
#include "protocols/value/size.h"

static bool read_body(const struct thrift_message *m, struct thrift_body *body)
{
	struct span text = thrift_text_of(m);

	return text.len && thrift_body_read(text, body);
}

/* ---- Finagle's header ---- */

/* Places in the buffer, as it may move while it grows. */
struct id_text {
	size_t at, len;
};

static struct id_text append_id(struct buffer *out, int64_t id)
{
	size_t at = out->len;

	buffer_printf(out, "%016" PRIx64, (uint64_t)id);
	return (struct id_text){at, out->len - at};
}

/* ClientId: 1 name. */
static struct span client_name(struct thrift_fields *f, uint8_t type)
{
	struct thrift_fields inner = *f;
	struct span name = {0};

	inner.id = 0;
	if (type == THRIFT_STRUCT && thrift_next_field(&inner, &type) && inner.id == 1)
		thrift_string(&inner, type, &name);
	return name;
}

/* RequestHeader: 1 trace, 2 span, 3 parent, 5 sampled, 6 client, 7 flags, 8 contexts, 9
 * destination. */
static void fill_header(struct thrift_state *st, struct span header, struct value *values)
{
	struct thrift_fields f = {.encoding = THRIFT_BINARY,
				  .c = cursor_of(header.data, header.len)};
	struct thrift_writer w = {.out = &st->header, .limit = session_keep(st->session)};
	struct id_text ids[4] = {{0}};
	size_t json;
	uint8_t type;

	while (thrift_next_field(&f, &type)) {
		int64_t id;

		if (f.id == 6)
			values[THRIFT_COLUMN_CLIENT_ID] = value_text_if(client_name(&f, type));
		if (f.id >= 1 && f.id <= 3 && type == THRIFT_I64) {
			if (thrift_integer(&f, type, &id))
				ids[f.id] = append_id(&st->header, id);
		} else {
			thrift_skip(&f, type);
		}
	}
	json = st->header.len;
	if (w.limit <= SIZE_MAX - json)
		w.limit += json;
	thrift_struct_json(&w, THRIFT_BINARY, header);
	if (st->header.failed)
		return;
	for (int id = 1; id <= 3; id++)
		if (ids[id].len)
			values[(int[]){0, THRIFT_COLUMN_TRACE_ID, THRIFT_COLUMN_SPAN_ID,
				       THRIFT_COLUMN_PARENT_ID}[id]] =
				value_text(span_of(st->header.data + ids[id].at, ids[id].len));
	values[THRIFT_COLUMN_HEADER] = value_json(
		span_of(st->header.data + json, st->header.len - json));
}

/* ---- halves ---- */

/* Nothing of a message could be read; CUT: because too little of it is there. */
static void note_unread(struct thrift_state *st, const struct thrift_message *m, const char *cut)
{
	const char *note = m->cut ? cut : "no message of Thrift";

	if (m->unreadable)
		note = "a transform that its header names could not be undone";
	note_append(&st->note, note);
}

static struct value value_json_of(struct span json)
{
	return json.len ? value_json(json) : (struct value){0};
}

static void fill_head(const struct thrift_message *m, const struct thrift_body *body,
		      struct value *values)
{
	struct span service, method;

	thrift_name_split(body->head.name, &service, &method);
	values[THRIFT_COLUMN_METHOD] = value_text_if(method);
	values[THRIFT_COLUMN_SERVICE] = value_text_if(service);
	values[THRIFT_COLUMN_SEQUENCE_ID] = value_int(m->sequence_id);
	values[THRIFT_COLUMN_ENCODING] = value_word(
		span_text(thrift_encoding_name(body->head.encoding)));
	values[THRIFT_COLUMN_FRAMED] = value_bool(m->framed);
}

static void fill_request(struct thrift_state *st, const struct thrift_message *m,
			 struct value *values)
{
	struct thrift_writer w = {.out = &st->args, .limit = session_keep(st->session)};
	struct thrift_body body;

	values[THRIFT_COLUMN_REQ_BYTES] = value_int((int64_t)m->len);
	values[THRIFT_COLUMN_HEADER] = value_json_of(thrift_infos_of(m));
	if (!read_body(m, &body)) {
		note_unread(st, m, "too little of the call is there");
		return;
	}
	fill_head(m, &body, values);
	values[THRIFT_COLUMN_TYPE] = value_word(span_text(m->oneway ? "oneway" : "call"));
	if (body.header.len)
		fill_header(st, body.header, values);
	thrift_struct_json(&w, body.head.encoding, body.fields);
	values[THRIFT_COLUMN_ARGS] = value_json_if(&st->args);
	if (m->cut || w.cut)
		note_append(&st->note, "not all of the arguments is shown");
	else if (w.damaged)
		note_append(&st->note, "the arguments are damaged");
}

/* Whether it tells of an error. */
static bool fill_response(struct thrift_state *st, const struct thrift_message *m, bool alone,
			  struct value *values)
{
	struct thrift_answer answer = {
		.result = &st->result, .exception = &st->exception, .error = &st->error};
	struct thrift_body body;

	values[THRIFT_COLUMN_RESP_BYTES] = value_int((int64_t)m->len);
	values[THRIFT_COLUMN_RESP_HEADER] = value_json_of(thrift_infos_of(m));
	if (!read_body(m, &body)) {
		note_unread(st, m, "too little of the answer is there");
		return false;
	}
	if (alone)
		fill_head(m, &body, values);
	values[THRIFT_COLUMN_REPLY] = value_word(
		span_text(body.head.kind == THRIFT_EXCEPTION ? "exception" : "reply"));
	thrift_answer_read(&body, session_keep(st->session), &answer);
	values[THRIFT_COLUMN_RESULT] = value_json_if(&st->result);
	values[THRIFT_COLUMN_EXCEPTION] = value_json_if(&st->exception);
	values[THRIFT_COLUMN_ERROR] = value_text_if(buffer_span(&st->error));
	if (answer.code >= 0)
		values[THRIFT_COLUMN_ERROR_CODE] = value_int(answer.code);
	if (m->cut || answer.cut)
		note_append(&st->note, "not all of the answer is shown");
	else if (answer.damaged)
		note_append(&st->note, "the answer is damaged");
	return answer.failed;
}

static void clear(struct thrift_state *st)
{
	buffer_clear(&st->args);
	buffer_clear(&st->result);
	buffer_clear(&st->exception);
	buffer_clear(&st->header);
	buffer_clear(&st->error);
	buffer_clear(&st->note);
}

/* Clients that send a oneway call like any other leave it to its definition. */
static bool is_passed_over(const struct thrift_state *st, const struct message *request)
{
	return request && !st->unordered && request->number + 1 < st->answered && !request->partial;
}

void thrift_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct thrift_state *st = context;
	struct value values[THRIFT_COLUMN_COUNT] = {0};
	struct record record = {.table = &thrift_table, .values = values};
	const struct thrift_message *m = (const struct thrift_message *)response;
	bool silent = false, failed = false;

	/* A call that gets no answer comes as a message that stands alone. */
	if (m && !request && m->side == SIDE_CLIENT) {
		request = response;
		response = NULL;
		silent = true;
	}
	clear(st);
	if (request)
		fill_request(st, (const struct thrift_message *)request, values);
	if (response)
		failed = fill_response(st, m, !request, values);
	matcher_record(request, response, lost, failed, &record);
	if (silent && record.outcome == OUTCOME_UNANSWERED)
		record.outcome = OUTCOME_OK;
	if (record.outcome == OUTCOME_UNANSWERED && is_passed_over(st, request)) {
		record.outcome = OUTCOME_OK;
		note_append(&st->note, "not answered, though later calls were: oneway");
	}
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define THRIFT_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	THRIFT_COLUMNS(THRIFT_COLUMN_ROW)
#undef THRIFT_COLUMN_ROW
};

/* Of arguments and results. */
#define DESCRIBE_MAX 60

static void append_json(struct buffer *out, const char *before, const struct value *json)
{
	if (json->type != VALUE_JSON)
		return;
	buffer_append_text(out, before);
	if (json->text.len <= DESCRIBE_MAX)
		buffer_append_span(out, json->text);
	else
		size_append(out, (int64_t)json->text.len);
}

/* `add {"1":1,"2":1} -> 2`, `Calculator:divide {"1":1,"2":0} -> divided by zero`. */
static void describe(const struct value *values, struct buffer *out)
{
	if (values[THRIFT_COLUMN_SERVICE].type == VALUE_TEXT) {
		buffer_append_span(out, values[THRIFT_COLUMN_SERVICE].text);
		buffer_append_char(out, ':');
	}
	if (values[THRIFT_COLUMN_METHOD].type == VALUE_TEXT)
		buffer_append_span(out, values[THRIFT_COLUMN_METHOD].text);
	else
		buffer_append_char(out, '?');
	append_json(out, " ", &values[THRIFT_COLUMN_ARGS]);
	if (values[THRIFT_COLUMN_ERROR].type == VALUE_TEXT) {
		buffer_append_text(out, " -> ");
		buffer_append_span(out, values[THRIFT_COLUMN_ERROR].text);
		return;
	}
	append_json(out, " -> exception ", &values[THRIFT_COLUMN_EXCEPTION]);
	append_json(out, " -> ", &values[THRIFT_COLUMN_RESULT]);
}

const struct table thrift_table = {
	.name = "thrift",
	.summary = "Thrift calls with their answers",
	.columns = columns,
	.column_count = THRIFT_COLUMN_COUNT,
	.describe = describe,
};
