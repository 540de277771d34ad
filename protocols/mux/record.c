/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "protocols/mux/state.h"
#include "protocols/thrift/body.h"
#include "protocols/value/json.h"
#include "protocols/value/note.h"

#define MS_NS 1000000

static struct value kept(const struct mux_state *st, struct span payload)
{
	size_t keep = session_keep(st->session);

	return value_text(span_of(payload.data, payload.len < keep ? payload.len : keep));
}

static struct span text_of(const struct mux_message *m)
{
	return span_of(m->base.text.data, m->base.text.len - m->reason_len);
}

/* ---- the request ---- */

static void fill_ids(struct mux_state *st, const struct mux_trace *trace, struct value *values)
{
	const uint64_t ids[] = {trace->trace, trace->span, trace->parent};
	static const int columns[] = {MUX_COLUMN_TRACE_ID, MUX_COLUMN_SPAN_ID,
				      MUX_COLUMN_PARENT_ID};

	if (!trace->known)
		return;
	for (int i = 0; i < 3; i++)
		buffer_printf(&st->ids, "%016" PRIx64, ids[i]);
	for (size_t i = 0; i < 3 && !st->ids.failed; i++)
		values[columns[i]] = value_text(span_of(st->ids.data + 16 * i, 16));
}

static void fill_dtab(struct mux_state *st, const struct mux_body *body, struct value *values)
{
	struct cursor c = cursor_of(body->dtab.data, body->dtab.len);
	struct buffer *out = &st->dtab;
	struct span prefix, destination;

	if (!body->dtab_count)
		return;
	buffer_append_char(out, '[');
	while (mux_next_pair(&c, &prefix, &destination)) {
		if (out->len > 1)
			buffer_append_char(out, ',');
		buffer_append_char(out, '[');
		json_append_string(out, prefix);
		buffer_append_char(out, ',');
		json_append_string(out, destination);
		buffer_append_char(out, ']');
	}
	buffer_append_char(out, ']');
	values[MUX_COLUMN_DTAB] = value_json_if(out);
}

static void fill_call(struct mux_state *st, const struct thrift_body *call, struct value *values)
{
	struct thrift_writer w = {.out = &st->args, .limit = session_keep(st->session)};
	struct span service, method;

	thrift_name_split(call->head.name, &service, &method);
	values[MUX_COLUMN_METHOD] = value_text_if(method);
	values[MUX_COLUMN_SERVICE] = value_text_if(service);
	thrift_struct_json(&w, call->head.encoding, call->fields);
	values[MUX_COLUMN_ARGS] = value_json_if(&st->args);
	if (w.cut)
		note_append(&st->note, "not all of the arguments is shown");
}

static bool is_call(const struct thrift_body *body)
{
	return body->head.kind == THRIFT_CALL || body->head.kind == THRIFT_ONEWAY;
}

static void fill_payload(struct mux_state *st, const struct mux_body *body, struct value *values)
{
	struct thrift_body call;

	if (thrift_body_read(body->payload, &call) && is_call(&call))
		fill_call(st, &call, values);
	else
		values[MUX_COLUMN_PAYLOAD] = kept(st, body->payload);
}

static bool has_payload(int8_t type)
{
	return type == MUX_TDISPATCH || type == MUX_TREQ;
}

static void fill_request(struct mux_state *st, const struct mux_message *m, struct value *values)
{
	const struct mux_body body = mux_body_read(m->type, text_of(m));
	struct mux_contexts known;

	values[MUX_COLUMN_TYPE] = value_word(span_text(mux_type_name(m->type)));
	values[MUX_COLUMN_SENDER] = value_word(
		span_text(m->side == SIDE_CLIENT ? "client" : "server"));
	values[MUX_COLUMN_TAG] = value_int(m->tag);
	values[MUX_COLUMN_FRAGMENTS] = value_int(m->fragments);
	values[MUX_COLUMN_REQ_BYTES] = value_int((int64_t)m->len);
	if (m->cut && !m->base.partial)
		note_append(&st->note, "not all of the request is shown");
	if (!body.good) {
		if (!m->cut)
			note_append(&st->note, "the request is damaged");
		return;
	}
	if (body.context_count || body.headers.len) {
		mux_contexts_json(&body, &st->contexts, &known);
		values[MUX_COLUMN_CONTEXTS] = value_json_if(&st->contexts);
		fill_ids(st, &known.trace, values);
		if (known.deadline_ns >= 0)
			values[MUX_COLUMN_DEADLINE_NS] = value_int(known.deadline_ns);
	}
	values[MUX_COLUMN_DESTINATION] = value_text_if(body.destination);
	fill_dtab(st, &body, values);
	if (has_payload(m->type))
		fill_payload(st, &body, values);
	else if (m->type == MUX_OLD_RERR)
		values[MUX_COLUMN_PAYLOAD] = kept(st, body.payload);
	if (m->type == MUX_TLEASE && body.lease_ms <= INT64_MAX / MS_NS)
		values[MUX_COLUMN_LEASE_NS] = value_int((int64_t)body.lease_ms * MS_NS);
	if (m->type == MUX_TDISCARDED || m->type == MUX_OLD_TDISCARDED) {
		values[MUX_COLUMN_TAG] = value_int(body.discarded);
		values[MUX_COLUMN_REASON] = value_text_if(body.payload);
	}
	if (has_payload(m->type))
		values[MUX_COLUMN_DISCARDED] = value_bool(m->discarded);
	if (m->discarded)
		values[MUX_COLUMN_REASON] = value_text_if(span_of(
			m->base.text.data + m->base.text.len - m->reason_len, m->reason_len));
}

/* ---- the answer ---- */

/* Whether Thrift's call failed. */
static bool fill_reply(struct mux_state *st, const struct thrift_body *reply, struct value *values)
{
	struct thrift_answer answer = {
		.result = &st->result, .exception = &st->exception, .error = &st->error};
	struct span service, method;

	thrift_answer_read(reply, session_keep(st->session), &answer);
	if (values[MUX_COLUMN_METHOD].type == VALUE_NULL) {
		thrift_name_split(reply->head.name, &service, &method);
		values[MUX_COLUMN_METHOD] = value_text_if(method);
		values[MUX_COLUMN_SERVICE] = value_text_if(service);
	}
	values[MUX_COLUMN_RESULT] = value_json_if(&st->result);
	values[MUX_COLUMN_EXCEPTION] = value_json_if(&st->exception);
	values[MUX_COLUMN_ERROR] = value_text_if(buffer_span(&st->error));
	if (answer.code >= 0)
		values[MUX_COLUMN_ERROR_CODE] = value_int(answer.code);
	if (answer.cut)
		note_append(&st->note, "not all of the answer is shown");
	return answer.failed;
}

static bool fill_status(struct mux_state *st, const struct mux_body *body, struct value *values)
{
	static const char *const names[] = {"ok", "error", "nack"};
	struct thrift_body reply;

	values[MUX_COLUMN_STATUS] = value_word(span_text(names[body->status]));
	if (body->status != MUX_OK) {
		values[MUX_COLUMN_ERROR] = value_text_if(body->payload);
		return true;
	}
	if (thrift_body_read(body->payload, &reply) && !is_call(&reply))
		return fill_reply(st, &reply, values);
	values[MUX_COLUMN_RESP_PAYLOAD] = kept(st, body->payload);
	return false;
}

/* Whether it tells of an error. */
static bool fill_response(struct mux_state *st, const struct mux_message *m, bool alone,
			  struct value *values)
{
	const struct mux_body body = mux_body_read(m->type, text_of(m));
	struct mux_contexts known;

	if (alone) {
		values[MUX_COLUMN_TYPE] = value_word(span_text(mux_type_name(m->type)));
		values[MUX_COLUMN_TAG] = value_int(m->tag);
	}
	values[MUX_COLUMN_RESP_FRAGMENTS] = value_int(m->fragments);
	values[MUX_COLUMN_RESP_BYTES] = value_int((int64_t)m->len);
	if (m->cut && !m->base.partial)
		note_append(&st->note, "not all of the answer is shown");
	if (m->type == MUX_RERR || (m->type == MUX_OLD_RERR && alone)) {
		values[MUX_COLUMN_ERROR] = value_text_if(body.payload);
		return true;
	}
	if (m->type == MUX_RDISCARDED) {
		values[MUX_COLUMN_DISCARDED] = value_bool(true);
		return true;
	}
	if (!body.good) {
		if (!m->cut)
			note_append(&st->note, "the answer is damaged");
		return false;
	}
	if (body.context_count || body.headers.len) {
		mux_contexts_json(&body, &st->resp_contexts, &known);
		values[MUX_COLUMN_RESP_CONTEXTS] = value_json_if(&st->resp_contexts);
	}
	return body.has_status && fill_status(st, &body, values);
}

/* ---- rows ---- */

static void clear(struct mux_state *st)
{
	buffer_clear(&st->contexts);
	buffer_clear(&st->resp_contexts);
	buffer_clear(&st->dtab);
	buffer_clear(&st->args);
	buffer_clear(&st->result);
	buffer_clear(&st->exception);
	buffer_clear(&st->error);
	buffer_clear(&st->ids);
	buffer_clear(&st->note);
}

void mux_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct mux_state *st = context;
	struct value values[MUX_COLUMN_COUNT] = {0};
	struct record record = {.table = &mux_table, .values = values};
	const struct mux_message *m = (const struct mux_message *)response;
	bool silent = false, failed = false;

	/* What wants no answer comes as a message that stands alone. */
	if (m && !request && m->asks) {
		request = response;
		response = NULL;
		silent = true;
	}
	clear(st);
	if (request)
		fill_request(st, (const struct mux_message *)request, values);
	if (response)
		failed = fill_response(st, m, !request, values);
	matcher_record(request, response, lost, failed, &record);
	if (request)
		record.side = ((const struct mux_message *)request)->side;
	else if (m)
		record.side = m->side;
	if (silent && record.outcome == OUTCOME_UNANSWERED)
		record.outcome = OUTCOME_OK;
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}

static const struct column columns[] = {
#define MUX_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	MUX_COLUMNS(MUX_COLUMN_ROW)
#undef MUX_COLUMN_ROW
};

const struct table mux_table = {
	.name = "mux",
	.summary = "Mux requests with their answers",
	.columns = columns,
	.column_count = MUX_COLUMN_COUNT,
	.describe = mux_describe,
};
