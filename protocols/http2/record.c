/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/grpc.h"
#include "protocols/content/notes.h"
#include "protocols/http2/state.h"
#include "protocols/value/size.h"

/* ---- notes ---- */

void http2_note(struct buffer *out, const char *who, const char *what)
{
	if (out->len)
		buffer_append_text(out, "; ");
	buffer_append_text(out, who);
	buffer_append_text(out, what);
}

static void note_count(struct buffer *out, const char *who, uint64_t count, const char *what)
{
	if (!count)
		return;
	http2_note(out, who, "");
	buffer_append_u64(out, count);
	buffer_append_text(out, what);
}

static void note_error_code(struct buffer *out, uint32_t code)
{
	const char *name = http2_error_name(code);

	if (name)
		buffer_append_text(out, name);
	else
		buffer_printf(out, "0x%x", code);
}

void http2_note_half(struct buffer *out, const char *who, const struct http2_half *half, bool body)
{
	note_count(out, who, half->unknown,
		   " header fields unknown: they were agreed on before the recording began, or in "
		   "what "
		   "was lost");
	note_count(out, who, half->dropped, " more header fields than are shown");
	if (half->interim.len) {
		http2_note(out, who, "interim ");
		buffer_append_span(out, http2_piece_span(half, half->interim));
	}
	if (half->head_cut) {
		http2_note(out, who, "its head has not ended, after ");
		buffer_append_u64(out, half->head_cut);
		buffer_append_text(out, " bytes");
	} else if (half->begun && half->lost) {
		http2_note(out, who, "bytes of it were lost");
	}
	if (body && !half->body_open && !half->lost)
		http2_note(out, who, "only the beginning of the body is kept");
}

static void note_decoding(struct buffer *out, const char *who, uint32_t notes)
{
	if (notes & HTTP_NOTE_CODING_UNKNOWN)
		http2_note(out, who, "unknown content coding");
	if (notes & HTTP_NOTE_CODING_NOT_APPLIED)
		http2_note(out, who, "body isn't encoded as announced");
	if (notes & HTTP_NOTE_CODING_DAMAGED)
		http2_note(out, who, "encoded body is damaged");
	if (notes & HTTP_NOTE_CODING_CUT)
		http2_note(out, who, "encoded body ends early");
}

/* ---- values ---- */

static struct value text_value(const struct http2_half *half, struct http2_piece piece)
{
	return piece.len ? value_text(http2_piece_span(half, piece)) : (struct value){0};
}

static struct value json_value(const struct http2_half *half, struct http2_piece piece)
{
	return piece.len ? value_json(http2_piece_span(half, piece)) : (struct value){0};
}

bool http2_wants_body(struct http2_state *st, enum side side)
{
	return session_wants(st->session, &http2_table,
			     side == SIDE_CLIENT ? HTTP2_COLUMN_REQ_BODY : HTTP2_COLUMN_RESP_BODY);
}

/* That its coding is damaged is said even where nobody asks for it. */
static struct value body_value(struct http2_state *st, enum side side,
			       const struct http2_half *half, const char *who)
{
	struct span body = buffer_span(&half->body);
	uint32_t notes = 0;

	if (half->coding_count)
		body = http_decode(&st->decoders[side], half->codings, half->coding_count, body,
				   &notes);
	if (half->ended)
		note_decoding(&st->note, who, notes);
	return http2_wants_body(st, side) ? value_text(body) : (struct value){0};
}

static void fill_request(struct http2_state *st, const struct http2_stream *s, struct value *values)
{
	const struct http2_half *half = &s->halves[SIDE_CLIENT];

	http2_note_half(&st->note, "request: ", half, true);
	values[HTTP2_COLUMN_METHOD] = text_value(half, half->method);
	values[HTTP2_COLUMN_SCHEME] = text_value(half, half->scheme);
	values[HTTP2_COLUMN_AUTHORITY] = text_value(half, half->authority);
	values[HTTP2_COLUMN_PATH] = text_value(half, half->path);
	values[HTTP2_COLUMN_REQ_HEADERS] = json_value(half, half->headers);
	values[HTTP2_COLUMN_REQ_TRAILERS] = json_value(half, half->trailers);
	if (!s->carried)
		values[HTTP2_COLUMN_REQ_BODY] = body_value(st, SIDE_CLIENT, half, "request: ");
	values[HTTP2_COLUMN_REQ_BYTES] = value_int((int64_t)half->body_bytes);
}

static void fill_response(struct http2_state *st, const struct http2_stream *s,
			  struct value *values)
{
	const struct http2_half *half = &s->halves[SIDE_SERVER];

	http2_note_half(&st->note, "response: ", half, true);
	if (half->status)
		values[HTTP2_COLUMN_STATUS] = value_int(half->status);
	values[HTTP2_COLUMN_RESP_HEADERS] = json_value(half, half->headers);
	values[HTTP2_COLUMN_RESP_TRAILERS] = json_value(half, half->trailers);
	if (!s->carried)
		values[HTTP2_COLUMN_RESP_BODY] = body_value(st, SIDE_SERVER, half, "response: ");
	values[HTTP2_COLUMN_RESP_BYTES] = value_int((int64_t)half->body_bytes);
}

static void fill_reset(uint32_t code, bool by_server, struct value *by_code, struct value *by)
{
	const char *name = http2_error_name(code);

	*by_code = value_text(span_text(name ? name : "unknown"));
	*by = value_word(span_text(by_server ? "server" : "client"));
}

void http2_fill_reset(const struct http2_stream *s, struct value *code, struct value *by)
{
	fill_reset(s->reset_code, s->reset_by_server, code, by);
}

static bool was_seen(const struct http2_half *half)
{
	return half->first != TIME_UNKNOWN;
}

static bool is_lost(const struct http2_half *half)
{
	return half->lost || half->doubtful;
}

/* Stream 1 answers what was asked as HTTP/1.1, before the upgrade (RFC 7540, section 3.2). */
static bool was_upgraded(const struct http2_state *st, const struct http2_stream *s)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];

	if (s->upgraded)
		return true;
	/* Unless it may have been in what was lost. */
	return s->id == 1 && !was_seen(request) && !is_lost(request) && st->windows_known;
}

static enum outcome outcome_of(const struct http2_stream *s, bool upgraded)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];
	const struct http2_half *response = &s->halves[SIDE_SERVER];

	if (is_lost(request) || is_lost(response) || (!request->begun && !upgraded))
		return OUTCOME_PARTIAL;
	if (s->reset && !response->ended)
		return OUTCOME_ERROR;
	if (!response->begun)
		return was_seen(response) ? OUTCOME_PARTIAL : OUTCOME_UNANSWERED;
	if (response->status >= 400)
		return OUTCOME_ERROR;
	return response->ended || s->tunnelled || s->carried ? OUTCOME_OK : OUTCOME_PARTIAL;
}

static void fill_times(const struct http2_stream *s, struct record *record)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];
	const struct http2_half *response = &s->halves[SIDE_SERVER];

	record->request_first = request->first;
	record->request_last = request->last;
	record->response_first = response->first;
	record->response_last = response->last;
	/* The request that was upgraded has its own row, of HTTP/1, at its place. */
	record->side = was_seen(request) && !s->upgraded ? SIDE_CLIENT : SIDE_SERVER;
	record->position = record->side == SIDE_CLIENT ? request->position : response->position;
	/* A stream that goes both ways at once: the request doesn't end after its answer began. */
	if (response->first != TIME_UNKNOWN && request->last > response->first)
		record->request_last = response->first > request->first ? response->first
									: request->first;
}

static void note_stream(struct http2_state *st, const struct http2_stream *s)
{
	const struct http2_half *response = &s->halves[SIDE_SERVER];

	if (was_upgraded(st, s))
		http2_note(&st->note, "", "the request came as HTTP/1.1, before the upgrade");
	if (s->refused)
		http2_note(&st->note, "", "the other end was going away and did not look at it");
	if (s->carried)
		http2_note(&st->note, "the stream carries ", s->carried->name);
	if (response->begun && !response->ended && !s->reset && !response->lost)
		http2_note(&st->note, "response: ", "has not ended");
}

void http2_emit(struct http2_state *st, const struct http2_stream *s)
{
	struct value values[HTTP2_COLUMN_COUNT] = {0};
	struct record record = {.table = &http2_table, .values = values};

	buffer_clear(&st->note);
	record.outcome = outcome_of(s, was_upgraded(st, s));
	fill_times(s, &record);
	note_stream(st, s);
	if (grpc_is_call(s)) {
		grpc_emit(st, s, &record);
		return;
	}
	if (was_seen(&s->halves[SIDE_CLIENT]))
		fill_request(st, s, values);
	if (was_seen(&s->halves[SIDE_SERVER]))
		fill_response(st, s, values);
	if (s->reset)
		http2_fill_reset(s, &values[HTTP2_COLUMN_RESET_CODE],
				 &values[HTTP2_COLUMN_RESET_BY]);
	values[HTTP2_COLUMN_STREAM_ID] = value_int(s->id);
	values[HTTP2_COLUMN_PUSHED] = value_bool(s->pushed);
	if (st->windows_known)
		values[HTTP2_COLUMN_STALLED_NS] = value_int(s->halves[SIDE_CLIENT].stalled +
							    s->halves[SIDE_SERVER].stalled);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
	http_decoder_trim(&st->decoders[SIDE_CLIENT]);
	http_decoder_trim(&st->decoders[SIDE_SERVER]);
}

void http2_emit_goaway(struct http2_state *st, const struct frame *frame, uint32_t last,
		       uint32_t code, struct span debug)
{
	struct value values[HTTP2_COLUMN_COUNT] = {0};
	struct record record = {
		.table = &http2_table,
		.outcome = OUTCOME_ERROR,
		.side = frame->side,
		.position = frame->offset,
		.values = values,
	};
	bool by_server = frame->side == SIDE_SERVER;

	record.request_first = by_server ? TIME_UNKNOWN : frame->ts_first;
	record.request_last = by_server ? TIME_UNKNOWN : frame->ts_last;
	record.response_first = by_server ? frame->ts_first : TIME_UNKNOWN;
	record.response_last = by_server ? frame->ts_last : TIME_UNKNOWN;
	fill_reset(code, by_server, &values[HTTP2_COLUMN_RESET_CODE],
		   &values[HTTP2_COLUMN_RESET_BY]);
	values[HTTP2_COLUMN_STREAM_ID] = value_int(0);
	values[HTTP2_COLUMN_PUSHED] = value_bool(false);
	buffer_clear(&st->note);
	http2_note(&st->note, "GOAWAY ", "");
	note_error_code(&st->note, code);
	if (debug.len) {
		buffer_append_text(&st->note, " ");
		buffer_append_span(&st->note, debug);
	}
	http2_note(&st->note, "last stream ", "");
	buffer_append_u64(&st->note, last);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define HTTP2_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	HTTP2_COLUMNS(HTTP2_COLUMN_ROW)
#undef HTTP2_COLUMN_ROW
};

static void append_text(struct buffer *out, const struct value *value, const char *otherwise)
{
	if (value->type == VALUE_TEXT)
		buffer_append_span(out, value->text);
	else
		buffer_append_text(out, otherwise);
}

static void describe(const struct value *values, struct buffer *out)
{
	const struct value *status = &values[HTTP2_COLUMN_STATUS];

	if (values[HTTP2_COLUMN_STREAM_ID].integer == 0) {
		buffer_append_text(out, "GOAWAY ");
		append_text(out, &values[HTTP2_COLUMN_RESET_CODE], "");
		return;
	}
	if (values[HTTP2_COLUMN_PUSHED].boolean)
		buffer_append_text(out, "pushed ");
	append_text(out, &values[HTTP2_COLUMN_METHOD], "?");
	buffer_append_char(out, ' ');
	/* Who asks for a tunnel names no path (RFC 9113, section 8.5). */
	append_text(out,
		    &values[span_is(values[HTTP2_COLUMN_METHOD].text, "CONNECT") &&
					    values[HTTP2_COLUMN_PATH].type != VALUE_TEXT
				    ? HTTP2_COLUMN_AUTHORITY
				    : HTTP2_COLUMN_PATH],
		    "?");
	if (status->type == VALUE_INT) {
		buffer_append_char(out, ' ');
		buffer_append_i64(out, status->integer);
	}
	if (values[HTTP2_COLUMN_RESET_CODE].type == VALUE_TEXT) {
		buffer_append_char(out, ' ');
		append_text(out, &values[HTTP2_COLUMN_RESET_CODE], "");
	}
	if (values[HTTP2_COLUMN_RESP_BYTES].type == VALUE_INT) {
		buffer_append_char(out, ' ');
		size_append(out, values[HTTP2_COLUMN_RESP_BYTES].integer);
	}
}

const struct table http2_table = {
	.name = "http2",
	.summary = "HTTP/2 requests with their responses, one row a stream",
	.columns = columns,
	.column_count = HTTP2_COLUMN_COUNT,
	.describe = describe,
};
