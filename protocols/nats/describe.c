/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/state.h"
#include "protocols/value/size.h"
#include "protocols/value/utf8.h"

/* Of a payload, where it is text. */
#define PAYLOAD_MAX 40

static void append_text(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type == VALUE_NULL)
		return;
	buffer_append_text(out, before);
	buffer_append_span(out, value->text);
}

static void append_number(struct buffer *out, const char *before, const struct value *value)
{
	if (value->type != VALUE_INT)
		return;
	buffer_append_text(out, before);
	buffer_append_i64(out, value->integer);
}

static bool is_one_line(struct span text)
{
	return text.len && text.len <= PAYLOAD_MAX && utf8_is_text(text) &&
	       !memchr(text.data, '\n', text.len) && !memchr(text.data, '\r', text.len);
}

/* A short text as it is, anything else by its length. */
static void append_payload(struct buffer *out, const struct value *payload,
			   const struct value *bytes)
{
	if (bytes->type != VALUE_INT)
		return;
	buffer_append_char(out, ' ');
	if (payload->type == VALUE_TEXT && is_one_line(payload->text) &&
	    (int64_t)payload->text.len == bytes->integer) {
		buffer_append_char(out, '"');
		buffer_append_span(out, payload->text);
		buffer_append_char(out, '"');
	} else {
		size_append(out, bytes->integer);
	}
}

static void append_answer(const struct value *values, struct buffer *out)
{
	const struct value *error = &values[NATS_COLUMN_ERROR];
	size_t len = out->len;

	buffer_append_text(out, " ->");
	if (error->type == VALUE_TEXT || values[NATS_COLUMN_ERROR_CODE].type == VALUE_INT) {
		append_number(out, " ", &values[NATS_COLUMN_ERROR_CODE]);
		append_text(out, " ", error);
	} else if (values[NATS_COLUMN_MESSAGES].type == VALUE_INT) {
		append_number(out, " ", &values[NATS_COLUMN_MESSAGES]);
		buffer_append_text(out, " messages");
	} else if (values[NATS_COLUMN_ACK].type == VALUE_WORD) {
		append_text(out, " ", &values[NATS_COLUMN_ACK]);
	} else if (values[NATS_COLUMN_DUPLICATE].type == VALUE_BOOL) {
		append_text(out, " ", &values[NATS_COLUMN_STREAM]);
		append_number(out, " ", &values[NATS_COLUMN_STREAM_SEQ]);
	} else if (values[NATS_COLUMN_RESP_BYTES].type == VALUE_INT) {
		append_payload(out, &values[NATS_COLUMN_RESP_PAYLOAD],
			       &values[NATS_COLUMN_RESP_BYTES]);
	} else {
		out->len = len;
	}
}

/* `PUB svc.time "q0" -> "answer to q0"`, `PUB $JS.API.CONSUMER.MSG.NEXT.E.c 10 -> 9 messages`. */
void nats_describe(const struct value *values, struct buffer *out)
{
	append_text(out, "", &values[NATS_COLUMN_VERB]);
	append_text(out, " ", &values[NATS_COLUMN_SUBJECT]);
	append_text(out, " queue ", &values[NATS_COLUMN_QUEUE]);
	if (values[NATS_COLUMN_BATCH].type == VALUE_INT)
		append_number(out, " ", &values[NATS_COLUMN_BATCH]);
	else
		append_payload(out, &values[NATS_COLUMN_PAYLOAD], &values[NATS_COLUMN_REQ_BYTES]);
	if (values[NATS_COLUMN_OPTIONS].type == VALUE_JSON)
		append_text(out, " ", &values[NATS_COLUMN_APPLICATION]);
	append_answer(values, out);
}
