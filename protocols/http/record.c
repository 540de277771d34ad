/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/budget.h"
#include "protocols/http/state.h"
#include "protocols/value/size.h"

/* ---- notes ---- */

static void add_note(struct buffer *note, const char *who, const char *what, struct span more)
{
	if (note->len)
		buffer_append_text(note, "; ");
	buffer_append_text(note, who);
	buffer_append_text(note, what);
	buffer_append_span(note, more);
}

static void add_notes(struct buffer *note, const char *who, const struct http_message *m,
		      uint32_t bits)
{
	static const char *const texts[] = {
#define HTTP_NOTE_TEXT(name, text) text,
		HTTP_NOTES(HTTP_NOTE_TEXT)
#undef HTTP_NOTE_TEXT
	};

	if (m->interim.len)
		add_note(note, "interim ", "", http_piece_span(m, m->interim));
	for (size_t i = 0; bits >> i; i++)
		if (bits >> i & 1)
			add_note(note, who, texts[i], (struct span){0});
	if (m->trailers.len)
		add_note(note, who, "trailers ", http_piece_span(m, m->trailers));
}

/* ---- values ---- */

static struct value text_value(const struct http_message *m, struct http_piece piece)
{
	return value_text(http_piece_span(m, piece));
}

static void fill_headers(const struct http_message *m, struct value *headers)
{
	struct span json = http_piece_span(m, m->headers);

	if (json.len)
		*headers = value_json(json);
}

static void fill_request(const struct http_message *m, struct value *values)
{
	if (m->is_simple)
		values[HTTP_COLUMN_VERSION] = value_text(span_text("0.9"));
	else if (m->version.len)
		values[HTTP_COLUMN_VERSION] = text_value(m, m->version);
	values[HTTP_COLUMN_METHOD] = text_value(m, m->method);
	values[HTTP_COLUMN_PATH] = text_value(m, m->target);
	if (m->host.len)
		values[HTTP_COLUMN_HOST] = text_value(m, m->host);
	fill_headers(m, &values[HTTP_COLUMN_REQ_HEADERS]);
	values[HTTP_COLUMN_REQ_BYTES] = value_int((int64_t)m->body_bytes);
}

static void fill_response(const struct http_message *m, struct value *values)
{
	bool headless = m->notes & HTTP_NOTE_NO_HEAD;

	if (values[HTTP_COLUMN_VERSION].type == VALUE_NULL && m->version.len)
		values[HTTP_COLUMN_VERSION] = text_value(m, m->version);
	if (m->code)
		values[HTTP_COLUMN_CODE] = value_int(m->code);
	if (!headless) {
		values[HTTP_COLUMN_REASON] = text_value(m, m->reason);
		fill_headers(m, &values[HTTP_COLUMN_RESP_HEADERS]);
	}
	values[HTTP_COLUMN_RESP_BYTES] = value_int((int64_t)m->body_bytes);
}

bool http_wants_body(struct http_state *st, enum side side)
{
	return session_wants(st->session, &http_table,
			     side == SIDE_CLIENT ? HTTP_COLUMN_REQ_BODY : HTTP_COLUMN_RESP_BODY);
}

/* The decoded body, with what there is to say about it and the rest of the message. */
static void fill_body(struct http_state *st, enum side side, const char *who,
		      const struct http_message *m, struct value *value)
{
	uint32_t notes = m->notes;
	struct span body = http_piece_span(m, m->body);
	size_t keep = http_keep(st);

	if (m->coding_count) {
		st->decoders[side].limit = keep;
		body = http_decode(&st->decoders[side], m->codings, m->coding_count, body, &notes);
	}
	/* What is said of the default is said of it alone. */
	if (notes & HTTP_NOTE_BODY_CAPPED && keep != HTTP_BODY_MAX)
		notes = (notes & ~(uint32_t)HTTP_NOTE_BODY_CAPPED) | HTTP_NOTE_BODY_BEYOND_KEEP;
	if (notes || m->interim.len || m->trailers.len)
		add_notes(&st->note, who, m, notes);
	if (keep && http_wants_body(st, side))
		*value = value_text(body);
}

/* A response in another version than the request was asked in is worth a word. */
static void note_version(struct http_state *st, const struct http_message *request,
			 const struct http_message *response)
{
	struct span asked = http_piece_span(request, request->version);
	struct span answered = http_piece_span(response, response->version);

	if (asked.len && answered.len && !span_equal(asked, answered))
		add_note(&st->note, "response: ", "version ", answered);
}

/* The other half may have been there and not have been HTTP. */
static void note_garbled(struct http_state *st, enum side side, const char *text)
{
	if (st->sides[side].garbled)
		add_note(&st->note, text, "", (struct span){0});
	st->sides[side].garbled = false;
}

/* The message is the matcher's again when this returns. */
static void forget(struct http_state *st, const struct http_message *m)
{
	if (st->sides[SIDE_CLIENT].incoming == m)
		st->sides[SIDE_CLIENT].incoming = NULL;
	if (st->connect == m)
		st->connect = NULL;
	if (m && m->is_head)
		st->head_requests--;
}

void http_emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct http_state *st = context;
	const struct http_message *asked = (struct http_message *)request;
	const struct http_message *answered = (struct http_message *)response;
	struct value values[HTTP_COLUMN_COUNT];
	struct record record = {.table = &http_table, .values = values};

	for (size_t i = 0; i < HTTP_COLUMN_COUNT; i++)
		values[i].type = VALUE_NULL;
	buffer_clear(&st->note);
	if (asked) {
		fill_request(asked, values);
		fill_body(st, SIDE_CLIENT, "request: ", asked, &values[HTTP_COLUMN_REQ_BODY]);
	}
	if (answered) {
		fill_response(answered, values);
		fill_body(st, SIDE_SERVER, "response: ", answered, &values[HTTP_COLUMN_RESP_BODY]);
	}
	if (asked && answered)
		note_version(st, asked, answered);
	else if (asked)
		note_garbled(st, SIDE_SERVER, "what came as a response is no HTTP");
	else
		note_garbled(st, SIDE_CLIENT, "what came as a request is no HTTP");
	/* 408 needs no request: the server is tired of waiting (RFC 9110, section 15.5.9). */
	if (!asked && answered && answered->code == 408)
		lost = false;
	matcher_record(request, response, lost, answered && answered->code >= 400, &record);
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
	forget(st, asked);
	if ((asked && asked->coding_count) || (answered && answered->coding_count)) {
		http_decoder_trim(&st->decoders[SIDE_CLIENT]);
		http_decoder_trim(&st->decoders[SIDE_SERVER]);
		st->grown = true;
	}
}

/* ---- one line ---- */

void http_describe(const struct value *values, struct buffer *out)
{
	const struct value *method = &values[HTTP_COLUMN_METHOD];
	const struct value *code = &values[HTTP_COLUMN_CODE];

	if (method->type == VALUE_TEXT) {
		buffer_append_span(out, method->text);
		buffer_append_char(out, ' ');
		buffer_append_span(out, values[HTTP_COLUMN_PATH].text);
	} else {
		buffer_append_text(out, "(no request)");
	}
	if (code->type == VALUE_INT) {
		buffer_append_char(out, ' ');
		buffer_append_i64(out, code->integer);
	}
	if (values[HTTP_COLUMN_RESP_BYTES].type == VALUE_INT) {
		buffer_append_char(out, ' ');
		size_append(out, values[HTTP_COLUMN_RESP_BYTES].integer);
	}
}
