/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/grpc.h"
#include "protocols/http2/grpc_state.h"

static struct value text_value(const struct http2_half *half, struct http2_piece piece)
{
	return piece.len ? value_text(http2_piece_span(half, piece)) : (struct value){0};
}

static struct value json_value(const struct http2_half *half, struct http2_piece piece)
{
	return piece.len ? value_json(http2_piece_span(half, piece)) : (struct value){0};
}

/* "/shop.v1.Orders/Get": the method behind the last slash. */
static void fill_path(const struct http2_half *request, struct value *values)
{
	struct span path = http2_piece_span(request, request->path);
	const char *slash = path.len ? memrchr(path.data, '/', path.len) : NULL;
	size_t at;

	if (!slash)
		return;
	at = (size_t)(slash - path.data) + 1;
	values[GRPC_COLUMN_METHOD] = value_text(span_of(path.data + at, path.len - at));
	if (*path.data == '/' && at > 1)
		values[GRPC_COLUMN_SERVICE] = value_text(span_of(path.data + 1, at - 2));
}

/* The array of a half's messages; its memory is the caller's to free. */
static struct value messages_value(const struct grpc_half *half, struct buffer *json)
{
	buffer_append_char(json, '[');
	buffer_append_span(json, buffer_span(&half->json));
	buffer_append_char(json, ']');
	return !json->failed ? value_json(buffer_span(json)) : (struct value){0};
}

static void fill_status(const struct http2_stream *s, struct value *values)
{
	const struct grpc_call *call = s->grpc;
	const struct http2_half *response = &s->halves[SIDE_SERVER];
	const char *name = grpc_status_name(call->code);

	if (call->code >= 0)
		values[GRPC_COLUMN_CODE] = value_int(call->code);
	if (name)
		values[GRPC_COLUMN_STATUS] = value_text(span_text(name));
	values[GRPC_COLUMN_MESSAGE] = text_value(response, call->message);
	values[GRPC_COLUMN_DETAILS] = json_value(response, call->details);
	if (response->status)
		values[GRPC_COLUMN_HTTP_STATUS] = value_int(response->status);
}

static void fill_span(struct value *value, int64_t from, int64_t to)
{
	if (from != TIME_UNKNOWN && to != TIME_UNKNOWN)
		*value = value_int(to > from ? to - from : 0);
}

/* A reset ends it, whoever sends it. */
static int64_t end_of(const struct http2_stream *s)
{
	if (s->halves[SIDE_SERVER].ended)
		return s->halves[SIDE_SERVER].last;
	if (!s->reset)
		return TIME_UNKNOWN;
	return s->halves[s->reset_by_server ? SIDE_SERVER : SIDE_CLIENT].last;
}

static void fill_times(const struct http2_stream *s, struct value *values)
{
	const struct grpc_call *call = s->grpc;
	int64_t begin = s->halves[SIDE_CLIENT].first;

	if (call->deadline != TIME_UNKNOWN)
		values[GRPC_COLUMN_DEADLINE_NS] = value_int(call->deadline);
	fill_span(&values[GRPC_COLUMN_HEADERS_NS], begin, call->headers_ts);
	fill_span(&values[GRPC_COLUMN_FIRST_MESSAGE_NS], begin,
		  call->halves[SIDE_SERVER].first_message);
	fill_span(&values[GRPC_COLUMN_END_NS], begin, end_of(s));
}

static void fill_half(const struct http2_stream *s, enum side side, struct value *values)
{
	const struct http2_half *http = &s->halves[side];
	const struct grpc_half *half = &s->grpc->halves[side];
	bool client = side == SIDE_CLIENT;

	values[client ? GRPC_COLUMN_REQ_MESSAGES : GRPC_COLUMN_RESP_MESSAGES] = value_int(
		(int64_t)half->messages);
	values[client ? GRPC_COLUMN_REQ_BYTES : GRPC_COLUMN_RESP_BYTES] = value_int(
		(int64_t)half->bytes);
	values[client ? GRPC_COLUMN_REQ_METADATA : GRPC_COLUMN_RESP_METADATA] = json_value(
		http, http->headers);
	values[client ? GRPC_COLUMN_REQ_ENCODING : GRPC_COLUMN_RESP_ENCODING] = text_value(
		http, half->encoding);
}

static void note_half(struct buffer *out, const char *who, const struct grpc_half *half,
		      const struct http2_half *http)
{
	if (half->other)
		http2_note(out, who, "its content is no gRPC");
	else if (half->broken || half->incomplete)
		http2_note(out, who, "messages are missing or broken");
	if (half->all_cut)
		http2_note(out, who, "not all of the messages is shown");
	if (half->undecoded)
		http2_note(out, who, "a compressed message could not be read");
	http2_note_half(out, who, http, false);
}

/*
 * The status decides, not HTTP's. A client that has its status resets the stream when it doesn't
 * care for the rest.
 */
static enum outcome outcome_of(const struct http2_stream *s, enum outcome seen)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];

	if (seen == OUTCOME_PARTIAL &&
	    (request->lost || !request->begun || s->halves[SIDE_SERVER].lost))
		return seen;
	if (s->grpc->code > 0)
		return OUTCOME_ERROR;
	if (s->grpc->code == 0 && seen != OUTCOME_PARTIAL)
		return OUTCOME_OK;
	return seen;
}

void grpc_emit(struct http2_state *st, const struct http2_stream *s, struct record *record)
{
	struct value values[GRPC_COLUMN_COUNT] = {0};
	struct buffer requests = {0}, responses = {0};
	const struct http2_half *request = &s->halves[SIDE_CLIENT];

	fill_path(request, values);
	fill_status(s, values);
	fill_times(s, values);
	fill_half(s, SIDE_CLIENT, values);
	fill_half(s, SIDE_SERVER, values);
	values[GRPC_COLUMN_REQUESTS] = messages_value(&s->grpc->halves[SIDE_CLIENT], &requests);
	values[GRPC_COLUMN_RESPONSES] = messages_value(&s->grpc->halves[SIDE_SERVER], &responses);
	values[GRPC_COLUMN_TRAILERS] = json_value(&s->halves[SIDE_SERVER],
						  s->halves[SIDE_SERVER].trailers);
	values[GRPC_COLUMN_AUTHORITY] = text_value(request, request->authority);
	values[GRPC_COLUMN_STREAM_ID] = value_int(s->id);
	values[GRPC_COLUMN_CANCELLED] = value_bool(s->reset && !s->halves[SIDE_SERVER].ended);
	if (s->reset)
		http2_fill_reset(s, &values[GRPC_COLUMN_RESET_CODE], &values[GRPC_COLUMN_RESET_BY]);
	if (s->grpc->inferred)
		http2_note(&st->note, "",
			   "taken for gRPC by its messages: its content type is not known");
	note_half(&st->note, "request: ", &s->grpc->halves[SIDE_CLIENT], request);
	note_half(&st->note, "response: ", &s->grpc->halves[SIDE_SERVER], &s->halves[SIDE_SERVER]);
	record->table = &grpc_table;
	record->values = values;
	record->outcome = outcome_of(s, record->outcome);
	record->note = buffer_span(&st->note);
	session_emit(st->session, record);
	buffer_free(&requests);
	buffer_free(&responses);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define GRPC_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	GRPC_COLUMNS(GRPC_COLUMN_ROW)
#undef GRPC_COLUMN_ROW
};

static void append_count(struct buffer *out, const struct value *value, const char *before,
			 const char *after)
{
	if (value->type != VALUE_INT || value->integer == 1)
		return;
	buffer_append_text(out, before);
	buffer_append_i64(out, value->integer);
	buffer_append_text(out, after);
}

/* "shop.v1.Orders/Get OK", "... NOT_FOUND no such order", "... OK 3 messages". */
/* What is no answer of gRPC has no other status. */
static void append_http_status(struct buffer *out, const struct value *values)
{
	const struct value *status = &values[GRPC_COLUMN_HTTP_STATUS];

	if (values[GRPC_COLUMN_CODE].type == VALUE_INT || status->type != VALUE_INT ||
	    status->integer == 200)
		return;
	buffer_append_text(out, " HTTP ");
	buffer_append_i64(out, status->integer);
}

static void describe(const struct value *values, struct buffer *out)
{
	if (values[GRPC_COLUMN_METHOD].type != VALUE_TEXT)
		buffer_append_text(out, "(method unknown)");
	value_append_text(out, "", &values[GRPC_COLUMN_SERVICE]);
	value_append_text(out, "/", &values[GRPC_COLUMN_METHOD]);
	append_http_status(out, values);
	value_append_text(out, " ", &values[GRPC_COLUMN_STATUS]);
	value_append_text(out, " ", &values[GRPC_COLUMN_MESSAGE]);
	value_append_text(out, " reset: ", &values[GRPC_COLUMN_RESET_CODE]);
	append_count(out, &values[GRPC_COLUMN_REQ_MESSAGES], " ", " sent");
	append_count(out, &values[GRPC_COLUMN_RESP_MESSAGES], " ", " received");
}

const struct table grpc_table = {
	.name = "grpc",
	.summary = "gRPC calls, one row a call",
	.columns = columns,
	.column_count = GRPC_COLUMN_COUNT,
	.describe = describe,
};
